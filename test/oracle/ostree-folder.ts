/** Folders in memory: thousands of small objects that are synced one folder at a time take a disk minutes. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { setXattr } from '../../src/sys/xattr.ts'
import { temporaryFolder } from '../support/folder.ts'

const MEMORY = '/dev/shm'
const made: string[] = []

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** An empty folder in memory where that takes extended attributes, else on disk; gone when the test file ends. */
export async function memoryFolder(): Promise<string> {
  try {
    const folder = mkdtempSync(join(MEMORY, 'ctrbuild-test-'))
    made.push(folder)
    const fd = openSync(folder, 'r')
    try {
      setXattr(fd, 'user.test', Buffer.from('x'))
    } finally {
      closeSync(fd)
    }
    return folder
  } catch {
    return temporaryFolder()
  }
}

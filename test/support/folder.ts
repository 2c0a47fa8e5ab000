/** Folders for one test file, gone when it ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []

// Each test file loads this module for itself, before its tests run.
afterAll(() => Promise.all(made.map(folder => rm(folder, { recursive: true, force: true }))))

/** Makes an empty folder. */
export async function temporaryFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'ctrbuild-test-'))
  made.push(folder)
  return folder
}

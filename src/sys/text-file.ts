/** Small text files that people write. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { isErrno } from '../errors.ts'
import type { FileText } from '../spec/host-file.ts'

/** Bytes of the largest file that is read: nobody writes more variables or rules than that. */
const LARGEST = 1 << 20

/** The text of a regular file. A FIFO does not make it wait, and neither size nor content makes it fail. */
export function readTextFile(path: string): FileText {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return textIn(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return { kind: 'missing' }
    if (isErrno(error, 'EACCES', 'EPERM')) return { kind: 'unreadable', why: 'you may not read it' }
    throw error
  }
}

function textIn(fd: number): FileText {
  const stats = fstatSync(fd)
  if (!stats.isFile()) return { kind: 'unreadable', why: 'it is no regular file' }
  if (stats.size > LARGEST) return { kind: 'unreadable', why: `it has ${stats.size} bytes, more than 1 MiB` }
  const bytes = Buffer.alloc(stats.size)
  const length = readSync(fd, bytes, 0, bytes.length, 0)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length))
    return { kind: 'text', text }
  } catch {
    return { kind: 'unreadable', why: 'it is not UTF-8' }
  }
}

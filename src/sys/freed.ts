/** How much space removing something gives back: a file's only with the last of its names. */
import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { isErrno } from '../errors.ts'

/** Bytes of a block as stat(2) counts them. */
const BLOCK = 512

interface Inode {
  readonly links: number
  readonly blocks: number
  going: number
}

/** Bytes on disk that are free once all these files and folders are gone. What is not there counts nothing. */
export function bytesFreed(paths: Iterable<string>): number {
  const inodes = new Map<string, Inode>()
  const pending: Buffer[] = [...paths].map(path => Buffer.from(path))
  let blocks = 0
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const stats = statsOf(path)
    if (stats === undefined) continue
    if (stats.isDirectory()) {
      blocks += stats.blocks
      for (const name of readdirSync(path, { encoding: 'buffer' }))
        pending.push(Buffer.concat([path, Buffer.from('/'), name]))
    } else count(inodes, stats)
  }
  for (const { links, blocks: own, going } of inodes.values()) if (going >= links) blocks += own
  return blocks * BLOCK
}

function count(inodes: Map<string, Inode>, { dev, ino, nlink, blocks }: Stats): void {
  const key = `${dev} ${ino}`
  const known = inodes.get(key)
  if (known === undefined) inodes.set(key, { links: nlink, blocks, going: 1 })
  else known.going += 1
}

function statsOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

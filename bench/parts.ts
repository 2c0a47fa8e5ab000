/**
 * What no way around an image can leave out, and nothing else, in two threads: one inflates the layers and hashes blobs and
 * archives, the other hashes each file once, writes it as an object and links that. Of the archives only sizes are read:
 * no names, modes or folders. What was stored is printed, so that it can be seen that nothing is missing.
 *
 *     parts.js BLOB...
 */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, constants, futimesSync, linkSync, mkdirSync, openSync, statSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { type CompressedBlob, inflate } from '../src/ostree/inflate.ts'
import { writeAll } from '../src/ostree/object-writer.ts'
import { createRing, type Ring, takeFrom } from '../src/ostree/ring.ts'

const BLOCK = 512
const SIZE = { at: 124, width: 11 }
const TYPEFLAG = 156
const FILE = 0x30
const FOLDERS = 256

/** A file that is being written. */
interface Writing {
  readonly fd: number
  readonly path: string
  readonly hash: Hash
  left: number
}

interface Task {
  readonly blob: CompressedBlob
  readonly ring: Ring
}

let files = 0
let bytes = 0

/** Stores what is in an archive, which comes in pieces of any length. */
function store(ring: Ring): void {
  const archive = takeFrom(ring)
  const header = Buffer.alloc(BLOCK)
  let have = 0
  let padding = 0
  let file: Writing | undefined
  for (let piece = archive.next(); piece !== undefined; piece = archive.next()) {
    for (let at = 0; at < piece.length; ) {
      if (file !== undefined) {
        at += write(file, piece, at)
        if (file.left === 0) file = finish(file)
      } else if (padding > 0) {
        const step = Math.min(padding, piece.length - at)
        padding -= step
        at += step
      } else {
        const copied = piece.copy(header, have, at)
        have = (have + copied) % BLOCK
        at += copied
        if (have > 0) continue
        const size = Number.parseInt(header.toString('latin1', SIZE.at, SIZE.at + SIZE.width), 8) || 0
        padding = (BLOCK - (size % BLOCK)) % BLOCK
        if (header[TYPEFLAG] === FILE && size > 0) file = begin(size)
      }
    }
  }
}

function begin(size: number): Writing {
  const path = `${files % FOLDERS}/${files}`
  const fd = openSync(`objects/${path}`, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644)
  files += 1
  bytes += size
  return { fd, path, hash: createHash('sha256'), left: size }
}

function write(file: Writing, piece: Buffer, at: number): number {
  const part = piece.subarray(at, at + file.left)
  file.hash.update(part)
  writeAll(file.fd, part)
  file.left -= part.length
  return part.length
}

function finish({ fd, path, hash }: Writing): undefined {
  futimesSync(fd, 0, 0)
  closeSync(fd)
  hash.digest('hex')
  linkSync(`objects/${path}`, `tree/${path}`)
}

if (isMainThread) {
  for (let i = 0; i < FOLDERS; i++)
    for (const root of ['objects', 'tree']) mkdirSync(`${root}/${i}`, { recursive: true })
  const tasks = process.argv.slice(2).map((path): Task => {
    const blob: CompressedBlob = {
      path,
      name: path,
      compression: 'gzip',
      size: statSync(path).size,
      ratio: 1000,
    }
    return { blob, ring: createRing() }
  })
  new Worker(new URL(import.meta.url), { workerData: tasks }).unref()
  for (const { ring } of tasks) store(ring)
  process.stdout.write(`${files} files with ${bytes} bytes\n`)
} else {
  for (const { blob, ring } of workerData as readonly Task[]) await inflate(blob, ring, () => undefined)
}

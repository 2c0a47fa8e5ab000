/**
 * What no way around an image can leave out, and nothing else, in one thread: inflating the layers, hashing blob, archive
 * and each file once, writing the files as objects and linking them. Names, modes and folders of the archive are not read.
 *
 *     parts.js BLOB...
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { openGunzip } from '../src/ostree/gunzip.ts'

const CHUNK = 1 << 20
const BLOCK = 512
const FOLDERS = 256

const content = Buffer.alloc(CHUNK, 7)

/** Inflates and hashes a blob, and gives the sizes of the files in its archive. */
function inflate(path: string): number[] {
  const gunzip = openGunzip()!
  const [input, output] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)]
  const [blob, archive] = [createHash('sha256'), createHash('sha256')]
  const sizes = sizeReader()
  const fd = openSync(path, 'r')
  for (let length = -1; length !== 0; ) {
    length = readSync(fd, input, 0, CHUNK, null)
    blob.update(input.subarray(0, length))
    for (let from = 0; ; ) {
      const step = gunzip(input, from, length - from, output, length === 0)
      from += step.consumed
      archive.update(output.subarray(0, step.produced))
      sizes.read(output.subarray(0, step.produced))
      if (step.ended || (step.produced < CHUNK && from === length)) break
    }
  }
  closeSync(fd)
  blob.digest()
  archive.digest()
  return sizes.found
}

/** Finds the files of an archive by their headers' typeflag and size alone; a header lies in one chunk, as chunks are even. */
function sizeReader() {
  const found: number[] = []
  let skip = 0
  return {
    found,
    read(bytes: Buffer) {
      while (skip < bytes.length) {
        const size = Number.parseInt(bytes.toString('latin1', skip + 124, skip + 135), 8) || 0
        const type = bytes[skip + 156]!
        if (type === 0x30 && size > 0) found.push(size)
        skip += BLOCK + Math.ceil(size / BLOCK) * BLOCK
      }
      skip -= bytes.length
    },
  }
}

/** Hashes so many bytes, writes them into a new file, and links that. */
function store(size: number, at: number): void {
  const hash = createHash('sha256')
  const object = `objects/${at % FOLDERS}/${at}`
  const fd = openSync(object, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644)
  for (let left = size; left > 0; left -= CHUNK) {
    const piece = content.subarray(0, Math.min(left, CHUNK))
    hash.update(piece)
    writeSync(fd, piece)
  }
  futimesSync(fd, 0, 0)
  closeSync(fd)
  hash.digest('hex')
  linkSync(object, `tree/${at % FOLDERS}/${at}`)
}

for (let i = 0; i < FOLDERS; i++)
  for (const root of ['objects', 'tree']) mkdirSync(`${root}/${i}`, { recursive: true })
let stored = 0
for (const blob of process.argv.slice(2)) for (const size of inflate(blob)) store(size, stored++)

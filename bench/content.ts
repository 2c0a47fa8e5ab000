/**
 * File contents like a real system's, from a seed: program code, text, tables and what is compressed already.
 *
 * Each kind is made once, a few megabytes of it, and files are cut out of that at their own places. gzip looks back
 * no further than 32 KiB, so it finds in these files what it would find in any others. The kinds are mixed such that gzip
 * needs as long for them, and makes them as small, as a Debian's /usr.
 */
import { type Random, randomOf } from '../test/support/random.ts'

/** What a file has in it. */
export type Kind = 'text' | 'code' | 'table' | 'packed' | 'zeros'

const POOL_BYTES = 4 << 20

const MAKERS: Readonly<Record<Kind, (pool: Pool) => void>> = {
  text: writeText,
  code: writeCode,
  table: writeTable,
  packed: pool => put(pool, pool.random.bytes(POOL_BYTES)),
  zeros: pool => put(pool, Buffer.alloc(POOL_BYTES)),
}

/** A pool while it is filled. */
interface Pool {
  readonly bytes: Buffer
  readonly random: Random
  used: number
}

const pools = new Map<Kind, Buffer>()

/** So many bytes of a kind, beginning anywhere in its pool. */
export function contentOf(kind: Kind, offset: number, size: number): Buffer {
  const pool = pools.get(kind) ?? makePool(kind)
  const content = Buffer.allocUnsafe(size)
  for (let done = 0; done < size; ) {
    done += pool.copy(content, done, (offset + done) % POOL_BYTES)
  }
  return content
}

function makePool(kind: Kind): Buffer {
  const pool: Pool = { bytes: Buffer.alloc(POOL_BYTES), random: randomOf(kind.length * 7919), used: 0 }
  while (pool.used < POOL_BYTES) MAKERS[kind](pool)
  pools.set(kind, pool.bytes)
  return pool.bytes
}

/** Lines of words, some far more frequent than others, with phrases that come back. */
function writeText(pool: Pool): void {
  const { random } = pool
  const words = Array.from({ length: 2500 }, () => word(random))
  while (pool.used < POOL_BYTES) {
    put(pool, Buffer.from(' '.repeat(2 * random.between(0, 4))))
    for (let left = random.between(3, 11); left > 0; left--)
      put(pool, Buffer.from(`${frequent(random, words)} `))
    if (random.chance(0.8)) again(pool, random.between(8, 50), 20 << 10)
    put(pool, Buffer.from(random.pick([';\n', '.\n', ' {\n', '\n', ')\n\n'])))
  }
}

/** Short instructions, half of them with an address or a number behind. */
function writeCode(pool: Pool): void {
  const { random } = pool
  const instructions = Array.from({ length: 1200 }, () => random.bytes(random.between(1, 5)))
  while (pool.used < POOL_BYTES) {
    for (let left = 8; left > 0; left--) {
      put(pool, frequent(random, instructions))
      if (random.chance(0.2)) put(pool, Buffer.from([random.between(0, 255), random.between(0, 20), 0, 0]))
    }
    if (random.chance(0.9)) again(pool, random.between(8, 50), 20 << 10)
  }
}

/** Records of 16 bytes that differ in a few. */
function writeTable(pool: Pool): void {
  const record = Buffer.alloc(16)
  for (let at = 0; pool.used < POOL_BYTES; at += pool.random.between(1, 90)) {
    record.writeUInt32LE(at, 0)
    record[8] = pool.random.between(0, 7)
    put(pool, record)
  }
}

/** An early choice far more often than a late one. */
function frequent<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(choices.length * random.next() ** 4)]!
}

function word(random: Random): string {
  const letters = 'etaoinshrdlucmfwypvbgk_'
  return Array.from({ length: random.between(2, 11) }, () => frequent(random, [...letters])).join('')
}

/** Writes anew what stands a little way back. */
function again(pool: Pool, length: number, window: number): void {
  const back = Math.min(pool.used, pool.random.between(length, window))
  put(pool, pool.bytes.subarray(pool.used - back, pool.used - back + length))
}

function put(pool: Pool, bytes: Buffer): void {
  pool.used += bytes.copy(pool.bytes, pool.used)
}

/** Numbers as tar writes them. A field that is not exactly a number is undefined, never a guess. */

const SPACE = 0x20
const ZERO = 0x30
const BASE_256 = 0x80

/**
 * The number in a field of a header: octal digits after spaces and before NULs or spaces (POSIX pax, "ustar
 * Interchange Format"), or big-endian bytes after 0x80 (GNU tar manual, "Basic Tar Format"). An empty field is 0,
 * as Go and libarchive read it. Negative numbers and those past 2^53 are undefined.
 */
export function headerNumber(block: Buffer, at: number, width: number): number | undefined {
  const end = at + width
  if (block[at]! >= BASE_256) return block[at] === BASE_256 ? base256(block, at + 1, end) : undefined
  let from = at
  while (from < end && block[from] === SPACE) from++
  let value = 0
  for (; from < end; from++) {
    const digit = block[from]! - ZERO
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  for (; from < end; from++) if (block[from] !== 0 && block[from] !== SPACE) return undefined
  return value
}

/** The decimal number that fills the bytes of a pax value (POSIX pax, "pax Extended Header"): digits and no more. */
export function decimalNumber(bytes: Buffer, from: number, to: number): number | undefined {
  if (from >= to) return undefined
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
    if (value > Number.MAX_SAFE_INTEGER) return undefined
  }
  return value
}

function base256(block: Buffer, from: number, end: number): number | undefined {
  let value = 0
  for (let at = from; at < end; at++) {
    value = value * 256 + block[at]!
    if (value > Number.MAX_SAFE_INTEGER) return undefined
  }
  return value
}

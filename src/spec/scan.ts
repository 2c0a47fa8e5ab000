/**
 * A first look at YAML, character by character and token by token, before its parser may see it.
 *
 * The parser of the yaml package recurses, and can end the whole process on input that nests deeply or expands
 * aliases. So whatever goes beyond a limit, and every feature that bundles.yaml does without, is found here.
 */
import { type Fault, MAX_FAULTS } from './fault.ts'
import { scanTokens } from './scan-tokens.ts'

/** What was found, and whether the parser may see the text. */
export interface Scan {
  readonly faults: readonly Fault[]
  readonly isSafe: boolean
}

const MAX_BYTES = 1024 * 1024
const MAX_LINES = 100_000

/** YAML 1.2.2 section 5.1: what may not stand in a file. Lone carriage returns too, which editors count differently. */
const UNPRINTABLE =
  /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|\r(?!\n)/gu

/** Looks at a text in time proportional to its length. Never throws. */
export function scanYaml(text: string): Scan {
  const limit = sizeFault(text)
  if (limit !== undefined) return { faults: [limit], isSafe: false }
  const faults = characterFaults(text)
  return faults.length > 0 ? { faults, isSafe: false } : scanTokens(text)
}

function sizeFault(text: string): Fault | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_BYTES) return tooMany(bytes, 'bytes', MAX_BYTES)
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines > MAX_LINES ? tooMany(lines, 'lines', MAX_LINES) : undefined
}

function tooMany(count: number, unit: string, limit: number): Fault {
  const hint = 'Split it into several files, each with its own bundles'
  return { span: [0, 0], message: `the file has ${count} ${unit}, more than ${limit}`, hint }
}

function characterFaults(text: string): Fault[] {
  const faults: Fault[] = []
  for (const match of text.matchAll(UNPRINTABLE)) {
    if (faults.length === MAX_FAULTS) break
    const code = match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
    const message = `the character U+${code} may not stand in YAML`
    const hint = 'Remove it, or write it as an escape such as "\\x1b" in double quotes'
    faults.push({ span: [match.index, match.index + match[0].length], message, hint })
  }
  return faults
}

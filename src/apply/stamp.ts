/** The text of a generation's `ctrbuild.json`. */
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { parseDigest } from '../oci/digest.ts'
import type { Stamp } from '../plan/types.ts'

/** The stamp as canonical JSON. */
export function stampText(stamp: Stamp): string {
  return canonicalJson(stamp)
}

/**
 * Reads a stamp. It is ctrbuild's own file, in a folder that nobody else writes to: what planning relies on is checked,
 * the rest is only compared or shown.
 * @throws CtrbuildError PLAN_INVALID, DIGEST_INVALID
 */
export function parseStamp(text: string): Stamp {
  const stamp = parseJson(text) as Partial<Stamp> | null
  if (
    stamp?.formatVersion !== 1 ||
    typeof stamp.name !== 'string' ||
    !isRecord(stamp.files) ||
    !isRecord(stamp.spec) ||
    !Array.isArray(stamp.points)
  ) {
    throw new CtrbuildError('PLAN_INVALID', 'it is not a stamp of this version')
  }
  parseDigest(stamp.inputs)
  parseDigest(stamp.digest)
  return stamp as Stamp
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CtrbuildError('PLAN_INVALID', 'it is not JSON', { cause: error })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

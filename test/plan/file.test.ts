import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/oci/canonical-json.ts'
import { formatPlan, parsePlan } from '../../src/plan/file.ts'
import { plan } from '../../src/plan/plan.ts'
import { DESIRED, NOTHING } from './samples.ts'

const TEXT = formatPlan(plan(DESIRED, NOTHING))

/** Raw JSON, to be spoilt. */
// biome-ignore lint/suspicious/noExplicitAny: the tests write what no type allows
function edited(edit: (plan: any) => unknown): string {
  const raw = JSON.parse(TEXT)
  edit(raw)
  return canonicalJson(raw)
}

describe('parsePlan', () => {
  test('reads what formatPlan wrote', () => {
    expect(formatPlan(parsePlan(TEXT))).toBe(TEXT)
  })

  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /not JSON/],
    ['null', 'null', /the plan: /],
    ['another version', edited(raw => Object.assign(raw, { formatVersion: 2 })), /format version 2/],
    ['a missing part', edited(raw => delete raw.steps), /^steps of the plan: /],
    ['an unknown part', edited(raw => Object.assign(raw, { extra: 1 })), /the plan: /],
    [
      'a path for a name',
      edited(raw => Object.assign(raw.changes[0], { name: '../x' })),
      /^changes\.0\.name of/,
    ],
    [
      'a broken digest',
      edited(raw => Object.assign(raw, { observedDigest: 'sha256:x' })),
      /^observedDigest of/,
    ],
    ['another declaration', edited(raw => Object.assign(raw.bundles[0].spec, { user: 'root' })), /edited/],
    ['other inputs', edited(raw => Object.assign(raw.bundles[0], { inputs: raw.imagesDigest })), /edited/],
    ['another image', edited(raw => raw.bundles[0].images.splice(0, 1, raw.images[1].key)), /edited/],
    ['a step that needs a later one', edited(raw => raw.steps.reverse()), /edited/],
    ['a step twice', edited(raw => raw.steps.push(raw.steps[0])), /edited/],
    ['a bundle without its image', edited(raw => raw.images.pop()), /does not hold together/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parsePlan(text)).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID', message: expect.stringMatching(message) }),
    )
  })
})

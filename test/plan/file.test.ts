import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/oci/canonical-json.ts'
import { formatPlan, parsePlan } from '../../src/plan/file.ts'
import { plan } from '../../src/plan/plan.ts'
import { DESIRED, NOTHING } from './samples.ts'

const TEXT = formatPlan(plan(DESIRED, NOTHING))

/** Raw JSON, to be spoilt. */
// biome-ignore lint/suspicious/noExplicitAny: the tests write what no type allows
function edited(edit: (plan: any) => void): string {
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
    ['another version', edited(raw => void (raw.formatVersion = 2)), /format version 2/],
    ['a missing part', edited(raw => void delete raw.steps), /^steps of the plan: /],
    ['an unknown part', edited(raw => void (raw.extra = 1)), /the plan: /],
    [
      'a name that is a path',
      edited(raw => void (raw.changes[0].name = '../x')),
      /^changes\.0\.name of the plan: /,
    ],
    [
      'a broken digest',
      edited(raw => void (raw.observedDigest = 'sha256:x')),
      /^observedDigest of the plan: /,
    ],
    ['another declaration', edited(raw => void (raw.bundles[0].spec.user = 'root')), /edited/],
    ['other inputs', edited(raw => void (raw.bundles[0].inputs = raw.bundles[1].inputs)), /edited/],
    ['another image', edited(raw => void (raw.bundles[0].images = [raw.images[1].key])), /edited/],
    ['a step that needs a later one', edited(raw => void raw.steps.reverse()), /edited/],
    ['a step twice', edited(raw => void raw.steps.push(raw.steps[0])), /edited/],
    ['a bundle without its image', edited(raw => void raw.images.pop()), /does not hold together/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parsePlan(text)).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID', message: expect.stringMatching(message) }),
    )
  })
})

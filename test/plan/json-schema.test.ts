/** The JSON Schema that ships fits every plan, and no other text. */
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { desire } from '../../src/plan/desire.ts'
import { formatPlan } from '../../src/plan/file.ts'
import { plan } from '../../src/plan/plan.ts'
import { planJsonSchema } from '../../src/plan/schema.ts'
import type { Plan } from '../../src/plan/types.ts'
import { good, inBundle } from '../spec/check-spec.ts'
import { EVERYTHING, FILES } from '../spec/everything.ts'
import { bundle, DESIRED, image, LOCK, lockOf, NOTHING, settled, specOf } from './samples.ts'

const validate = new Ajv({ strict: true, allErrors: true }).compile(planJsonSchema())

function problems(made: Plan): unknown {
  return validate(JSON.parse(formatPlan(made))) ? [] : validate.errors
}

test.each<[string, Plan]>([
  ['from nothing', plan(DESIRED, NOTHING)],
  ['nothing to do', plan(DESIRED, settled(DESIRED))],
  [
    'blocked and partial',
    plan(DESIRED, { ...NOTHING, repoMode: 'bare', foreign: ['nginx'] }, { targets: ['nginx'] }),
  ],
  ['removals', plan(desire(specOf(), LOCK, 'root'), settled(DESIRED))],
  ['removals that are spared', plan(desire(specOf(), LOCK, 'root'), settled(DESIRED), { prune: false })],
  ['updates', plan(DESIRED, settled(DESIRED, { redis: { damage: 'gone' }, nginx: { stamp: undefined } }))],
  [
    'every key of a bundle',
    plan(desire(good(inBundle(EVERYTHING), FILES), lockOf(image('x.test/i:1', ['a'])), 'root'), NOTHING),
  ],
])('fits a plan: %s', (_, made) => {
  expect(problems(made)).toEqual([])
})

test('fits random plans', () => {
  const layers = fc.array(fc.array(fc.constantFrom('base', 'lib', 'app'), { maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  })
  fc.assert(
    fc.property(layers, fc.boolean(), fc.boolean(), (stacks, isRoot, isThere) => {
      const images = stacks.map((stack, i) => image(`x.test/i:${i}`, stack))
      const bundles = stacks.map((_, i) => bundle(`b${i}`, [`x.test/i:${i}`]))
      const desired = desire(specOf(...bundles), lockOf(...images), isRoot ? 'root' : 'rootless')
      expect(problems(plan(desired, isThere ? settled(DESIRED) : NOTHING, { lockSource: 'memory' }))).toEqual(
        [],
      )
    }),
    { numRuns: 50 },
  )
})

// biome-ignore lint/suspicious/noExplicitAny: the tests write what no type allows
test.each<[string, (raw: any) => unknown]>([
  ['another version', raw => Object.assign(raw, { formatVersion: 2 })],
  ['a digest that is none', raw => Object.assign(raw, { observedDigest: 'x' })],
  ['an unknown action', raw => Object.assign(raw.changes[0], { action: 'destroy' })],
  ['an unknown step', raw => Object.assign(raw.steps[0], { kind: 'format' })],
  ['no changes', raw => delete raw.changes],
])('does not fit %s', (_, edit) => {
  const raw = JSON.parse(formatPlan(plan(DESIRED, NOTHING)))
  expect(validate(raw)).toBe(true)
  edit(raw)
  expect(validate(raw)).toBe(false)
})

test('leaves room for members that later versions add', () => {
  expect(validate({ ...JSON.parse(formatPlan(plan(DESIRED, NOTHING))), later: 1 })).toBe(true)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { desire } from '../../src/plan/desire.ts'
import { formatPlan, parsePlan } from '../../src/plan/file.ts'
import { plan } from '../../src/plan/plan.ts'
import type { Desired } from '../../src/plan/types.ts'
import { applied, bundle, image, lockOf, NOTHING, specOf } from './samples.ts'

const words = fc.constantFrom('base', 'lib', 'app', 'conf', 'empty')
const images = fc.array(fc.array(words, { maxLength: 4 }), { minLength: 1, maxLength: 4 })
const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/), { maxLength: 5 })

/** Some bundles over some images, in any order. */
const worlds: fc.Arbitrary<Desired> = fc
  .record({ images, names, seed: fc.nat() })
  .map(({ images, names, seed }) => {
    const locked = images.map((layers, i) => image(`localhost/image:${i}`, layers))
    const bundles = names.map((name, i) => {
      const reference = locked[(seed + i * 7) % locked.length]!.reference
      return bundle(name, [reference, locked[(seed >> 3) % locked.length]!.reference], {
        terminal: (seed + i) % 2 === 0,
      })
    })
    return desire(specOf(...bundles), lockOf(...locked), seed % 2 === 0 ? 'root' : 'rootless')
  })

test('from any state, applying the plan leaves nothing to do', () => {
  const check = (before: Desired, after: Desired) => {
    const observed = applied(plan(before, NOTHING), before)
    const stands = after.privilege === before.privilege ? observed : { ...observed, bundles: new Map() }
    const made = plan(after, stands)
    const ids = made.steps.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    made.steps.forEach(({ needs }, i) => {
      expect(needs.every(need => ids.indexOf(need) >= 0 && ids.indexOf(need) < i)).toBe(true)
    })
    expect(made.changes.every(({ action, reasons }) => (action === 'none') === (reasons.length === 0))).toBe(
      true,
    )
    expect(plan(after, applied(made, after, stands)).steps).toEqual([])
  }
  fc.assert(fc.property(worlds, worlds, check), { numRuns: 100 })
})

test('a plan survives its file', () => {
  const check = (desired: Desired) => {
    const made = plan(desired, NOTHING)
    expect(parsePlan(formatPlan(made))).toEqual(made)
  }
  fc.assert(fc.property(worlds, check), { numRuns: 30 })
})

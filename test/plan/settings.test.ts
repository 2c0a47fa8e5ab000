import { expect, test } from 'vitest'
import { desire, desiredOf } from '../../src/plan/desire.ts'
import { formatPlan, parsePlan } from '../../src/plan/file.ts'
import { plan } from '../../src/plan/plan.ts'
import { specReasons } from '../../src/plan/spec-reasons.ts'
import { bundleFields } from '../../src/spec/fields.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import { goodBundle } from '../spec/check-spec.ts'
import { EVERYTHING, FILES } from '../spec/everything.ts'
import { bundle, image, lockOf, NOTHING, specOf } from './samples.ts'

const APP = 'x.test/i:1'
const LOCK = lockOf(image(APP, ['a']))
const WHOLE = goodBundle(EVERYTHING, FILES)

test('the example has every key', () => {
  for (const key of Object.keys(bundleFields)) {
    if (key !== 'image') expect(EVERYTHING).toMatch(new RegExp(`^${key}:`, 'm'))
  }
})

test('a plan keeps every setting, and makes the same inputs of them', () => {
  const desired = desire(specOf(WHOLE), LOCK, 'root')
  const made = plan(desired, NOTHING)
  const again = parsePlan(formatPlan(made))
  expect(desiredOf(again)).toEqual(desired)
  expect(again.bundles[0]!.inputs).toBe(made.bundles[0]!.inputs)
})

test('what a file says decides the inputs', () => {
  const inputs = (files: typeof FILES) =>
    desire(specOf(goodBundle(EVERYTHING, { ...FILES, ...files })), LOCK, 'root').bundles[0]!.inputs
  expect(inputs({})).toBe(inputs({ './a.env': '# the same\nexport FROM_FILE="1"\n' }))
  expect(inputs({})).not.toBe(inputs({ './a.env': 'FROM_FILE=2\n' }))
  expect(inputs({})).toBe(inputs({ './template.json': '{ "domainname" :"d"}' }))
  expect(inputs({})).not.toBe(inputs({ './template.json': '{}' }))
  expect(inputs({})).not.toBe(inputs({ './seccomp.json': '{"defaultAction": "SCMP_ACT_LOG"}' }))
})

test('every setting that goes is told', () => {
  const plain = goodBundle('args: [x]')
  const told = specReasons(WHOLE, { ...plain, checkout: WHOLE.checkout })
  const words = new Set(told.map(reason => reason.split(' ')[0]))
  const named: Readonly<Record<string, string>> = {
    annotations: 'annotation',
    rlimits: 'rlimit',
    mounts: 'mount',
    envFile: 'env',
  }
  // A service has no terminal; it is told of below.
  const silent = ['image', 'checkout', 'args', 'terminal']
  for (const key of Object.keys(bundleFields)) {
    if (!silent.includes(key)) expect([...words]).toContain(named[key] ?? key)
  }
})

test.each<[Partial<BundleSpec>, Partial<BundleSpec>, string[]]>([
  [{}, { seccomp: 'default' }, ['seccomp (default) -> default']],
  [{ seccomp: { profile: '{}' } }, { seccomp: 'default' }, ['seccomp changed']],
  [{}, { capabilities: [] }, ['capabilities changed']],
  [{ terminal: true }, { terminal: false }, ['terminal true -> false']],
  [{ noNewPrivileges: false }, {}, ['noNewPrivileges false -> (default)']],
  [
    { rlimits: { core: { soft: 0, hard: 0 } } },
    { rlimits: { cpu: { soft: 0, hard: 0 } } },
    ['rlimit core removed', 'rlimit cpu added'],
  ],
  [{ sysctl: { a: '1' } }, { sysctl: { a: '2' } }, ['sysctl a changed']],
  [{ configPatch: '{}' }, { configPatch: '{ }' }, ['configPatch changed']],
])('%j -> %j', (before, after, expected) => {
  expect(specReasons(bundle('b', [APP], before), bundle('b', [APP], after))).toEqual(expected)
})

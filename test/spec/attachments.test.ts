import { expect, test } from 'vitest'
import { found, foundInBundle, good, goodBundle } from './check-spec.ts'

test('variables of files lie under env, later files over earlier ones', () => {
  const files = { './a.env': 'A=a\nB=a\nC=a\n', '../b.env': 'B=b\n' }
  const bundle = goodBundle('envFile: [./a.env, ../b.env]\nenv: { C: own }', files)
  expect(bundle.env).toEqual({ A: 'a', B: 'b', C: 'own' })
  expect(Object.keys(bundle.env)).toEqual(['A', 'B', 'C'])
  expect(bundle).not.toHaveProperty('envFile')
  expect(bundle).not.toHaveProperty('fileEnv')
})

test('a file under defaults counts where a bundle names none, and env of both lies over it', () => {
  const text = `apiVersion: ctrbuild/v1
kind: Bundles
defaults: { envFile: [./d.env], env: { B: defaults } }
bundles:
  own: { image: i, envFile: [./o.env] }
  none: { image: i }
`
  const [none, own] = good(text, { './d.env': 'A=d\nB=d', './o.env': 'B=o' }).bundles
  expect(none!.env).toEqual({ A: 'd', B: 'defaults' })
  expect(own!.env).toEqual({ B: 'defaults' })
})

test('profiles, templates and patches come in as canonical JSON, numbers exact', () => {
  const files = {
    './s.json': '{"defaultAction": "SCMP_ACT_ALLOW"}',
    './t.json': '\ufeff{ "b": 18446744073709551615, "a": 1 }',
  }
  const keys =
    'seccomp: ./s.json\nconfigTemplate: ./t.json\nconfigPatch: { process: { rlimits: [18446744073709551615, ~] } }'
  expect(goodBundle(keys, files)).toMatchObject({
    seccomp: { profile: '{\n  "defaultAction": "SCMP_ACT_ALLOW"\n}\n' },
    configTemplate: '{\n  "a": 1,\n  "b": 18446744073709551615\n}\n',
    configPatch:
      '{\n  "process": {\n    "rlimits": [\n      18446744073709551615,\n      null\n    ]\n  }\n}\n',
  })
})

const HINT = '[Make it, or correct the path: it is relative to the folder of bundles.yaml]'

test.each([
  ['envFile: [./gone]', `FILE_MISSING bundles.b.envFile[0]: there is no file "./gone" ${HINT}`],
  ['seccomp: /gone', `FILE_MISSING bundles.b.seccomp: there is no file "/gone" ${HINT}`],
  ['configTemplate: ./gone', `FILE_MISSING bundles.b.configTemplate: there is no file "./gone" ${HINT}`],
  ['envFile: gone', 'SPEC_INVALID bundles.b.envFile must be a list, found "gone" [For example: [./app.env]]'],
  [
    'envFile: [gone]',
    'SPEC_INVALID bundles.b.envFile[0] must be a path that begins with "/", "./" or "../", found "gone" [For example ./app.env]',
  ],
  [
    'envFile: [./bad]',
    'SPEC_INVALID bundles.b.envFile[0] is "./bad", whose line 2 must be NAME=VALUE: what the host has set is never taken',
  ],
  [
    'envFile: [./dollar]',
    'warning DOLLAR_KEPT bundles.b.envFile[0] is "./dollar", whose line 1 keeps the "$" of A as it is: nothing is put in for it [Put the value in single quotes to say that it is meant]',
  ],
  [
    'configTemplate: ./bad',
    expect.stringContaining('SPEC_INVALID bundles.b.configTemplate is "./bad", which is no JSON: '),
  ],
  ['configTemplate: ./list', 'SPEC_INVALID bundles.b.configTemplate is "./list", which is no JSON object'],
])('%s', (keys, expected) => {
  const files = { './bad': 'A=1\nB\n', './list': '[]', './dollar': 'A=$B' }
  expect(foundInBundle(keys, files)).toEqual([expected])
})

test('of a file that is something else, few lines are told; and the place is that of its name', () => {
  const text = `apiVersion: ctrbuild/v1
kind: Bundles
defaults:
  envFile:
    - ./binary
bundles: { a: { image: i }, b: { image: i } }
`
  const problems = found(text, { './binary': 'x\n'.repeat(100) })
  expect(problems).toHaveLength(5)
  expect(problems[0]).toMatch(/^5:7 SPEC_INVALID defaults\.envFile\[0\] is ".\/binary", whose line 1 /)
})

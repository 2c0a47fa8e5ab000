import { expect, test } from 'vitest'
import { lint } from '../../src/bundle/lint.ts'
import { bundleFields } from '../../src/spec/fields.ts'
import { RUNTIMES } from '../../src/spec/meta.ts'
import { bundlesJsonSchema } from '../../src/spec/schema.ts'
import { bundleOf } from './keys.ts'

/** A value for each key, for root; `''` where there is nothing that a runtime could leave out. */
const EXAMPLES: Readonly<Record<string, string>> = {
  rootfs: 'readonly',
  args: '[x]',
  env: '{ A: b }',
  envFile: '[./a.env]',
  cwd: '/x',
  user: '0',
  groups: '[7]',
  umask: '"0027"',
  terminal: 'true',
  capabilities: '{ add: [CHOWN] }',
  noNewPrivileges: 'true',
  rlimits: '{ core: 0 }',
  oomScoreAdj: '5',
  apparmor: 'p',
  selinux: 'l',
  hostname: 'h',
  namespaces: '[ipc, mount, network, pid]',
  uidMappings: 'auto\ngidMappings: auto',
  gidMappings: 'auto\nuidMappings: auto',
  sysctl: '{ kernel.sem: "1" }',
  seccomp: 'default',
  maskedPaths: '[/proc/kcore]',
  readonlyPaths: '[/proc/sys]',
  rootfsPropagation: 'slave',
  mounts: '[v:/v]',
  resources: '{ pids: 9 }',
  devices: '[{ path: /dev/x, type: p }]',
  cgroupsPath: '/x',
  annotations: '{ a: b }',
  hooks: '{ poststop: [{ path: /x }] }',
  configTemplate: './t.json',
  configPatch: '{ annotations: { a: b } }',
}

interface Schema {
  readonly properties: Readonly<Record<string, Schema>>
  readonly additionalProperties: Schema
  readonly 'x-runtimes'?: readonly string[]
}

const documented = (bundlesJsonSchema() as Schema).properties.bundles!.additionalProperties.properties

test('every key is here that becomes something', () => {
  const keys = Object.keys(bundleFields).filter(key => documented[key]!['x-runtimes'] !== undefined)
  expect(Object.keys(EXAMPLES).sort()).toEqual(keys.sort())
})

test.each(Object.entries(EXAMPLES))('what is documented of %s is what the lint says', (key, value) => {
  const { config } = bundleOf(`${key}: ${value}`, {}, { './a.env': '', './t.json': '{}' })
  const verdicts = lint(config, { kind: 'root' }, { runtimes: RUNTIMES, demandsRuntimes: true })
  const doing = RUNTIMES.filter(
    runtime => !verdicts.some(verdict => verdict.runtime === runtime && verdict.effect !== 'needs'),
  )
  expect(documented[key]!['x-runtimes']).toEqual(doing)
})

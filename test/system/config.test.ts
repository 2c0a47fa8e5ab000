/** The config.json of an image: what old ones become, where mistakes are said to be, and what stays the bundle's. */
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import type { JsonObject } from '../../src/spec/json-text.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import type { Exports } from '../../src/system/exports.ts'
import { upgradeConfig } from '../../src/system/upgrade.ts'
import { FACTS, fileOf, IMAGE_ID, sampleBundle, sampleImage, sampleSpec } from '../bundle/sample.ts'

const NONE: Exports = {
  manifest: undefined,
  config: undefined,
  configTemplate: undefined,
  service: undefined,
  tmpfiles: undefined,
  hostFiles: [],
}
const at = (name: string, text: string) => ({ path: `/exports/${name}`, text })
const bundleOf = (exports: Partial<Exports>, keys: Partial<BundleSpec> = {}) =>
  sampleBundle({
    spec: sampleSpec({ system: true, ...keys }),
    image: sampleImage({
      env: ['A=image', 'B=image'],
      entrypoint: ['/entry'],
      cmd: ['cmd'],
      workingDir: '/w',
    }),
    service: { exports: { ...NONE, ...exports }, imageId: IMAGE_ID, facts: FACTS },
  })
const template = (text: string) => at('config.json.template', text)

describe('old versions are brought up to date, and that is said', () => {
  test.each<[JsonObject, JsonObject, string[]]>([
    [{ platform: { os: 'linux' } }, {}, ['platform is left out']],
    [
      { linux: { capabilities: ['CAP_KILL'] } },
      {
        linux: {},
        process: {
          capabilities: Object.fromEntries(
            ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'].map(set => [set, ['CAP_KILL']]),
          ),
        },
      },
      ['linux.capabilities became process.capabilities', 'the list of capabilities became five sets'],
    ],
    [
      { linux: { resources: { oomScoreAdj: 5, disableOOMKiller: true, memory: { limit: 1 } } } },
      { process: { oomScoreAdj: 5 }, linux: { resources: { memory: { limit: 1, disableOOMKiller: true } } } },
      ['what is said about running out of memory moved out of linux.resources'],
    ],
    [
      { linux: { resources: { blockIO: { blkioWeight: 5, weight: 6 } } } },
      { linux: { resources: { blockIO: { weight: 6 } } } },
      ['members of linux.resources.blockIO lost the prefix blkio'],
    ],
    [{ linux: { seccomp: { defaultAction: '' } } }, { linux: {} }, ['the empty linux.seccomp is left out']],
    [
      { linux: { seccomp: { defaultAction: 'X', syscalls: [{ name: 'a', action: 'Y' }] } } },
      { linux: { seccomp: { defaultAction: 'X', syscalls: [{ names: ['a'], action: 'Y' }] } } },
      ['name of a seccomp rule became names'],
    ],
    [{ process: { selinuxLabel: '' } }, { process: {} }, ['selinuxLabel without a value is left out']],
    [
      { process: { args: ['x'], capabilities: {} }, linux: {} },
      { process: { args: ['x'], capabilities: {} }, linux: {} },
      [],
    ],
  ])('%j', (before, after, changes) => {
    expect(upgradeConfig(before)).toEqual({ config: after, changes })
    expect(upgradeConfig(after).changes).toEqual([])
  })
})

test('the process is that of the config.json, under what the bundle says', () => {
  const text = '{"process": {"args": ["/x", "$NAME"], "cwd": "/c", "env": ["A=config"], "user": {"uid": 5}}}'
  const { process } = bundleOf({ configTemplate: template(text) }).config
  expect(process).toMatchObject({ args: ['/x', 'tiny'], cwd: '/c', user: { uid: 5, gid: 0 } })
  expect(process.env).toEqual(expect.arrayContaining(['A=config', 'B=image']))
  const own = bundleOf({ configTemplate: template(text) }, { args: ['/own'], user: '0', env: { A: 'own' } })
    .config.process
  expect(own).toMatchObject({ args: ['/own'], user: { uid: 0 } })
  expect(own.env).toContain('A=own')
})

test('namespaces are those of the config.json, unless the bundle names some; a mount namespace is always there', () => {
  const exports = {
    config: at(
      'config.json',
      '{"linux": {"namespaces": [{"type": "pid"}, {"type": "network", "path": "/n"}]}}',
    ),
  }
  const types = (keys: Partial<BundleSpec>) =>
    bundleOf(exports, keys).config.linux.namespaces.map(({ type }) => type)
  expect(types({})).toEqual(['mount', 'pid'])
  expect(types({ demandsNamespaces: true })).toEqual(['ipc', 'mount', 'pid', 'uts'])
})

test('config.json counts over the template, and is no template', () => {
  const config = at('config.json', '{"process": {"args": ["$NAME"]}}')
  expect(bundleOf({ config, configTemplate: template('$NOPE') }).config.process.args).toEqual(['$NAME'])
})

test('without a config.json the image says what runs', () => {
  expect(bundleOf({}).config.process).toMatchObject({ args: ['/entry', 'cmd'], cwd: '/w' })
})

test('a fragment of JSON can be a value', () => {
  const set = { ADDTL_MOUNTS: ', {"destination": "/x", "type": "bind", "source": "/s", "options": ["bind"]}' }
  const text =
    '{"mounts": [{"destination": "/y", "type": "bind", "source": "$DESTDIR/y", "options": ["bind"]}$ADDTL_MOUNTS]}'
  const { mounts } = bundleOf({ configTemplate: template(text) }, { set }).config
  expect(mounts.filter(({ type }) => type === 'bind').map(({ source }) => source)).toEqual(['/s', './y'])
})

describe('mistakes are shown in the template', () => {
  test.each<[string, Partial<BundleSpec>, string, string]>([
    [
      '{\n "a": "$NAME",\n}',
      {},
      'TEMPLATE_INVALID',
      '/exports/config.json.template:3:1: "}" does not go on as JSON',
    ],
    [
      '{\n  "a": $V }',
      { set: { V: '[1 2]' } },
      'TEMPLATE_INVALID',
      '/exports/config.json.template:2:8: "2] }" does not go on as JSON',
    ],
    ['{\n "a": 1', {}, 'TEMPLATE_INVALID', '/exports/config.json.template:2:8: it ends too early'],
    ['[]', {}, 'TEMPLATE_INVALID', '/exports/config.json.template is no JSON object'],
    [
      '{"process":\n  {"args": "$NAME"}}',
      {},
      'TEMPLATE_INVALID',
      '/exports/config.json.template:2:12: process.args must be',
    ],
    [
      '{ "x": "$ABC" }',
      {},
      'VARIABLE_MISSING',
      '/exports/config.json.template:1:9: the variable ABC has no value',
    ],
    [
      '{ "x": "$PORT" }',
      { set: { PRT: '1' } },
      'VARIABLE_UNKNOWN',
      'no template of the image has a variable PRT',
    ],
    ['{}', { set: { UNUSED: '1' } }, 'VARIABLE_UNKNOWN', 'no template of the image has a variable UNUSED'],
  ])('%j', (text, keys, code, message) => {
    const make = () => bundleOf({ configTemplate: template(text) }, keys)
    expect(make).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})

test('the same inputs make the same files', () => {
  const exports = {
    configTemplate: template(
      '{"annotations": {"u": "$UUID", "i": "$IMAGE_ID", "c": "x"}, "x": [$ALL_PROCESS_CAPABILITIES]}',
    ),
  }
  const text = fileOf(bundleOf(exports), 'config.json')
  expect(text).toBe(fileOf(bundleOf(exports), 'config.json'))
  expect(text).toContain(String(digestOf('configuration')))
  expect(text).toMatch(/"u": "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/)
})

test('what the bundle is called its image is by, only where the bundle says that it is a system container', () => {
  const labelled = () =>
    sampleBundle({
      image: sampleImage({ labels: { 'atomic.type': 'system' } }),
      service: {
        exports: { ...NONE, configTemplate: template('{"annotations": {"n": "$IMAGE_NAME"}}') },
        imageId: IMAGE_ID,
        facts: FACTS,
      },
    })
  expect(labelled).toThrowError(expect.objectContaining({ code: 'VARIABLE_MISSING' }))
})

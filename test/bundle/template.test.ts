import { describe, expect, test } from 'vitest'
import { mergePatch } from '../../src/bundle/merge-patch.ts'
import type { RuntimeConfig } from '../../src/bundle/types.ts'
import { bundleOf } from './keys.ts'
import { sampleImage } from './sample.ts'

/** RFC 7396, appendix A. */
test.each([
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
])('%s patched with %s', (target, patch, result) => {
  expect(mergePatch(JSON.parse(target), JSON.parse(patch))).toEqual(JSON.parse(result))
})

test('a patch may name any member', () => {
  const patched = mergePatch({}, JSON.parse('{"__proto__": {"x": 1}}'))
  expect(Object.keys(patched as object)).toEqual(['__proto__'])
})

function templated(template: object, keys = '', run: Parameters<typeof sampleImage>[0] = {}): RuntimeConfig {
  const files = { './t.json': JSON.stringify(template) }
  return bundleOf(`configTemplate: ./t.json\n${keys}`, { image: sampleImage(run) }, files).config
}

describe('a template', () => {
  test('brings what has no key, and counts over defaults', () => {
    const config = templated({
      ociVersion: '0.3.0',
      process: {
        capabilities: { bounding: ['CAP_CHOWN'] },
        rlimits: [{ type: 'RLIMIT_CORE', soft: 1, hard: 1 }],
        noNewPrivileges: false,
        consoleSize: { height: 1, width: 2 },
        user: { uid: 3, gid: 4 },
        env: ['A=template', 'PATH=/template'],
        cwd: '/template',
      },
      linux: { personality: { domain: 'LINUX32' }, maskedPaths: ['/x'], namespaces: [{ type: 'time' }] },
      annotations: { a: 'template' },
      mounts: [{ destination: '/t/', type: 'tmpfs' }],
      domainname: 'd',
      vm: {},
      hooks: null,
    })
    expect(config).toMatchObject({
      ociVersion: '1.0.0',
      process: {
        capabilities: { bounding: ['CAP_CHOWN'], effective: [] },
        rlimits: [{ type: 'RLIMIT_CORE' }, { type: 'RLIMIT_NOFILE' }],
        noNewPrivileges: false,
        consoleSize: { height: 1, width: 2 },
        user: { uid: 3, gid: 4 },
        env: ['A=template', 'HOME=/', 'PATH=/template'],
        cwd: '/template',
      },
      linux: { personality: { domain: 'LINUX32' }, maskedPaths: ['/x'] },
      annotations: { a: 'template' },
      domainname: 'd',
      vm: {},
    })
    expect(config.linux.namespaces.map(({ type }) => type)).toEqual(['ipc', 'mount', 'pid', 'uts'])
    expect(config.mounts.find(({ destination }) => destination === '/t')).toEqual({
      destination: '/t',
      type: 'tmpfs',
      source: 'tmpfs',
      options: [],
    })
    expect(config).not.toHaveProperty('hooks')
  })

  test('lies under what the image and the keys say', () => {
    const config = templated(
      {
        process: {
          args: ['t'],
          env: ['A=t', 'B=t', 'C=t'],
          cwd: '/t',
          user: { uid: 1, gid: 1 },
          noNewPrivileges: false,
        },
        linux: {
          seccomp: { defaultAction: 'SCMP_ACT_LOG' },
          sysctl: { 'kernel.sem': 't', 'kernel.msgmax': 't' },
        },
        mounts: [{ destination: '/m', type: 'tmpfs', source: 'tmpfs', options: ['nosuid'] }],
        hooks: { poststop: [{ path: '/t' }] },
      },
      'env: { C: key }\nnoNewPrivileges: true\nseccomp: unconfined\nsysctl: { kernel.sem: k }\nmounts: [v:/m]\nhooks: { poststop: [{ path: /k }] }',
      { cmd: ['i'], env: ['B=image', 'C=image'], workingDir: '/i', user: '2:2', volumes: ['/m'] },
    )
    expect(config.process).toMatchObject({
      args: ['i'],
      cwd: '/i',
      user: { uid: 2, gid: 2 },
      noNewPrivileges: true,
    })
    expect(config.process.env.filter(entry => /^[ABC]=/.test(entry))).toEqual(['A=t', 'B=image', 'C=key'])
    expect(config.linux.seccomp).toBeUndefined()
    expect(config.linux.sysctl).toEqual({ 'kernel.sem': 'k', 'kernel.msgmax': 't' })
    expect(config.mounts.filter(({ destination }) => destination === '/m').map(({ type }) => type)).toEqual([
      'bind',
    ])
    expect(config.hooks).toEqual({ poststop: [{ path: '/t' }, { path: '/k' }] })
  })

  test('that breaks a rule is refused, with the section', () => {
    expect(() => templated({ linux: { seccomp: { defaultAction: '', architectures: null } } })).toThrow(
      expect.objectContaining({
        code: 'BUNDLE_INVALID',
        message:
          'the configTemplate of bundle tiny breaks the runtime specification: linux.seccomp.defaultAction must be one of SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_TRACE, SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_NOTIFY (config-linux.md, Seccomp)',
      }),
    )
  })
})

describe('a patch', () => {
  test('has the last word, and what it takes away is as good as empty', () => {
    const { config } = bundleOf(
      'env: { A: b }\nconfigPatch: { process: { rlimits: ~, capabilities: ~, args: [x] }, linux: { maskedPaths: ~ }, annotations: ~, other: { n: 18446744073709551615 } }',
    )
    expect(config.process.args).toEqual(['x'])
    expect(config.process.rlimits).toEqual([])
    expect(Object.values(config.process.capabilities)).toEqual(Array(5).fill([]))
    expect(config.linux.maskedPaths).toEqual([])
    expect(config.annotations).toEqual({})
    expect(config).toMatchObject({ other: { n: 2n ** 64n - 1n } })
  })

  test('that breaks rules is refused, and says how many', () => {
    expect(() => bundleOf('configPatch: { root: { path: / }, process: { cwd: x } }')).toThrow(
      expect.objectContaining({
        message:
          'the config.json of bundle tiny breaks the runtime specification: root.path must be "rootfs", which is what the bundle has (config.md, Root), and 1 more',
      }),
    )
  })
})

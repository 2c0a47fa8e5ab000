import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { configFaults, faultText, templateFaults } from '../../src/bundle/check.ts'
import { mergePatch } from '../../src/bundle/merge-patch.ts'
import { canonicalJson } from '../../src/oci/canonical-json.ts'
import { type Json, type JsonObject, parseJsonText } from '../../src/spec/json-text.ts'
import { ANN, bundleOf } from './keys.ts'
import { sampleBundle } from './sample.ts'

const GOOD = parseJsonText(canonicalJson(sampleBundle().config))

function faultsAfter(patch: string): readonly string[] {
  return configFaults(mergePatch(GOOD, parseJsonText(patch))).map(faultText)
}

test.each([
  ["root's", sampleBundle()],
  ["a plain user's", sampleBundle({ privilege: ANN })],
  ['one with mapped ids', bundleOf('uidMappings: auto\ngidMappings: auto', { privilege: ANN })],
  ['one with a filter', bundleOf('seccomp: default')],
])('%s has no faults', (_, { config }) => {
  expect(configFaults(parseJsonText(canonicalJson(config)))).toEqual([])
})

describe('each rule names its section', () => {
  test.each([
    ['{"ociVersion": null}', 'ociVersion is missing (config.md)'],
    [
      '{"ociVersion": "0.3.0"}',
      'ociVersion must be a version of the form 1.Y.Z (config.md, Specification version)',
    ],
    ['{"root": null}', 'root is missing (config.md)'],
    ['{"root": {"path": "/"}}', 'root.path must be "rootfs", which is what the bundle has (config.md, Root)'],
    ['{"root": {"readonly": 1}}', 'root.readonly must be true or false (config.md, Root)'],
    ['{"mounts": {}}', 'mounts must be a list (config.md, Mounts)'],
    ['{"mounts": [{}]}', 'mounts[0].destination is missing (config.md, Mounts)'],
    [
      '{"mounts": [{"destination": "a"}]}',
      'mounts[0].destination must be an absolute path (config.md, Mounts)',
    ],
    [
      '{"mounts": [{"destination": "/a/../b"}]}',
      'mounts[0].destination must be without ".", ".." and doubled slashes: /b (config.md, Mounts)',
    ],
    [
      '{"mounts": [{"destination": "/."}]}',
      'mounts[0].destination must not be the root, which root.path is (config.md, Mounts)',
    ],
    [
      '{"mounts": [{"destination": "/a"}, {"destination": "/a"}]}',
      'mounts[1] must not repeat the destination of entry 0 (config.md, Mounts)',
    ],
    [
      '{"mounts": [{"destination": "/a", "options": ["a,b"]}]}',
      'mounts[0].options[0] must be an option without a comma (config.md, Mounts)',
    ],
    ['{"process": {"cwd": "a"}}', 'process.cwd must be an absolute path (config.md, Process)'],
    ['{"process": {"cwd": null}}', 'process.cwd is missing (config.md, Process)'],
    ['{"process": {"args": []}}', 'process.args must name a program (config.md, Process)'],
    ['{"process": {"args": [1]}}', 'process.args[0] must be a text without NUL (config.md, Process)'],
    [
      '{"process": {"args": ["a\\u0000"]}}',
      'process.args[0] must be a text without NUL (config.md, Process)',
    ],
    ['{"process": {"env": ["A"]}}', 'process.env[0] must be NAME=VALUE (config.md, Process)'],
    [
      '{"process": {"rlimits": [{"type": "RLIMIT_X", "soft": 1, "hard": 1}]}}',
      'process.rlimits[0].type must be one of those that the specification names (config.md, POSIX process)',
    ],
    [
      '{"process": {"rlimits": [{"type": "RLIMIT_CPU", "soft": 2, "hard": 1}]}}',
      'process.rlimits[0] must have a soft limit that is not above the hard one (config.md, POSIX process)',
    ],
    [
      '{"process": {"rlimits": [{"type": "RLIMIT_CPU", "soft": -1, "hard": 1}]}}',
      'process.rlimits[0].soft must be a whole number from 0 to 18446744073709551615 (config.md, POSIX process)',
    ],
    [
      '{"process": {"rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 1}, {"type": "RLIMIT_CPU", "soft": 1, "hard": 1}]}}',
      'process.rlimits[1] must not repeat the type of entry 0 (config.md, POSIX process)',
    ],
    [
      '{"process": {"capabilities": {"ambient": ["KILL"]}}}',
      'process.capabilities.ambient[0] must be one of those that the specification names (config.md, Linux Process)',
    ],
    [
      '{"process": {"user": {"uid": "a"}}}',
      'process.user.uid must be a whole number from 0 to 4294967295 (config.md, POSIX-platform User)',
    ],
    [
      '{"process": {"user": {"umask": 512}}}',
      'process.user.umask must be a whole number from 0 to 511 (config.md, POSIX-platform User)',
    ],
    [
      '{"process": {"oomScoreAdj": 1001}}',
      'process.oomScoreAdj must be a whole number from -1000 to 1000 (config.md, Linux Process)',
    ],
    [
      '{"hooks": {"poststop": [{"path": "x"}]}}',
      'hooks.poststop[0].path must be an absolute path (config.md, POSIX-platform Hooks)',
    ],
    [
      '{"hooks": {"poststop": [{"path": "/x", "timeout": 0}]}}',
      'hooks.poststop[0].timeout must be a whole number from 1 to 2147483647 (config.md, POSIX-platform Hooks)',
    ],
    ['{"annotations": {"": "x"}}', 'annotations[""] must not have an empty name (config.md, Annotations)'],
    ['{"annotations": {"a": 1}}', 'annotations.a must be a text without NUL (config.md, Annotations)'],
    [
      '{"linux": {"namespaces": [{"type": "mount"}, {"type": "uts"}, {"type": "net"}]}}',
      'linux.namespaces[2].type must be one of pid, network, mount, ipc, uts, user, cgroup, time (config-linux.md, Namespaces)',
    ],
    [
      '{"linux": {"namespaces": [{"type": "mount"}, {"type": "uts"}, {"type": "uts"}]}}',
      'linux.namespaces[2] must not repeat the type of entry 1 (config-linux.md, Namespaces)',
    ],
    [
      '{"linux": {"namespaces": [{"type": "uts"}]}}',
      "linux.namespaces must hold mount: mounts would be the host's own (config-linux.md, Namespaces)",
    ],
    [
      '{"linux": {"namespaces": [{"type": "mount"}]}}',
      'hostname needs a uts namespace of its own (config.md, Hostname)',
    ],
    [
      '{"linux": {"uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]}}',
      'linux.uidMappings needs a user namespace of its own (config-linux.md, User namespace mappings)',
    ],
    [
      '{"linux": {"devices": [{"type": "c", "path": "/dev/x"}]}}',
      'linux.devices[0] must have major and minor, unless it is a FIFO (config-linux.md, Devices)',
    ],
    [
      '{"linux": {"resources": {"devices": [{"access": "x", "allow": true}]}}}',
      'linux.resources.devices[0].access must be made of r, w and m (config-linux.md, Allowed Device list)',
    ],
    [
      '{"linux": {"resources": {"memory": {"limit": "1M"}}}}',
      'linux.resources.memory.limit must be a whole number from -9223372036854775808 to 9223372036854775807 (config-linux.md, Memory)',
    ],
    [
      '{"linux": {"resources": {"memory": {"swappiness": 101}}}}',
      'linux.resources.memory.swappiness must be a whole number from 0 to 100 (config-linux.md, Memory)',
    ],
    [
      '{"linux": {"resources": {"cpu": {"cpus": "a"}}}}',
      'linux.resources.cpu.cpus must be a list of numbers such as 0-3,7 (config-linux.md, CPU)',
    ],
    [
      '{"linux": {"resources": {"pids": {}}}}',
      'linux.resources.pids.limit is missing (config-linux.md, PIDs)',
    ],
    [
      '{"linux": {"resources": {"blockIO": {"weight": 70000}}}}',
      'linux.resources.blockIO.weight must be a whole number from 0 to 65535 (config-linux.md, Block IO)',
    ],
    [
      '{"linux": {"sysctl": {"a": 1}}}',
      'linux.sysctl.a must be a text without NUL (config-linux.md, Sysctl)',
    ],
    [
      '{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ALLOW"}]}}}',
      'linux.seccomp.syscalls[0].names must name a system call (config-linux.md, Seccomp)',
    ],
    [
      '{"linux": {"rootfsPropagation": "rslave"}}',
      'linux.rootfsPropagation must be one of private, slave, shared, unbindable (config-linux.md, Rootfs Mount Propagation)',
    ],
    [
      '{"linux": {"maskedPaths": ["a"]}}',
      'linux.maskedPaths[0] must be an absolute path (config-linux.md, Masked Paths)',
    ],
    [
      '{"linux": {"personality": {"domain": "BSD"}}}',
      'linux.personality.domain must be one of LINUX, LINUX32 (config-linux.md, Personality)',
    ],
    ['{"linux": null}', 'linux is missing (config.md)'],
  ])('%s', (patch, expected) => {
    expect(faultsAfter(patch)).toContain(expected)
  })

  test('a process whose ids are not mapped', () => {
    const { config } = bundleOf('uidMappings: auto\ngidMappings: auto', { privilege: ANN })
    const patched = mergePatch(parseJsonText(canonicalJson(config)), { process: { user: { gid: 70_000 } } })
    expect(configFaults(patched).map(faultText)).toEqual([
      'process.user.gid must be mapped by linux.gidMappings (config-linux.md, User namespace mappings)',
    ])
  })

  test('stretches of ids that overlap', () => {
    const ranges = '[{"containerID": 0, "hostID": 5, "size": 5}, {"containerID": 4, "hostID": 50, "size": 5}]'
    const patch = `{"linux": {"namespaces": [{"type": "mount"}, {"type": "user"}, {"type": "uts"}], "gidMappings": ${ranges}}}`
    expect(faultsAfter(patch)).toEqual([
      'linux.gidMappings[1] must not overlap entry 0 (config-linux.md, User namespace mappings)',
    ])
  })
})

test('all faults are told at once', () => {
  expect(faultsAfter('{"process": {"cwd": "a", "args": 1}, "mounts": 1}')).toHaveLength(3)
})

test('of a template nothing has to be there', () => {
  expect(templateFaults({})).toEqual([])
  expect(templateFaults({ process: { user: {} }, mounts: [{}] })).toEqual([])
  expect(templateFaults({ process: 1 } as JsonObject)).toHaveLength(1)
})

test('whatever the JSON, there is an answer and no exception', () => {
  const names = fc.constantFrom(
    'process',
    'linux',
    'mounts',
    'root',
    'namespaces',
    'uidMappings',
    'seccomp',
    'rlimits',
    'args',
    'path',
  )
  const { node } = fc.letrec<{ node: Json }>(tie => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>(null, 0, -1, 1.5, 2n ** 65n, '', '/x', true),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(names, tie('node'), { maxKeys: 5 }),
    ),
  }))
  fc.assert(
    fc.property(node, value => {
      const patched = mergePatch(GOOD, value)
      for (const fault of [...configFaults(value), ...configFaults(patched)]) {
        expect(faultText(fault)).toMatch(/ \(config(-linux)?\.md(, [A-Z].*)?\)$/)
      }
    }),
  )
})

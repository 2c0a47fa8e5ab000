import { expect, test } from 'vitest'
import { LIMIT_DEFAULTS } from '../../src/spec/limits.ts'
import { found, foundInBundle, good, goodBundle, parse } from './check-spec.ts'

const HEAD = 'apiVersion: ctrbuild/v1\nkind: Bundles\n'
const DIGEST = `sha256:${'a'.repeat(64)}`

test('a bundle that says nothing but its image', () => {
  expect(good(`${HEAD}bundles: { redis: { image: docker.io/library/redis:7 } }`)).toEqual({
    store: '.ctrbuild',
    out: 'out',
    keep: 3,
    limits: LIMIT_DEFAULTS,
    bundles: [
      {
        name: 'redis',
        images: [
          {
            reference: {
              transport: 'docker',
              text: 'docker.io/library/redis:7',
              name: 'docker.io/library/redis',
              tag: '7',
              digest: undefined,
            },
            platform: { os: 'linux', architecture: 'amd64', variant: undefined },
            insecure: false,
          },
        ],
        checkout: 'union',
        args: undefined,
        env: {},
        cwd: undefined,
        user: undefined,
        hostname: 'redis',
        terminal: false,
        mounts: [],
        namespaces: ['ipc', 'mount', 'pid', 'uts'],
        rootfs: 'readonly',
        runtimes: ['runc', 'crun', 'bwrap-oci', 'bwrap'],
      },
    ],
  })
})

test('a bundle that says everything', () => {
  const spec = good(`${HEAD}store: s
out: ../o
images:
  redis:
    image: docker.io/library/redis:7-alpine@${DIGEST}
    platform: linux/arm/v7
    insecure: true
bundles:
  redis:
    image: redis
    checkout: union-add
    args: [redis-server, --save, ""]
    env: { TZ: UTC, A: "1" }
    cwd: /data//x/./
    user: redis
    hostname: cache
    terminal: true
    mounts:
      - { type: volume, source: data, target: /data }
    namespaces: [uts, mount, pid, network]
    rootfs: copy
    runtimes: [bwrap-oci, runc]
`)
  expect([spec.store, spec.out]).toEqual(['s', '../o'])
  const [{ images, ...bundle }] = spec.bundles as [(typeof spec.bundles)[number]]
  expect(images).toEqual([
    {
      reference: {
        transport: 'docker',
        text: `docker.io/library/redis:7-alpine@${DIGEST}`,
        name: 'docker.io/library/redis',
        tag: '7-alpine',
        digest: DIGEST,
      },
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      insecure: true,
    },
  ])
  expect(bundle).toEqual({
    name: 'redis',
    demandsNamespaces: true,
    checkout: 'union-add',
    args: ['redis-server', '--save', ''],
    env: { A: '1', TZ: 'UTC' },
    cwd: '/data/x',
    user: 'redis',
    hostname: 'cache',
    terminal: true,
    mounts: [{ type: 'volume', source: 'data', target: '/data', readonly: false }],
    namespaces: ['mount', 'network', 'pid', 'uts'],
    rootfs: 'copy',
    runtimes: ['bwrap-oci', 'runc'],
    demandsRuntimes: true,
  })
  expect(Object.keys(bundle.env)).toEqual(['A', 'TZ'])
})

test('bundles are sorted by name, whatever the order and whatever looks like a number', () => {
  const spec = good(
    `${HEAD}bundles: { b: { image: i }, "10": { image: i }, a: { image: i }, "9": { image: i } }`,
  )
  expect(spec.bundles.map(bundle => bundle.name)).toEqual(['10', '9', 'a', 'b'])
})

test('defaults: env by variable, every other key as a whole', () => {
  const spec = good(`${HEAD}defaults:
  image: base
  env: { A: d, B: d }
  mounts: [data:/data]
  namespaces: [pid, mount]
  args: [sh]
bundles:
  own: { image: i, env: { B: o, C: o }, mounts: [], namespaces: [pid, mount, uts], args: [ls, /] }
  none: {}
`)
  const [none, own] = spec.bundles
  expect(own).toMatchObject({
    env: { A: 'd', B: 'o', C: 'o' },
    mounts: [],
    namespaces: ['mount', 'pid', 'uts'],
    args: ['ls', '/'],
  })
  expect(own?.images[0]?.reference.text).toBe('i')
  expect(none).toMatchObject({ env: { A: 'd', B: 'd' }, namespaces: ['mount', 'pid'], args: ['sh'] })
  expect(none?.mounts).toEqual([{ type: 'volume', source: 'data', target: '/data', readonly: false }])
  expect(none?.images[0]?.reference.text).toBe('base')
})

test('a name from images wins over a reference; a list stacks', () => {
  const spec = good(
    `${HEAD}images: { redis: { image: x.test/r:1 } }\nbundles: { a: { image: [redis, busybox, "oci:dir:t"] } }`,
  )
  expect(spec.bundles[0]?.images.map(image => image.reference.text)).toEqual([
    'x.test/r:1',
    'busybox',
    'oci:dir:t',
  ])
})

test('no bundles at all is a thing to say', () => {
  expect(good(`${HEAD}bundles: {}`).bundles).toEqual([])
})

test('positions are found for what is written, and for what is inherited', () => {
  const parsed = parse(
    `${HEAD}defaults:\n  mounts: [./a:/a]\n  env: { A: x }\nbundles:\n  b:\n    image: i\n    env: { B: y }\n`,
  )
  if (!parsed.ok) throw new Error('not ok')
  const place = (...path: (string | number)[]) => {
    const { line, col, endLine, endCol } = parsed.locate(path)
    return `${line}:${col}-${endLine}:${endCol}`
  }
  expect(place('bundles', 'b', 'image')).toBe('8:12-8:13')
  expect(place('bundles', 'b', 'mounts', 0, 'source')).toBe('4:12-4:18')
  expect(place('bundles', 'b', 'env', 'A')).toBe('5:13-5:14')
  expect(place('bundles', 'b', 'env', 'B')).toBe('9:15-9:16')
  expect(place('bundles', 'b', 'env', 'C')).toBe('9:5-9:8')
  expect(place('bundles', 'b')).toBe('7:3-7:4')
  expect(place('nothing', 'there')).toBe('1:1-1:1')
})

const HEADER_HINT =
  'The file begins with "apiVersion: ctrbuild/v1" and "kind: Bundles"; "bundles" holds the bundles'

test.each([
  [
    'nothing',
    '',
    ['apiVersion', 'kind', 'bundles'].map(key => `1:1 SPEC_INVALID ${key} is missing [${HEADER_HINT}]`),
  ],
  ['a list', '- a', ['1:1 SPEC_INVALID the file must be a mapping, found a list']],
  [
    'another version',
    'apiVersion: ctrbuild/v2\nkind: Bundles\nbundles: {}',
    ['1:13 SPEC_INVALID apiVersion must be "ctrbuild/v1", found "ctrbuild/v2" [Did you mean "ctrbuild/v1"?]'],
  ],
  ['no bundles', `${HEAD}bundles:`, ['3:1 SPEC_INVALID bundles must be a mapping, found nothing']],
  [
    'unknown keys',
    `${HEAD}bundle: {}\nx-y: 1\nbundles: {}`,
    [
      '3:1 SPEC_INVALID bundle is not a known key [Did you mean "bundles"?]',
      '4:1 SPEC_INVALID x-y is not a known key [Known keys: apiVersion, kind, store, out, keep, limits, defaults, images, bundles]',
    ],
  ],
  [
    'folders in each other',
    `${HEAD}store: ./a\nout: a/b/\nbundles: {}`,
    ['4:6 SPEC_INVALID out and store must not lie in each other [The defaults are .ctrbuild and out]'],
  ],
  [
    'an image with every mistake',
    `${HEAD}images:\n  i: { image: x/B, platform: linux, insecure: 1, tag: x }\nbundles: {}`,
    [
      '4:15 REFERENCE_INVALID images.i.image: image reference "x/B" cannot be understood [the name must be lower case, such as docker.io/library/redis:7]',
      '4:30 REFERENCE_INVALID images.i.platform: platform "linux" is not os/architecture[/variant] [For example linux/amd64 or linux/arm/v7]',
      '4:47 SPEC_INVALID images.i.insecure must be true or false, found the number 1',
      '4:50 SPEC_INVALID images.i.tag is not a known key [Known keys: image, platform, insecure]',
    ],
  ],
  [
    'a digest that is none',
    `${HEAD}images: { i: { image: "x@sha256:1" } }\nbundles: {}`,
    [
      '3:23 DIGEST_INVALID images.i.image: digest of "x@sha256:1" is not a sha256 digest: "sha256:1" [A digest is "sha256:" followed by 64 lower-case hexadecimal digits]',
    ],
  ],
  [
    'a word that resembles a name',
    `${HEAD}images: { nginx: { image: x.test/n:1 } }\nbundles: { b: { image: ngin } }`,
    [
      'warning 4:24 IMAGE_RESEMBLES bundles.b.image is not a name from images, so "ngin" is looked for in the default registry [Did you mean "nginx"?]',
    ],
  ],
  [
    'a name that is declared with a mistake is not reported twice',
    `${HEAD}images: { i: {} }\nbundles: { b: { image: i } }`,
    ['3:11 SPEC_INVALID images.i.image is missing [For example: docker.io/library/redis:7]'],
  ],
  [
    'names',
    `${HEAD}bundles: { A: { image: i }, -x: { image: i }, "": { image: i }, "a/b": { image: i } }`,
    ['bundles.A', 'bundles.-x', 'bundles[""]', 'bundles["a/b"]'].map(
      (name, i) =>
        `3:${[12, 29, 47, 65][i]} SPEC_INVALID ${name} has a name that cannot be used [Lower-case letters, digits, ".", "_" and "-", at most 63, beginning with a letter or digit]`,
    ),
  ],
  [
    'bundles that are none',
    `${HEAD}bundles:\n  a:\n  b: {}\n  c: redis`,
    [
      '4:3 SPEC_INVALID bundles.a must be a mapping, found nothing',
      '5:3 SPEC_INVALID bundles.b.image is missing [A name from images, or a reference such as docker.io/library/redis:7]',
      '6:6 SPEC_INVALID bundles.c must be a mapping, found "redis"',
    ],
  ],
  [
    'a mistake under defaults is reported once',
    `${HEAD}defaults: { cwd: x }\nbundles: { a: { image: i }, b: { image: i } }`,
    [
      '3:18 SPEC_INVALID defaults.cwd must be an absolute path, found "x" [It begins with "/" and has no ".." and no control characters]',
    ],
  ],
  [
    'mistakes of YAML do not hide those of values',
    `${HEAD}store: 1\nstore: 2\nbundles: {}`,
    [
      '3:8 SPEC_INVALID store must be text, found the number 1 [Put it in quotes: "1"]',
      '4:1 YAML_INVALID the key "store" is there twice [Keep one of them]',
    ],
  ],
] as const)('the whole file: %s', (_, text, expected) => {
  expect(found(text)).toEqual(expected)
})

const ARGS_HINT = 'For example: [redis-server, --save, ""]'
const PID_HINT =
  "bundles.b.namespaces leaves out pid: the container sees the host's processes, and what it starts may outlive it [Most runtimes want it for a plain user]"

test.each([
  ['mouts: []', ['SPEC_INVALID bundles.b.mouts is not a known key [Did you mean "mounts"?]']],
  ['volumes: []', ['SPEC_INVALID bundles.b.volumes is not a known key [Here it is called "mounts"]']],
  ['Hostname: x', ['SPEC_INVALID bundles.b.Hostname is not a known key [Did you mean "hostname"?]']],
  [
    'checkout: unoin',
    [
      'SPEC_INVALID bundles.b.checkout must be one of union, union-add, found "unoin" [Did you mean "union"?]',
    ],
  ],
  ['args: redis-server', [`SPEC_INVALID bundles.b.args must be a list, found "redis-server" [${ARGS_HINT}]`]],
  [
    'args: []',
    ["SPEC_INVALID bundles.b.args must not be empty [Leave it out to run the image's own program]"],
  ],
  ['args: [""]', ['SPEC_INVALID bundles.b.args must begin with the name of a program']],
  [
    'args: [x, 6379]',
    ['SPEC_INVALID bundles.b.args[1] must be text, found the number 6379 [Put it in quotes: "6379"]'],
  ],
  [
    'env: { A: 0777, B: ~, C: true, D: 1e3, E: , F: .inf }',
    [
      'SPEC_INVALID bundles.b.env.A must be text, found the number 0777 [Put it in quotes: "0777"]',
      'SPEC_INVALID bundles.b.env.B must be text, found nothing [Put it in quotes: "~"]',
      'SPEC_INVALID bundles.b.env.C must be text, found true [Put it in quotes: "true"]',
      'SPEC_INVALID bundles.b.env.D must be text, found the number 1e3 [Put it in quotes: "1e3"]',
      'SPEC_INVALID bundles.b.env.E must be text, found nothing [Write "" for an empty text]',
      'SPEC_INVALID bundles.b.env.F must be text, found the number .inf [Put it in quotes: ".inf"]',
    ],
  ],
  [
    'env: [A=b]',
    ['SPEC_INVALID bundles.b.env must be a mapping, found a list [Write each variable as NAME: value]'],
  ],
  [
    'env: { "": x, "a=b": y }',
    [
      'SPEC_INVALID bundles.b.env[""] has a name that must not be empty and not hold "="',
      'SPEC_INVALID bundles.b.env["a=b"] has a name that must not be empty and not hold "="',
    ],
  ],
  [
    'cwd: data',
    [
      'SPEC_INVALID bundles.b.cwd must be an absolute path, found "data" [It begins with "/" and has no ".." and no control characters]',
    ],
  ],
  [
    'cwd: /a/../b',
    [
      'SPEC_INVALID bundles.b.cwd must be an absolute path, found "/a/../b" [It begins with "/" and has no ".." and no control characters]',
    ],
  ],
  [
    'user: "a:b:c"',
    [
      'SPEC_INVALID bundles.b.user must be a user or a uid, perhaps with ":" and a group or gid, found "a:b:c"',
    ],
  ],
  [
    'user: "0:4294967295"',
    ['SPEC_INVALID bundles.b.user must be a user with ids of at most 4294967294, found "0:4294967295"'],
  ],
  ['user: -1', ['SPEC_INVALID bundles.b.user must be at least 0, found the number -1']],
  ['user: [a]', ['SPEC_INVALID bundles.b.user must be a whole number or text, found a list']],
  [
    'hostname: a_b\nnamespaces: [pid, mount]',
    [
      'SPEC_INVALID bundles.b.hostname needs the namespace uts [Add uts to namespaces, or leave hostname out]',
    ],
  ],
  [
    'hostname: -x',
    [
      'SPEC_INVALID bundles.b.hostname must be a host name of at most 64 letters, digits, ".", "_" and "-", found "-x"',
    ],
  ],
  ['terminal: yes', ['SPEC_INVALID bundles.b.terminal must be true or false, found "yes"']],
  [
    'namespaces: [pid, net]',
    [
      'SPEC_INVALID bundles.b.namespaces[1] must be one of pid, ipc, uts, mount, network, cgroup, user, found "net" [Here it is called "network"]',
    ],
  ],
  [
    'namespaces: [pid, pid, mount]',
    ['SPEC_INVALID bundles.b.namespaces[1] repeats "pid" [Keep one of them]'],
  ],
  [
    'namespaces: [pid]',
    [
      "SPEC_INVALID bundles.b.namespaces must hold mount [Without a mount namespace the container's mounts would be the host's own]",
    ],
  ],
  ['namespaces: [mount]', [`warning NAMESPACE_SHARED ${PID_HINT}`]],
  ['rootfs: rw', ['SPEC_INVALID bundles.b.rootfs must be one of readonly, copy, found "rw"']],
  ['runtimes: []', ['SPEC_INVALID bundles.b.runtimes must not be empty']],
  ['runtimes: [runc, runc]', ['SPEC_INVALID bundles.b.runtimes[1] repeats "runc" [Keep one of them]']],
  ['runtimes: runc', ['SPEC_INVALID bundles.b.runtimes must be a list, found "runc"']],
] as const)('in a bundle: %s', (keys, expected) => {
  expect(foundInBundle(keys)).toEqual(expected)
})

test('hostname under defaults, and a bundle without uts', () => {
  expect(
    found(`${HEAD}defaults: { hostname: h }\nbundles: { a: { image: i, namespaces: [pid, mount] } }`),
  ).toEqual([
    '4:27 SPEC_INVALID bundles.a.namespaces must hold uts, as hostname is set under defaults [Add uts to namespaces, or leave hostname out]',
  ])
})

test.each([
  ['1000', '1000'],
  ['"1000:0"', '1000:0'],
  ['redis', 'redis'],
  ['www-data:adm', 'www-data:adm'],
  ['4294967294', '4294967294'],
])('users: %s', (written, expected) => {
  expect(goodBundle(`user: ${written}`).user).toBe(expected)
})

test('limits are read one by one, and what is not written has its default', () => {
  const limited = (text: string) => `${HEAD}limits: ${text}\nbundles: { b: { image: a } }`
  expect(good(limited('{ ratio: 5000, layerSize: 64GiB }')).limits).toEqual({
    ...LIMIT_DEFAULTS,
    ratio: 5000,
    layerSize: 64 * 1024 ** 3,
  })
  expect(found(limited('{ ratoi: 1, depth: 2048, entries: 0, headerSize: 1MB }'))).toEqual([
    '3:11 SPEC_INVALID limits.ratoi is not a known key [Did you mean "ratio"?]',
    '3:28 SPEC_INVALID limits.depth must be at most 2047, found the number 2048',
    '3:43 SPEC_INVALID limits.entries must be at least 1, found the number 0',
    '3:58 SPEC_INVALID limits.headerSize must be a size such as 64MiB or 1G, found "1MB" [K, M, G and T count in 1024, as KiB, MiB, GiB and TiB do]',
  ])
})

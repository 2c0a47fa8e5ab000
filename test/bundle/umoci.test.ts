import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RuntimeConfig } from '../../src/bundle/types.ts'
import { hexOf } from '../../src/oci/digest.ts'
import { parseImageConfig } from '../../src/oci/image-config.ts'
import { temporaryFolder } from '../support/folder.ts'
import { newLayout } from '../support/image.ts'
import { needs } from '../support/programs.ts'
import { run } from './machine.ts'
import { sampleBundle, sampleSpec } from './sample.ts'

/** Account files of images; a root file system with each is made for umoci. */
const ROOTS = {
  usual: {
    passwd: `root:x:0:0:root:/root:/bin/sh
redis:x:999:998::/var/lib/redis:/bin/sh
0day:x:70:71::/home/0day:/bin/sh
twin:x:999:5::/home/twin:/bin/sh
homeless:x:77:77:::/bin/sh
`,
    group: 'root:x:0:root\nadm:x:4:redis,root\nredis:x:998:\nodd:x:9:redis\n',
  },
  crowded: {
    passwd: 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n',
    group: Array.from({ length: 300 }, (_, i) => `g${i}:x:${2000 - i}:ann,g${i}\n`).join(''),
  },
  odd: {
    passwd: '\n# none\nroot:x:0:0::/root:/bin/sh\n:x:5:5::/:/bin/sh\nbob:x:12:13::/home/bob\n',
    group: 'wheel:x:10\nbob:x:13:\nusers:x:100:bob,,x\n',
  },
  missing: { passwd: undefined, group: undefined },
} as const
type Root = keyof typeof ROOTS

const folder = await temporaryFolder()
const rootfs = (root: string) => join(folder, root)

beforeAll(() => {
  for (const [root, files] of Object.entries(ROOTS)) {
    mkdirSync(join(rootfs(root), 'etc'), { recursive: true })
    for (const [name, text] of Object.entries(files)) {
      if (text !== undefined) writeFileSync(join(rootfs(root), 'etc', name), text)
    }
  }
  // As in images whose /etc is made by systemd: the same files, behind links.
  mkdirSync(join(rootfs('linked'), 'usr/lib'), { recursive: true })
  mkdirSync(join(rootfs('linked'), 'etc'))
  for (const [name, text] of Object.entries(ROOTS.usual)) {
    writeFileSync(join(rootfs('linked'), 'usr/lib', name), text)
    symlinkSync(`../usr/lib/${name}`, join(rootfs('linked'), 'etc', name))
  }
})

const MANY = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`/vol/${i % 7}/${i}`, {}]))

describe.each<[Root | 'linked', Record<string, unknown>]>([
  ['usual', { Cmd: ['sh'] }],
  [
    'usual',
    { User: 'redis', Cmd: ['redis-server'], WorkingDir: '/data', Volumes: { '/data': {}, '/log dir': {} } },
  ],
  [
    'usual',
    {
      User: 'redis:adm',
      Entrypoint: ['/entry', '--'],
      Cmd: ['a b', ''],
      Env: ['PATH=/bin', 'A=1', 'A=2', 'B=x=y'],
    },
  ],
  [
    'usual',
    {
      User: '999',
      Entrypoint: ['/only'],
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      StopSignal: 'SIGQUIT',
    },
  ],
  [
    'usual',
    { User: '999:5', Cmd: ['x'], Labels: { maintainer: 'me', x: '' }, Env: ['EMPTY=', 'LINES=a\nb'] },
  ],
  ['usual', { User: '1234', Cmd: ['x'] }],
  ['usual', { User: '1234:4321', Cmd: ['x'] }],
  ['usual', { User: ':adm', Cmd: ['x'] }],
  ['usual', { User: '0day', Cmd: ['x'] }],
  ['usual', { User: 'twin', Cmd: ['x'] }],
  ['usual', { User: 'homeless', Cmd: ['x'], Env: ['HOME='] }],
  ['usual', { User: 'root', Cmd: ['x'] }],
  ['usual', { User: 'redis:4', Cmd: ['x'] }],
  ['usual', { Entrypoint: ['/e'], Cmd: null, Env: null, Labels: null, Volumes: null, ExposedPorts: null }],
  ['usual', { Entrypoint: [], Cmd: ['/bin/sh', '-c', 'echo "$A" é 😀'] }],
  ['usual', { Entrypoint: ['a'.repeat(5000)], Cmd: Array(200).fill('x') }],
  ['usual', { Cmd: ['x'], Env: ['a.b=1', 'A B=2', 'X==', 'PATH=', 'UNICODE=é', 'Z=1', 'Z='] }],
  ['usual', { Cmd: ['x'], Env: Array.from({ length: 200 }, (_, i) => `V${i % 150}=${i}`) }],
  ['usual', { Cmd: ['x'], WorkingDir: '/a/b/c' }],
  [
    'usual',
    { Cmd: ['x'], Labels: { 'org.example/a.b': 'label', a: 'b\nc', é: '😀' }, StopSignal: 'SIGTERM' },
  ],
  ['usual', { Cmd: ['x'], ExposedPorts: { '8080': {}, '80/tcp': {}, '443/tcp': {}, '53/udp': {} } }],
  ['usual', { Cmd: ['x'], Volumes: MANY }],
  ['linked', { User: 'redis', Cmd: ['x'] }],
  ['linked', { User: '999:adm', Cmd: ['x'] }],
  ['crowded', { User: 'ann', Cmd: ['x'] }],
  ['crowded', { User: 'ann:g7', Cmd: ['x'] }],
  ['crowded', { User: '1000', Cmd: ['x'] }],
  ['odd', { User: 'bob', Cmd: ['x'] }],
  ['odd', { User: 'bob:wheel', Cmd: ['x'] }],
  ['odd', { User: '12', Cmd: ['x'] }],
  ['missing', { User: '7:8', Cmd: ['x'] }],
  ['missing', { Cmd: ['x'] }],
])('with %s accounts, the image configuration %j', (root, config) => {
  test('becomes what umoci makes of it', async ctx => {
    needs(ctx, 'umoci')
    expect(ours(await build(config), root)).toEqual(theirs(root))
  })
})

describe('where umoci departs from the specification', () => {
  test("the image's environment is verbatim (conversion.md, note 1)", async ctx => {
    needs(ctx, 'umoci')
    const image = await build({ User: '0', Cmd: ['x'], Env: ['HOME=/elsewhere'] })
    expect(ours(image, 'usual')).toMatchObject({ env: expect.arrayContaining(['HOME=/elsewhere']) })
    expect(theirs('usual')).toMatchObject({ env: expect.arrayContaining(['HOME=/root']) })
  })

  test('labels count over implicit annotations (conversion.md, "Annotations")', async ctx => {
    needs(ctx, 'umoci')
    const name = 'org.opencontainers.image.stopSignal'
    const image = await build({ Cmd: ['x'], Labels: { [name]: 'SIGHUP' }, StopSignal: 'SIGTERM' })
    expect(ours(image, 'usual')).toMatchObject({ annotations: expect.arrayContaining([[name, 'SIGHUP']]) })
    expect(theirs('usual')).toMatchObject({ annotations: expect.arrayContaining([[name, 'SIGTERM']]) })
  })
})

describe.each<[string, Record<string, unknown>]>([
  ['os', { os: 'windows' }],
  ['working directory', { WorkingDir: 'C:\\app' }],
])('a %s of Windows', (_, { os, ...config }) => {
  test('is refused, as umoci would start something else', async ctx => {
    needs(ctx, 'umoci')
    const image = {
      ...(await build({ Cmd: ['x'], ...config })),
      ...(os === undefined ? {} : { os: String(os) }),
    }
    expect(() => ours(image, 'usual')).toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID' }))
  })
})

describe.each(['nobody', 'redis:nogroup', '-1', '99999999999'])('the user %s', user => {
  test('is refused by both', async ctx => {
    needs(ctx, 'umoci')
    const image = await build({ User: user, Cmd: ['x'] })
    expect(umoci('usual').stderr).toContain('cannot parse user spec')
    expect(() => ours(image, 'usual')).toThrow(expect.objectContaining({ code: 'USER_UNKNOWN' }))
  })
})

/** Makes an image of nothing but its configuration, and reads that as we do. */
async function build(config: Record<string, unknown>) {
  const layout = await newLayout(join(folder, 'layout'))
  const image = await layout.add({ layers: [], config, compression: 'none' }, 'it')
  return parseImageConfig(readFileSync(join(layout.folder, 'blobs/sha256', hexOf(image.config.digest))))
}

function umoci(root: Root | 'linked') {
  const image = `${join(folder, 'layout')}:it`
  const args = ['raw', 'runtime-config', '--image', image, '--rootfs', rootfs(root), join(folder, 'out.json')]
  return run('umoci', { privilege: { kind: 'root' }, args })
}

function theirs(root: Root | 'linked'): object {
  expect(umoci(root).stderr).toBe('')
  return derived(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')))
}

function ours(image: ReturnType<typeof parseImageConfig>, root: Root | 'linked'): object {
  const accounts = ROOTS[root === 'linked' ? 'usual' : root]
  return derived(sampleBundle({ spec: sampleSpec({ rootfs: 'copy' }), image, accounts }).config)
}

/** What both make from the image. umoci also sets TERM, empty annotations, and no HOME for who has none in the image. */
function derived({ process, annotations, mounts }: RuntimeConfig): object {
  return {
    args: process.args,
    cwd: process.cwd,
    env: process.env.filter(entry => entry !== 'TERM=xterm' && entry !== 'HOME=/').sort(),
    user: { ...process.user, additionalGids: (process.user.additionalGids ?? []).toSorted((a, b) => a - b) },
    annotations: Object.entries(annotations)
      .filter(([name, value]) => value !== '' && name !== 'org.opencontainers.image.created')
      .sort(),
    volumes: mounts
      .filter(mount => mount.type === 'tmpfs' && !mount.destination.startsWith('/dev'))
      .map(mount => mount.destination)
      .sort(),
  }
}

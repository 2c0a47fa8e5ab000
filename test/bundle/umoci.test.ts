import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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

const accounts = {
  passwd: `root:x:0:0:root:/root:/bin/sh
redis:x:999:998::/var/lib/redis:/bin/sh
0day:x:70:71::/home/0day:/bin/sh
`,
  group: 'root:x:0:root\nadm:x:4:redis,root\nredis:x:998:\nodd:x:9:redis\n',
}

const folder = await temporaryFolder()

beforeAll(() => {
  mkdirSync(join(folder, 'rootfs/etc'), { recursive: true })
  for (const [name, text] of Object.entries(accounts)) writeFileSync(join(folder, 'rootfs/etc', name), text)
})

describe.each<Record<string, unknown>>([
  { Cmd: ['sh'] },
  { User: 'redis', Cmd: ['redis-server'], WorkingDir: '/data', Volumes: { '/data': {}, '/log dir': {} } },
  {
    User: 'redis:adm',
    Entrypoint: ['/entry', '--'],
    Cmd: ['a b', ''],
    Env: ['PATH=/bin', 'A=1', 'A=2', 'B=x=y'],
  },
  { User: '999', Entrypoint: ['/only'], ExposedPorts: { '80/tcp': {}, '53/udp': {} }, StopSignal: 'SIGQUIT' },
  { User: '999:5', Cmd: ['x'], Labels: { maintainer: 'me', x: '' }, Env: ['EMPTY=', 'LINES=a\nb'] },
  { User: '1234', Cmd: ['x'] },
  { User: ':adm', Cmd: ['x'] },
  { User: '0day', Cmd: ['x'] },
])('the image configuration %j', config => {
  test('becomes what umoci makes of it', async ctx => {
    needs(ctx, 'umoci')
    expect(ours(await build(config))).toEqual(theirs())
  })
})

describe.each(['nobody', 'redis:nogroup', '-1', '99999999999'])('the user %s', user => {
  test('is refused by both', async ctx => {
    needs(ctx, 'umoci')
    const image = await build({ User: user, Cmd: ['x'] })
    expect(umoci().stderr).toContain('cannot parse user spec')
    expect(() => ours(image)).toThrow(expect.objectContaining({ code: 'USER_UNKNOWN' }))
  })
})

/** Makes an image of nothing but its configuration, and reads that as we do. */
async function build(config: Record<string, unknown>) {
  const layout = await newLayout(join(folder, 'layout'))
  const image = await layout.add({ layers: [], config, compression: 'none' }, 'it')
  return parseImageConfig(readFileSync(join(layout.folder, 'blobs/sha256', hexOf(image.config.digest))))
}

function umoci() {
  const image = `${join(folder, 'layout')}:it`
  const args = [
    'raw',
    'runtime-config',
    '--image',
    image,
    '--rootfs',
    join(folder, 'rootfs'),
    join(folder, 'out.json'),
  ]
  return run('umoci', { privilege: { kind: 'root' }, args })
}

function theirs(): object {
  expect(umoci().stderr).toBe('')
  return derived(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')))
}

function ours(image: ReturnType<typeof parseImageConfig>): object {
  return derived(sampleBundle({ spec: sampleSpec({ rootfs: 'copy' }), image, accounts }).config)
}

/** What both make from the image. umoci also sets TERM, empty annotations, and no HOME for who has none in the image. */
function derived({ process, annotations, mounts }: RuntimeConfig): object {
  return {
    args: process.args,
    cwd: process.cwd,
    env: process.env.filter(entry => entry !== 'TERM=xterm' && entry !== 'HOME=/').sort(),
    user: { ...process.user, additionalGids: process.user.additionalGids ?? [] },
    annotations: Object.entries(annotations)
      .filter(([name, value]) => value !== '' && name !== 'org.opencontainers.image.created')
      .sort(),
    volumes: mounts
      .filter(mount => mount.type === 'tmpfs' && !mount.destination.startsWith('/dev'))
      .map(mount => mount.destination)
      .sort(),
  }
}

/** Extended attributes: what is kept comes through bit for bit, what would speak to the host does not. */
import { beforeEach, describe, expect, test } from 'vitest'
import { keptXattrs } from '../../src/oci/xattr-policy.ts'
import type { Xattr } from '../../src/tree/node.ts'
import { needs } from '../support/programs.ts'
import { readRootfs } from '../support/rootfs.ts'
import type { TarInput } from '../support/tar-writer.ts'
import { lines, show } from '../support/tree.ts'
import { applyOne, fileAt as f } from './apply-one.ts'

const dir = (path: string, more: Partial<TarInput> = {}): TarInput => ({ path, type: 'dir', ...more })
const hex = (digits: string) => Buffer.from(digits, 'hex')
/** cap_setuid, whose byte 0x80 is no UTF-8, in revision 2, and in 3 for two user namespaces. */
const CAPABILITY = hex('0100000280000000000000000000000000000000')
const OF_USER_1000 = hex('0100000380000000000000000000000000000000e8030000')
const OF_ROOT = hex('010000038000000000000000000000000000000000000000')

const isRoot = process.getuid!() === 0
const HARMLESS: readonly Xattr[] = [
  ['security.capability', CAPABILITY],
  ['user.binary', hex('00ff0a80')],
]
const HARMFUL: readonly Xattr[] = [
  ['security.ima', Buffer.from('x')],
  ['security.selinux', Buffer.from('system_u:object_r:shadow_t:s0')],
  ['system.posix_acl_access', hex('0200000001000700ffffffff')],
  ['trusted.overlay.opaque', Buffer.from('y')],
  ['trusted.x', Buffer.from('x')],
  ['user.', Buffer.from('x')],
  ['user.\xff', Buffer.from('x')],
  ['user.empty', Buffer.alloc(0)],
  ['user.ostreemeta', hex('0000000000000000000081ed')],
  ['user.overlay.redirect', Buffer.from('/etc')],
  [`user.${'n'.repeat(251)}`, Buffer.from('x')],
]

describe('the policy keeps', () => {
  test.for<[string, readonly Xattr[], readonly Xattr[]]>([
    ['harmless ones', HARMLESS, HARMLESS],
    ['harmful ones', HARMFUL, []],
    ['the longest name', [[`user.${'n'.repeat(250)}`, hex('00')]], [[`user.${'n'.repeat(250)}`, hex('00')]]],
    [
      "another user namespace's",
      [['security.capability', OF_USER_1000]],
      [['security.capability', OF_USER_1000]],
    ],
    ["the first user namespace's", [['security.capability', OF_ROOT]], [['security.capability', CAPABILITY]]],
    ...[
      '',
      '010000',
      '00000002',
      `${CAPABILITY.toString('hex')}00`,
      `01000003${CAPABILITY.toString('hex').slice(8)}`,
      `01000002${OF_ROOT.toString('hex').slice(8)}`,
      '010000010000000000000000',
      `01000004${OF_ROOT.toString('hex').slice(8)}`,
      `11000002${CAPABILITY.toString('hex').slice(8)}`,
    ].map(
      digits =>
        [`not capabilities: ${digits}`, [['security.capability', hex(digits)]], []] as [
          string,
          Xattr[],
          Xattr[],
        ],
    ),
  ])('%s', ([, given, kept]) => {
    expect(keptXattrs(given)).toEqual(kept)
  })
})

describe('extended attributes', () => {
  beforeEach(ctx => needs(ctx, 'skopeo', 'ostree'))

  test('reach the rootfs bit for bit, or not at all', async ctx => {
    if (!isRoot) ctx.skip('only root keeps them on files')
    const xattrs = [...HARMFUL, ...HARMLESS]
    const { status, rootfs, warnings } = await applyOne([
      dir('d', {
        xattrs: [
          ['user.dir', hex('ff')],
          ['trusted.x', hex('00')],
        ],
      }),
      f('file', { xattrs }),
      f('other', { xattrs: [['security.capability', OF_USER_1000]] }),
      f('root', { xattrs: [['security.capability', OF_ROOT]] }),
      f('short', { xattrs: [['security.capability', hex('00')]] }),
      { path: 'link', type: 'symlink', target: 'file', xattrs: [['user.link', hex('00')]] },
      // A file without content is never a link of the store's: its attributes go another way.
      { path: 'void', type: 'file', xattrs: HARMLESS },
    ])
    expect(status).toBe(0)
    const both = `+security.capability=${CAPABILITY.toString('hex')} +user.binary=00ff0a80`
    expect(lines(show(readRootfs(rootfs)))).toEqual([
      'd /d 755 +user.dir=ff',
      'd /dev 755',
      `f /file 644 ${both} file`,
      'l /link file',
      `f /other 644 +security.capability=${OF_USER_1000.toString('hex')} other`,
      'd /proc 755',
      `f /root 644 +security.capability=${CAPABILITY.toString('hex')} root`,
      'f /short 644 short',
      'd /sys 755',
      'd /tmp 1777',
      `f /void 644 ${both}`,
    ])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^XATTR_DROPPED .*: security\.capability, security\.ima, .* and \d+ more$/)
  })

  test('too many for the file system are an error that says so', async ctx => {
    const { status, stderr, project } = await applyOne([
      f('f', { xattrs: [['user.a', Buffer.alloc(60_000, 'x')]] }),
    ])
    if (status === 0) ctx.skip('the file system here takes 60 kB of attributes')
    expect(status).toBe(65)
    expect(stderr).toMatch(/LAYER_LIMIT.*600\d\d bytes of extended attributes.*ext4 takes about 4 kB/)
    expect((await project.tool('ls', 'out')).stdout).toBe('')
  })
})

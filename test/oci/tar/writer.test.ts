/** Archives that are written say what was meant, to our own reader and to GNU tar. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memberHeader, memberPadding, TAR_END, type TarMember } from '../../../src/oci/tar/writer.ts'
import { compareBytes, type Meta } from '../../../src/tree/node.ts'
import { needs } from '../../support/programs.ts'
import { readRootfs } from '../../support/rootfs.ts'
import { show } from '../../support/tree.ts'
import { readAll } from './reading.ts'

type Written = TarMember & { readonly content: Buffer }

const bytes = (from: number, to: number, size: object): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: from, max: to }), size).map(codes => Buffer.from(codes).toString('latin1'))
const component = bytes(1, 255, { minLength: 1, maxLength: 120 }).map(text => `x${text.replaceAll('/', '_')}`)
const path = fc.array(component, { minLength: 1, maxLength: 5 }).map(parts => parts.join('/'))
const id = fc.oneof(fc.nat(0o7777777), fc.integer({ min: 0, max: 0xffff_fffe }))
const content = fc.uint8Array({ maxLength: 3000 }).map(array => Buffer.from(array))
const xattrs = fc
  .uniqueArray(
    fc.tuple(
      bytes(1, 255, { minLength: 1, maxLength: 20 }).map(name => `user.${name.replaceAll('=', '_')}`),
      fc.uint8Array({ minLength: 1, maxLength: 200 }).map(array => Buffer.from(array)),
    ),
    { selector: ([name]) => name, maxLength: 3 },
  )
  .map(list => list.sort(([a], [b]) => compareBytes(a, b)))
const meta: fc.Arbitrary<Meta> = fc.record({ uid: id, gid: id, mode: fc.nat(0o7777), xattrs })
const member: fc.Arbitrary<Written> = fc.oneof(
  fc
    .record({ type: fc.constant('file' as const), path, meta, content })
    .map(file => ({ ...file, size: file.content.length })),
  fc.record({ type: fc.constant('dir' as const), path, meta, content: fc.constant(Buffer.alloc(0)) }),
  fc.record({
    type: fc.constantFrom('symlink' as const, 'hardlink' as const),
    path,
    meta,
    target: path,
    content: fc.constant(Buffer.alloc(0)),
  }),
)

test('our reader reads back what was written', () => {
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), members => {
      expect(readAll(archive(members))).toEqual(members.map(expected))
    }),
    { numRuns: 150 },
  )
})

test('sizes beyond what ustar can say are written as pax records', () => {
  const size = 0o77777777777 + 1
  const header = memberHeader({ type: 'file', path: 'big', meta: PLAIN, size })
  expect(header.toString('latin1')).toContain(`19 size=${size}\n`)
  expect(header.length).toBe(3 * 512)
})

test('GNU tar and bsdtar unpack the same from it', async ctx => {
  needs(ctx, 'tar', 'bsdtar')
  if (process.getuid!() !== 0) ctx.skip('only root can give files away')
  const long = 'deep/'.repeat(30)
  const members: Written[] = [
    ...Array.from({ length: 30 }, (_, i) => dir('deep/'.repeat(i + 1))),
    file(`${long}${'n'.repeat(120)}`, 'long', { mode: 0o4755, uid: 3, gid: 4_000_000 }),
    file('\xff\xfe', 'not UTF-8'),
    file(
      'ü'
        .split('')
        .map(c => Buffer.from(c, 'utf8').toString('latin1'))
        .join(''),
      'UTF-8',
      {
        xattrs: [['user.note', Buffer.from([0, 1, 10, 255])]],
      },
    ),
    { type: 'hardlink', path: 'again', meta: PLAIN, target: '\xff\xfe', content: Buffer.alloc(0) },
    {
      type: 'symlink',
      path: 'link',
      meta: { ...PLAIN, mode: 0o777 },
      target: '../../etc/passwd',
      content: Buffer.alloc(0),
    },
  ]
  const trees: string[] = []
  for (const [program, ...flags] of [
    ['tar', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-p'],
    ['bsdtar', '--numeric-owner', '-p'],
  ]) {
    const folder = mkdtempSync(join(tmpdir(), 'ctrbuild-test-'))
    try {
      const { stderr } = await execa(program!, ['-x', '-f', '-', '-C', folder, ...flags], {
        input: archive(members),
      })
      // Names that are not UTF-8 have to be marked for others.
      expect(stderr.replaceAll("tar: Ignoring unknown extended header keyword 'hdrcharset'", '').trim()).toBe(
        '',
      )
      trees.push(show(readRootfs(folder)))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  expect(trees[0]).toContain(`f /${long}${'n'.repeat(120)} 4755 @3:4000000 long`)
  expect(trees[0]).toContain('+user.note=00010aff UTF-8')
  expect(trees[0]).toMatch(/^f \/again 644 not UTF-8$/m)
  expect(trees[0]).toMatch(/^h \/\\xff\\xfe \/again$/m)
  expect(trees[1]).toBe(trees[0])
})

const PLAIN: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }

function file(path: string, text: string, more: Partial<Meta> = {}): Written {
  const content = Buffer.from(text)
  return { type: 'file', path, meta: { ...PLAIN, ...more }, size: content.length, content }
}

function dir(path: string): Written {
  return { type: 'dir', path, meta: { ...PLAIN, mode: 0o755 }, content: Buffer.alloc(0) }
}

function archive(members: readonly Written[]): Buffer {
  const parts = members.flatMap(({ content, ...header }) => [
    memberHeader(header),
    content,
    memberPadding(content.length),
  ])
  return Buffer.concat([...parts, TAR_END])
}

function expected({ path, type, meta, content, ...rest }: Written): object {
  return {
    path: type === 'dir' ? `${path}/` : path,
    type,
    ...meta,
    size: content.length,
    linkTarget: 'target' in rest ? rest.target : '',
    content,
  }
}

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareBytes, type Xattr } from '../../../src/tree/node.ts'
import { type TarInput, writeTar } from '../../support/tar-writer.ts'
import { readAll } from './reading.ts'

const bytes = (from: number, to: number, size: object): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: from, max: to }), size).map(codes => Buffer.from(codes).toString('latin1'))
const component = bytes(1, 255, { minLength: 1, maxLength: 120 }).map(text => text.replaceAll('/', '_'))
const path = fc.array(component, { minLength: 1, maxLength: 5 }).map(parts => parts.join('/'))
const id = fc.oneof(fc.nat(0o7777777), fc.integer({ min: 0, max: 0xffff_fffe }))
const xattrs = fc.uniqueArray(
  fc.tuple(
    bytes(1, 255, { minLength: 1, maxLength: 20 }).map(name => `user.${name.replaceAll('=', '_')}`),
    buffer(200),
  ),
  { selector: ([name]) => name, maxLength: 3 },
)
const meta = fc.record({ path, mode: fc.nat(0o7777), uid: id, gid: id, xattrs, mtime: fc.integer() })
const entry: fc.Arbitrary<TarInput> = fc.oneof(
  fc.record({ type: fc.constant('file' as const), meta, content: buffer(3000) }).map(flat),
  fc.record({ type: fc.constantFrom('symlink' as const, 'hardlink' as const), meta, target: path }).map(flat),
  fc
    .record({
      type: fc.constantFrom('dir' as const, 'char' as const, 'block' as const, 'fifo' as const),
      meta,
    })
    .map(flat),
)
const sizes = fc.oneof(
  fc.constant([1]),
  fc.constant([1 << 20]),
  fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 9 }),
)

it('reads back what was written, in chunks of any size', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), sizes, (inputs, chunks) => {
      expect(readAll(writeTar(inputs), chunks)).toEqual(inputs.map(expected))
    }),
    { numRuns: 150 },
  )
})

function expected({ path, type, mode, uid, gid, content, target, xattrs = [] }: TarInput): object {
  return {
    path,
    type,
    mode,
    uid,
    gid,
    size: content?.length ?? 0,
    linkTarget: target ?? '',
    xattrs: [...xattrs].sort(([a]: Xattr, [b]: Xattr) => compareBytes(a, b)),
    content: content ?? Buffer.alloc(0),
  }
}

function flat<T extends { meta: object }>({ meta, ...rest }: T): T['meta'] & Omit<T, 'meta'> {
  return { ...meta, ...rest }
}

function buffer(maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map(array => Buffer.from(array))
}

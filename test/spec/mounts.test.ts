import { expect, test } from 'vitest'
import { foundInBundle, goodBundle } from './check-spec.ts'

function mount(written: string): unknown {
  return goodBundle(`mounts:\n  - ${written}`).mounts[0]
}

test.each([
  [
    '{ type: volume, source: data, target: /data }',
    { type: 'volume', source: 'data', target: '/data', readonly: false },
  ],
  ['data:/data', { type: 'volume', source: 'data', target: '/data', readonly: false }],
  ['d.a_t-a:/data:ro', { type: 'volume', source: 'd.a_t-a', target: '/data', readonly: true }],
  ['./a b:/x/', { type: 'bind', source: './a b', target: '/x', readonly: false, create: false }],
  ['../a:/x:rw', { type: 'bind', source: '../a', target: '/x', readonly: false, create: false }],
  ['/a:/x//y/./z', { type: 'bind', source: '/a', target: '/x/y/z', readonly: false, create: false }],
  [
    '{ type: bind, source: "/a:b", target: /x, readonly: true, create: true }',
    { type: 'bind', source: '/a:b', target: '/x', readonly: true, create: true },
  ],
  [
    '{ type: tmpfs, target: /tmp }',
    { type: 'tmpfs', target: '/tmp', size: undefined, mode: 0o1777, readonly: false },
  ],
  [
    '{ type: tmpfs, target: /tmp, size: 64MiB, mode: "0755", readonly: true }',
    { type: 'tmpfs', target: '/tmp', size: 64 * 1024 * 1024, mode: 0o755, readonly: true },
  ],
])('%s', (written, expected) => {
  expect(mount(written)).toEqual(expected)
})

test.each([
  ['1', 1],
  ['4096', 4096],
  ['"4096"', 4096],
  ['1B', 1],
  ['1k', 1024],
  ['1K', 1024],
  ['1Ki', 1024],
  ['1KiB', 1024],
  ['3M', 3 * 1024 ** 2],
  ['1G', 1024 ** 3],
  ['2TiB', 2 * 1024 ** 4],
])('size %s', (written, bytes) => {
  expect(mount(`{ type: tmpfs, target: /t, size: ${written} }`)).toMatchObject({ size: bytes })
})

const SIZE = 'must be a size such as 64MiB or 1G'
const ABSOLUTE = '[It begins with "/" and has no ".." and no control characters]'
const LONG = '[For paths with ":" and for tmpfs, write a mapping with "type" and "target"]'
const SOURCE = 'must be SOURCE:TARGET with a path or the name of a volume as SOURCE'
const SOURCE_HINT =
  '[A path begins with "/", "./" or "../"; a volume is a word of lower-case letters, digits, ".", "_" and "-"]'

test.each([
  [
    '{ type: vol, source: a, target: /a }',
    '.type must be one of volume, bind, tmpfs, proc, sysfs, mqueue, devpts, cgroup, found "vol" [Here it is called "volume"]',
  ],
  [
    '{ type: tmps, target: /a }',
    '.type must be one of volume, bind, tmpfs, proc, sysfs, mqueue, devpts, cgroup, found "tmps" [Did you mean "tmpfs"?]',
  ],
  [
    '{ source: a, target: /a }',
    '.type is missing [It must be one of volume, bind, tmpfs, proc, sysfs, mqueue, devpts, cgroup]',
  ],
  ['{ type: volume, target: /a }', '.source is missing [It must be text]'],
  [
    '{ type: volume, source: ./a, target: /a }',
    '.source must be a volume name, found "./a" [Lower-case letters, digits, ".", "_" and "-"; use "type: bind" for a path]',
  ],
  [
    '{ type: bind, source: a, target: /a }',
    '.source must be a path that begins with "/", "./" or "../", found "a" [Use "type: volume" for a named volume]',
  ],
  ['{ type: bind, source: /a, target: a }', `.target must be an absolute path, found "a" ${ABSOLUTE}`],
  [
    '{ type: bind, source: /a, target: /a/.. }',
    `.target must be an absolute path, found "/a/.." ${ABSOLUTE}`,
  ],
  [
    '{ type: bind, source: /a, target: "/a\\n" }',
    `.target must be an absolute path, found "/a\\n" ${ABSOLUTE}`,
  ],
  [
    '{ type: bind, source: /a, target: /./ }',
    '.target must be below "/", found "/./" [To change "/", use "rootfs"]',
  ],
  ['{ type: bind, source: /a, target: /a, readonly: ro }', '.readonly must be true or false, found "ro"'],
  [
    '{ type: bind, source: /a, target: /a, size: 1 }',
    '.size is not a known key [Known keys: type, source, target, readonly, create, options, propagation]',
  ],
  [
    '{ type: tmpfs, target: /a, size: 64MB }',
    `.size ${SIZE}, found "64MB" [K, M, G and T count in 1024, as KiB, MiB, GiB and TiB do]`,
  ],
  ['{ type: tmpfs, target: /a, size: 0 }', '.size must be at least 1, found the number 0'],
  ['{ type: tmpfs, target: /a, size: 1.5 }', '.size must be a whole number or text, found the number 1.5'],
  ['{ type: tmpfs, target: /a, size: 9999T }', '.size must be a size below 8 PiB, found "9999T"'],
  [
    '{ type: tmpfs, target: /a, mode: 1777 }',
    '.mode must be text, found the number 1777 [Put it in quotes: "1777"]',
  ],
  [
    '{ type: tmpfs, target: /a, mode: "999" }',
    '.mode must be permission bits in octal, such as "1777", found "999"',
  ],
  ['a', ` must be SOURCE:TARGET or SOURCE:TARGET:ro, found "a" ${LONG}`],
  ['a:/b:ro:z', ` must be SOURCE:TARGET or SOURCE:TARGET:ro, found "a:/b:ro:z" ${LONG}`],
  ['a:/b:z', ' must be SOURCE:TARGET with no other option than ro or rw, found "a:/b:z"'],
  ['a:b', ' must be SOURCE:TARGET with an absolute TARGET below "/" and without "..", found "a:b"'],
  ['a:/', ' must be SOURCE:TARGET with an absolute TARGET below "/" and without "..", found "a:/"'],
  ['A:/b', ` ${SOURCE}, found "A:/b" ${SOURCE_HINT}`],
  ['~/a:/b', ` ${SOURCE}, found "~/a:/b" ${SOURCE_HINT}`],
  [':/b', ` ${SOURCE}, found ":/b" ${SOURCE_HINT}`],
  ['5', ' must be a mapping or text, found the number 5'],
])('refused: %s', (written, expected) => {
  expect(foundInBundle(`mounts:\n  - ${written}`)).toEqual([`SPEC_INVALID bundles.b.mounts[0]${expected}`])
})

test('each mount is looked at, and targets only once they are known', () => {
  expect(foundInBundle('mounts:\n  - a:/x\n  - 5\n  - b:/x/\n  - c:y\n  - d:/x//.')).toEqual([
    'SPEC_INVALID bundles.b.mounts[1] must be a mapping or text, found the number 5',
    'SPEC_INVALID bundles.b.mounts[2] has the target of mounts[0], "/x"',
    'SPEC_INVALID bundles.b.mounts[3] must be SOURCE:TARGET with an absolute TARGET below "/" and without "..", found "c:y"',
    'SPEC_INVALID bundles.b.mounts[4] has the target of mounts[2], "/x"',
  ])
})

test('a mount over an earlier one is a warning', () => {
  expect(foundInBundle('mounts: [a:/x/y, b:/x, c:/x/y/z, d:/xy]')).toEqual([
    'warning MOUNT_HIDDEN bundles.b.mounts[1] lies over mounts[0], which is mounted before it [Write the mount with the shorter target first]',
  ])
})

test('the list is a list', () => {
  expect(foundInBundle('mounts: { a: /b }')).toEqual([
    'SPEC_INVALID bundles.b.mounts must be a list, found a mapping [Begin each mount with "- "]',
  ])
})

/** Where paths lead inside a root. */
import { expect, test } from 'vitest'
import { resolvePath } from '../../src/tree/resolve.ts'
import { layer } from '../support/tree.ts'

const ROOT = layer(`
  d /etc 755
  f /etc/passwd 644 root
  l /etc/group ../../../../etc/passwd
  l /link etc
  l /absolute /etc
  l /up ..
  l /chain link
  l /dangling no/where
  l /outside /../../../../../../etc/passwd
  l /throughfile etc/passwd/../group
  l /loop loop
  l /a b
  l /b a
  l /slash link/`)

const LINKS = layer(['f /l42', ...Array.from({ length: 42 }, (_, at) => `l /l${at} l${at + 1}`)].join('\n'))

test.each([
  ['/', 'found /'],
  ['', 'found /'],
  ['/etc', 'found /etc'],
  ['etc//./passwd', 'found /etc/passwd'],
  ['/etc/passwd', 'found /etc/passwd'],
  ['/etc/../etc/passwd', 'found /etc/passwd'],
  ['/../../etc', 'found /etc'],
  ['/etc/group', 'found /etc/passwd'],
  ['/link/passwd', 'found /etc/passwd'],
  ['/absolute/passwd', 'found /etc/passwd'],
  ['/up/up/etc', 'found /etc'],
  ['/chain/passwd', 'found /etc/passwd'],
  ['/slash/passwd', 'found /etc/passwd'],
  ['/outside', 'found /etc/passwd'],
  ['/throughfile', 'found /etc/passwd'],
  ['/dangling', 'missing /no/where'],
  ['/dangling/x', 'missing /no/where/x'],
  ['/etc/shadow', 'missing /etc/shadow'],
  ['/nowhere/../etc', 'found /etc'],
  ['/etc/passwd/x', 'blocked /etc/passwd'],
  ['/outside/x/y', 'blocked /etc/passwd'],
  ['/loop', 'loop'],
  ['/a/x', 'loop'],
])('%j leads to %s', (path, expected) => {
  const resolved = resolvePath(ROOT, path, { followLast: true })
  expect(resolved.kind === 'loop' ? 'loop' : `${resolved.kind} ${resolved.path}`).toBe(expected)
})

test.each([
  ['/link', '/link', 'symlink'],
  ['/link/', '/link', 'symlink'],
  ['/loop', '/loop', 'symlink'],
  ['/link/group', '/etc/group', 'symlink'],
  ['/etc/passwd', '/etc/passwd', 'file'],
])('%j itself is at %s, a %s', (path, real, kind) => {
  expect(resolvePath(ROOT, path, { followLast: false })).toMatchObject({
    kind: 'found',
    path: real,
    node: { kind },
  })
})

test('forty symlinks are followed, as in Linux, and no more', () => {
  expect(resolvePath(LINKS, '/l2', { followLast: true })).toMatchObject({ kind: 'found', path: '/l42' })
  expect(resolvePath(LINKS, '/l1', { followLast: true })).toEqual({ kind: 'loop' })
})

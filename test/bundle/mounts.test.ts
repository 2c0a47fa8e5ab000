import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeMounts } from '../../src/bundle/mounts.ts'
import type { MountSpec } from '../../src/spec/types.ts'
import { outline } from './sample.ts'

function bind(source: string, target: string, readonly = false): MountSpec {
  return { type: 'bind', source, target, readonly, create: false }
}

function volume(source: string, target: string): MountSpec {
  return { type: 'volume', source, target, readonly: false }
}

test('each kind of mount becomes an entry with type, source and destination', () => {
  const specs: MountSpec[] = [
    volume('data', '/data'),
    bind('./redis.conf', '/etc/redis.conf', true),
    bind('/srv/www', '/www'),
    { type: 'tmpfs', target: '/tmp', size: 64 * 1024 * 1024, mode: 0o1777, readonly: false },
    { type: 'tmpfs', target: '/run', size: undefined, mode: 0o755, readonly: true },
  ]
  expect(outline(makeMounts(specs))).toMatchInlineSnapshot(`
    "
      mounts:
        - {"destination":"/data","type":"bind","source":"mounts/data","options":["rbind","nosuid","nodev","rw"]}
        - {"destination":"/etc/redis.conf","type":"bind","source":"mounts/redis.conf","options":["rbind","nosuid","nodev","ro"]}
        - {"destination":"/www","type":"bind","source":"/srv/www","options":["rbind","nosuid","nodev","rw"]}
        - {"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["nosuid","nodev","mode=1777","size=67108864"]}
        - {"destination":"/run","type":"tmpfs","source":"tmpfs","options":["nosuid","nodev","mode=755","ro"]}
      links:
        - {"path":"mounts/data","to":{"kind":"volume","name":"data"}}
        - {"path":"mounts/redis.conf","to":{"kind":"bind","source":"./redis.conf","create":false}}"
  `)
})

test('a volume that is mounted twice has one link', () => {
  const { mounts, links } = makeMounts([volume('data', '/a'), volume('data', '/b')])
  expect(mounts.map(mount => mount.source)).toEqual(['mounts/data', 'mounts/data'])
  expect(links).toHaveLength(1)
})

test('a name that several sources would have is given to none of them', () => {
  const { links } = makeMounts([volume('data', '/a'), bind('./data', '/b'), bind('../data', '/c')])
  const names = links.map(link => link.path)
  expect(new Set(names).size).toBe(3)
  for (const name of names) expect(name).toMatch(/^mounts\/data-[0-9a-f]{12}$/)
})

test.each([
  ['./a b/ü.conf', 'mounts/conf'],
  ['./.env', 'mounts/env'],
  ['../..', 'mounts/folder'],
  ['./-x', 'mounts/x'],
  [`./${'n'.repeat(300)}`, `mounts/${'n'.repeat(64)}`],
])('the source %j gets a plain name', (source, name) => {
  const { mounts } = makeMounts([bind(source, '/x')])
  expect(mounts[0]!.source).toBe(name)
})

test('names do not depend on the order of mounts, and differ where sources do', () => {
  const sources = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'B', '.', '-', ' ', '/', 'é'), minLength: 1 }),
  )
  fc.assert(
    fc.property(sources, names => {
      const specs = names.map((name, i) => bind(`./${name}`, `/t${i}`))
      const { links } = makeMounts(specs)
      expect(makeMounts(specs.toReversed()).links).toEqual(links)
      expect(new Set(links.map(link => link.path)).size).toBe(names.length)
      for (const { path } of links) expect(path).toMatch(/^mounts\/[A-Za-z0-9_][A-Za-z0-9._-]*$/)
    }),
  )
})

test.each([
  [[volume('a', '/x'), volume('b', '/x')], 'two mounts have the target "/x"'],
  [[volume('a', '/')], 'a mount cannot replace the root file system'],
])('impossible mounts are refused', (specs, message) => {
  expect(() => makeMounts(specs)).toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID', message }))
})

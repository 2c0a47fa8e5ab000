import { expect, test } from 'vitest'
import { bindSources, missingSources } from '../../src/spec/sources.ts'
import { oneLine, parse } from './check-spec.ts'

const TEXT = `apiVersion: ctrbuild/v1
kind: Bundles
defaults:
  mounts: [./shared:/s]
bundles:
  a: { image: i }
  b: { image: i }
  c:
    image: i
    mounts:
      - { type: bind, source: /there, target: /1 }
      - { type: bind, source: ../gone, target: /2 }
      - { type: bind, source: ./made, target: /3, create: true }
      - data:/4
`
const HINT = 'Make it, correct the path, or write "create: true" in the long form for an empty directory'

test('sources that must exist, and those that do not', () => {
  const parsed = parse(TEXT)
  if (!parsed.ok) throw new Error('not ok')
  const sources = bindSources(parsed.spec)
  expect(sources).toEqual([
    { source: './shared', path: ['bundles', 'a', 'mounts', 0, 'source'] },
    { source: './shared', path: ['bundles', 'b', 'mounts', 0, 'source'] },
    { source: '/there', path: ['bundles', 'c', 'mounts', 0, 'source'] },
    { source: '../gone', path: ['bundles', 'c', 'mounts', 1, 'source'] },
  ])
  const exists = (source: string) => source === '/there'
  expect(
    missingSources(sources, { exists, file: 'bundles.yaml', locate: parsed.locate }).map(oneLine),
  ).toEqual([
    `4:12 BIND_MISSING bundles.a.mounts[0] binds "./shared", which is not there [${HINT}]`,
    `12:31 BIND_MISSING bundles.c.mounts[1] binds "../gone", which is not there [${HINT}]`,
  ])
})

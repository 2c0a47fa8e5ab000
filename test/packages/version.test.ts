/** Versions are ordered as the programs order them that wrote the databases. */
import { execaSync } from 'execa'
import { describe, expect, test } from 'vitest'
import { compareDpkgVersions, compareRpmVersions } from '../../src/packages/version.ts'
import { needs } from '../support/programs.ts'
import { randomOf } from '../support/random.ts'

/** Versions that a packager could have written, near enough to each other that all rules come into play. */
function randomVersions(seed: number, pieces: readonly string[], epochs: boolean): string[] {
  const random = randomOf(seed)
  const word = () => Array.from({ length: random.between(1, 4) }, () => random.pick(pieces)).join('')
  return Array.from({ length: 40 }, () => {
    const epoch = epochs && random.chance(0.3) ? `${random.between(0, 2)}:` : ''
    const release = random.chance(0.6) ? `-${word()}` : ''
    return `${epoch}${random.between(0, 2)}${word()}${release}`
  })
}

function pairs(versions: readonly string[]): (readonly [string, string])[] {
  return versions.flatMap(a => versions.map(b => [a, b] as const))
}

function chunked<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}

const KNOWN = [
  '1.0',
  '1.0-1',
  '1:0.9',
  '0:1.0-1',
  '1.0~rc1-1',
  '1.0~~',
  '1.0~',
  '1.0+deb12u1',
  '1.0+deb12u10',
  '01.0',
  '1.0a',
  '1.0.0',
  '1.00000000000000000000000000000000000001',
  '1.9999999999999999999999',
  '1.10',
  '1.9',
]

describe('dpkg', () => {
  test('orders as dpkg --compare-versions', ctx => {
    needs(ctx, 'dpkg', 'sh')
    const random = [1, 2, 3].flatMap(seed =>
      randomVersions(seed, ['.', '~', '+', '0', '1', '10', '09', 'a', 'b', 'rc', 'Z'], true),
    )
    const asked = [...pairs(KNOWN), ...pairs(random).filter((_, i) => i % 20 === 0)]
    // One shell for all: it is given the versions as arguments.
    const script = `while [ $# -gt 0 ]; do
      if dpkg --compare-versions "$1" lt "$2" 2>/dev/null; then echo -1
      elif dpkg --compare-versions "$1" gt "$2" 2>/dev/null; then echo 1
      else echo 0; fi; shift 2; done`
    const { stdout } = execaSync('sh', ['-c', script, 'sh', ...asked.flat()])
    const ours = asked.map(([a, b]) => `${a} ${b} ${Math.sign(compareDpkgVersions(a, b))}`)
    expect(ours).toEqual(stdout.split('\n').map((sign, i) => `${asked[i]!.join(' ')} ${sign}`))
    expect(new Set(stdout.split('\n'))).toEqual(new Set(['-1', '0', '1']))
  })
})

describe('rpm', () => {
  test('orders as rpm.vercmp', ctx => {
    needs(ctx, 'rpm')
    const random = [4, 5, 6].flatMap(seed =>
      randomVersions(seed, ['.', '~', '^', '_', '0', '1', '10', '09', 'a', 'b', 'rc', 'Z'], false),
    )
    const asked = [...pairs(KNOWN.filter(text => !text.includes(':'))), ...pairs(random)].filter(
      ([a, b]) => !`${a}${b}`.includes('-'),
    )
    // A macro may come to so many bytes and no more.
    const signs = chunked(asked, 200).flatMap(part => {
      const list = part.map(([a, b]) => `{"${a}","${b}"}`).join(',')
      const lua = `for _, p in ipairs({${list}}) do print(rpm.vercmp(p[1], p[2])) end`
      return execaSync('rpm', ['--eval', `%{lua:${lua}}`]).stdout.match(/-1|0|1/g) ?? []
    })
    const ours = asked.map(([a, b]) => `${a} ${b} ${Math.sign(compareRpmVersions(a, b))}`)
    expect(ours).toEqual(signs.map((sign, i) => `${asked[i]!.join(' ')} ${sign}`))
    expect(new Set(signs)).toEqual(new Set(['-1', '0', '1']))
  })

  test('looks at the epoch first and at the release last', () => {
    expect(compareRpmVersions('1:1.0-1', '2.0-1')).toBeGreaterThan(0)
    expect(compareRpmVersions('2.0-1.el9', '2.0-1.el9_2')).toBeLessThan(0)
    expect(compareRpmVersions('2.0-1', '2.0-1')).toBe(0)
  })
})

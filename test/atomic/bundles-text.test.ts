/** What is written for atomic's containers is a bundles.yaml, whatever they are called and whatever values they have. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bundleNames, bundlesText, referenceOf } from '../../src/atomic/bundles-text.ts'
import { parseInfo } from '../../src/atomic/info.ts'
import type { AtomicContainer, AtomicHost } from '../../src/atomic/types.ts'
import { parseSpec } from '../../src/spec/parse.ts'

const info = (more: object = {}) => parseInfo(JSON.stringify({ image: 'docker.io/library/etcd:3', ...more }))

function container(name: string, more: object = {}, facts: object = {}): AtomicContainer {
  const deployment = {
    number: 0,
    isCurrent: true,
    info: info(more),
    damage: undefined,
    hasExports: true,
    defaults: {},
  } as const
  return { name, isPreinstalled: false, deployments: [{ ...deployment, ...facts }] }
}

function host(...containers: AtomicContainer[]): AtomicHost {
  return { scope: 'system', checkouts: [], repo: undefined, images: [], layers: 0, containers }
}

function bundlesOf(text: string) {
  const parsed = parseSpec(text, {
    file: 'bundles.yaml',
    platform: { os: 'linux', architecture: 'amd64', variant: undefined },
    read: () => ({ ok: false, reason: 'missing' }) as never,
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.spec.bundles
}

test('keys and comments', () => {
  const values = {
    ETCD_NAME: 'node1',
    ETCD_PORT: '2379',
    CONF_DIRECTORY: '/etc',
    STATE_DIRECTORY: '/srv/state',
    DESTDIR: '/var/lib/containers/atomic/etcd.0',
    EXEC_START: '/bin/runc run etcd',
    UUID: 'c0ffee',
  }
  const one = container(
    'etcd',
    { values, revision: 'abc', runtime: '/bin/runc', 'installed-files': ['/usr/bin/x'] },
    { defaults: { ETCD_PORT: '2379' } },
  )
  expect(
    bundlesText(host(one)),
  ).toBe(`# Made by "ctrbuild import-atomic". Read it before it is applied: values of variables may be secrets.
# ctrbuild installs over nothing that is there: uninstall with atomic first.
apiVersion: ctrbuild/v1
kind: Bundles
bundles:
  # It ran abc: "ctrbuild lock" asks what the tag means now.
  # It put on the host: /usr/bin/x.
  etcd:
    image: docker.io/library/etcd:3
    system: true
    scope: system
    runtimes: [runc]
    set:
      ETCD_NAME: "node1"
      STATE_DIRECTORY: "/srv/state"
      UUID: "c0ffee"
`)
})

test('is a bundles.yaml with the values that were there', () => {
  const key = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,9}$/).map(text => `X_${text}`)
  const odd = fc.string({
    unit: fc.constantFrom(...'a:#"\'{}\n\t\\é 0\x07\x85\u2028\u202e\ufeff', '𝄞', '- '),
    maxLength: 20,
  })
  fc.assert(
    fc.property(odd, fc.dictionary(key, odd), odd, (name, values, revision) => {
      const one = container(`n${name}`, { values, revision, rpm: revision, remote: revision })
      const [bundle, ...rest] = bundlesOf(bundlesText(host(one)))
      expect(rest).toEqual([])
      expect(bundle!.set ?? {}).toEqual({ ...values })
    }),
    { numRuns: 300 },
  )
})

test('names that bundles cannot have are changed, and none is taken twice', () => {
  const containers = ['Etcd', 'etcd', 'ETCD', '-x', 'é'].map(name => container(name))
  expect([...bundleNames(containers).values()].sort()).toEqual(['container', 'etcd', 'etcd-2', 'etcd-3', 'x'])
  expect(bundlesOf(bundlesText(host(...containers)))).toHaveLength(5)
})

test('what cannot become a bundle is a comment', () => {
  const damaged = container('a', {}, { info: undefined, damage: 'it is not JSON' })
  const odd = container('b', { image: 'Not An Image\nx: y' })
  const text = bundlesText(host(damaged, odd))
  expect(bundlesOf(text)).toEqual([])
  expect(text).toContain('  # a is left out: it is not JSON\n')
  expect(text).toContain('  # b is left out: its image is called Not An Image\\x0ax: y\n')
})

test.each([
  ['docker:etcd', 'etcd'],
  ['ostree:etcd:3', 'etcd:3'],
  ['docker.io/library/etcd', 'docker.io/library/etcd'],
  ['oci:/tmp/x', undefined],
  ['$(reboot)', undefined],
])('the image %s is %s', (image, expected) => {
  expect(referenceOf(image)).toBe(expected)
})

test.each([
  ['[]', 'it is not as atomic writes it'],
  ['{"image": 3}', 'image is not as atomic writes it'],
  ['{"image": "a", "values": {"A B": "c"}}', 'values.A B is not as atomic writes it'],
  ['{"image": "a", "values": {"A": ["c"]}}', 'values.A is not as atomic writes it'],
  ['{"image": "a", "installed-files": ["../etc/passwd"]}', 'installed-files.0 is not as atomic writes it'],
  ['{"image": "a"', 'it is not JSON'],
])('an info file %s is refused', (text, message) => {
  expect(() => parseInfo(text)).toThrow(message)
})

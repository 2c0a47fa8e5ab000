/** The keys that make a service of a bundle. */
import { describe, expect, test } from 'vitest'
import { foundInBundle, goodBundle } from './check-spec.ts'

test('a service says what it needs, and spans of time are texts', () => {
  const { system, scope, set, service, tmpfiles, hostFiles } = goodBundle(`system: true
scope: user
set: { ETCD_NAME: node1 }
service: { before: [docker.service], restart: no, restartSec: 5, timeoutStop: 1min 30s }
tmpfiles: ["d /var/lib/etcd :0700 - - -", 'L+ %t/x - - - - a b']
hostFiles: false`)
  expect({ system, scope, set, service, tmpfiles, hostFiles }).toEqual({
    system: true,
    scope: 'user',
    set: { ETCD_NAME: 'node1' },
    service: { before: ['docker.service'], restart: 'no', restartSec: '5', timeoutStop: '1min 30s' },
    tmpfiles: ['d /var/lib/etcd :0700 - - -', 'L+ %t/x - - - - a b'],
    hostFiles: false,
  })
})

test('whether namespaces were written is known', () => {
  expect(goodBundle('namespaces: [mount, pid]').demandsNamespaces).toBe(true)
  expect(goodBundle('args: [x]').demandsNamespaces).toBeUndefined()
})

describe('mistakes are told with their place', () => {
  test.each([
    ['set: { 1X: a }', 'bundles.b.set.1X has a name that must have letters'],
    [
      'set: { EXEC_START: a }',
      'bundles.b.set.EXEC_START has a name that must not be a variable that follows from the bundle',
    ],
    ['set: { PORT: 5 }', 'bundles.b.set.PORT must be'],
    ['service: { before: [docker] }', 'bundles.b.service.before[0] must be the name of a unit'],
    ['service: { restart: sometimes }', 'bundles.b.service.restart must be'],
    ['service: { restartSec: soon }', 'bundles.b.service.restartSec must be a span of time'],
    ['service: { description: "a\\nb" }', 'bundles.b.service.description must be one line'],
    ['service: { descripton: a }', 'bundles.b.service.descripton'],
    ['tmpfiles: [/var/lib/x]', 'bundles.b.tmpfiles[0] must be a line of tmpfiles.d(5)'],
    ['tmpfiles: ["d /a\\nd /b"]', 'bundles.b.tmpfiles[0] must be a line of tmpfiles.d(5)'],
    ['scope: root', 'bundles.b.scope must be'],
    ['system: false\nset: { A: b }', 'bundles.b.set means nothing with system: false'],
    ['system: false\nhostFiles: true', 'bundles.b.hostFiles means nothing with system: false'],
    ['system: true\nterminal: true', 'bundles.b.terminal cannot be true for a service'],
    ['service: { type: oneshot, restart: always }', 'bundles.b.service cannot be oneshot'],
    ['scope: user\nservice: { wantedBy: [multi-user.target] }', "bundles.b.service is a user's"],
  ])('%s', (keys, message) => {
    expect(foundInBundle(keys).join('\n')).toContain(message)
  })
})

import { expect, test } from 'vitest'
import { parseReference } from '../../src/oci/reference.ts'
import { skopeoFailure } from '../../src/source/skopeo-errors.ts'

const registry = parseReference('reg.example/app:1')

function log(message: string): string {
  return `time="2024-01-01T00:00:00Z" level=fatal msg=${JSON.stringify(message)}\n`
}

/** What skopeo writes, what that is, and whether it may pass. */
test.each([
  ['reading manifest 1 in reg.example/app: manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND', false],
  [
    'reading manifest 1 in reg.example/app: name unknown: repository name not known to registry',
    'IMAGE_NOT_FOUND',
    false,
  ],
  ['open nope/index.json: no such file or directory', 'IMAGE_NOT_FOUND', false],
  ['no descriptor found for reference "x"', 'IMAGE_NOT_FOUND', false],
  [
    'reference "[overlay@/x]docker.io/a" does not resolve to an image ID: identifier is not an image',
    'IMAGE_NOT_FOUND',
    false,
  ],
  ['unauthorized: authentication required', 'REGISTRY_DENIED', false],
  ['reading manifest 1: denied: requested access to the resource is denied', 'REGISTRY_DENIED', false],
  ['dial tcp 127.0.0.1:1: connect: connection refused', 'SOURCE_UNAVAILABLE', true],
  ['dial tcp: lookup reg.example on 127.0.0.1:53: no such host', 'SOURCE_UNAVAILABLE', true],
  ['dial tcp 192.0.2.1:443: i/o timeout', 'SOURCE_UNAVAILABLE', true],
  ['net/http: TLS handshake timeout', 'SOURCE_UNAVAILABLE', true],
  ['context deadline exceeded', 'SOURCE_UNAVAILABLE', true],
  ['received unexpected HTTP status: 503 Service Unavailable', 'SOURCE_UNAVAILABLE', true],
  [
    'reading blob sha256:00: fetching blob: received unexpected HTTP status: 502 Bad Gateway',
    'SOURCE_UNAVAILABLE',
    true,
  ],
  ['toomanyrequests: You have reached your pull rate limit', 'SOURCE_UNAVAILABLE', true],
  ['writing blob: unexpected EOF', 'SOURCE_UNAVAILABLE', true],
  ['Get "https://h/v2/": http: server gave HTTP response to HTTPS client', 'SOURCE_UNAVAILABLE', false],
  ['Get "https://h/v2/": x509: certificate signed by unknown authority', 'SOURCE_UNAVAILABLE', false],
  ['Digest did not match, expected sha256:0, got sha256:1', 'DIGEST_MISMATCH', false],
  ['Manifest does not match provided manifest digest sha256:0', 'DIGEST_MISMATCH', false],
  ['writing blob: write blobs/x: no space left on device', 'DISK', false],
  ['open images/index.json: permission denied', 'PERMISSION', false],
  [
    'Error loading trust policy: open /etc/containers/policy.json: no such file or directory',
    'PROGRAM_FAILED',
    false,
  ],
  ['something nobody thought of', 'PROGRAM_FAILED', false],
])('%s is %s', (message, code, isTemporary) => {
  expect(skopeoFailure(registry, log(message))).toMatchObject({ error: { code }, isTemporary })
})

test('what passes in a network does not in a file', () => {
  const failure = skopeoFailure(parseReference('oci-archive:a.tar'), log('unexpected EOF'))
  expect(failure).toMatchObject({ error: { code: 'IMAGE_INVALID' }, isTemporary: false })
})

test('the message names the image and says what skopeo said last, without its frame', () => {
  const stderr = `time="x" level=warning msg="careful"\n${log('Error parsing image name "docker://reg.example/app:1": manifest unknown')}`
  const { error } = skopeoFailure(registry, stderr)
  expect(error.message).toBe('image reg.example/app:1: there is no such image: manifest unknown')
})

test('control characters are shown, and secrets are not', () => {
  const stderr = log('Get "https://user:pass@cdn.example/blob?token=SECRET": connection refused \x1b[2J')
  const { message } = skopeoFailure(registry, stderr).error
  expect(message).toContain('Get "https://cdn.example/blob?..."')
  expect(message).not.toMatch(/SECRET|pass|\x1b/)
})

test('nothing said is no crash', () => {
  expect(skopeoFailure(registry, '').error.code).toBe('PROGRAM_FAILED')
})

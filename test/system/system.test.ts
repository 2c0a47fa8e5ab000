/** What a generation holds of a service: unit, lines for tmpfiles.d, files of the host, and the list of them. */
import { describe, expect, test } from 'vitest'
import type { BundleSources } from '../../src/bundle/bundle.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import type { Exports, HostEntry } from '../../src/system/exports.ts'
import { FACTS, fileOf, IMAGE_ID, sampleBundle, sampleImage, sampleSpec } from '../bundle/sample.ts'

const NONE: Exports = {
  manifest: undefined,
  config: undefined,
  configTemplate: undefined,
  service: undefined,
  tmpfiles: undefined,
  hostFiles: [],
}
const at = (name: string, text: string) => ({ path: `/exports/${name}`, text })
const file = (path: string, content = 'x'): HostEntry => ({
  kind: 'file',
  path,
  mode: 0o755,
  content: Buffer.from(content),
})
const bundleOf = (
  exports: Partial<Exports>,
  keys: Partial<BundleSpec> = {},
  more: Partial<BundleSources> = {},
) =>
  sampleBundle({
    spec: sampleSpec({ system: true, ...keys }),
    service: { exports: { ...NONE, ...exports }, imageId: IMAGE_ID, facts: FACTS },
    ...more,
  })
const paths = (bundle: ReturnType<typeof bundleOf>) =>
  bundle.files.map(({ path }) => path).filter(path => /system/.test(path))
const placesOf = (bundle: ReturnType<typeof bundleOf>) =>
  JSON.parse(fileOf(bundle, 'system/install.json')).items.map(({ place }: { place: string }) => place)
const refused = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

describe('what makes a service', () => {
  const labelled = sampleImage({ labels: { 'atomic.type': 'system' } })
  test.each<[string, Partial<BundleSpec>, typeof labelled, string[]]>([
    ['nothing', {}, sampleImage(), []],
    ['the label', {}, labelled, ['system/install.json', 'system/tiny.service']],
    ['the label, but not wanted', { system: false }, labelled, []],
    ['system: true', { system: true }, sampleImage(), ['system/install.json', 'system/tiny.service']],
    ['service:', { service: {} }, sampleImage(), ['system/install.json', 'system/tiny.service']],
    [
      'tmpfiles:',
      { tmpfiles: ['d /x'] },
      sampleImage(),
      ['system/install.json', 'system/tmpfiles-tiny.conf'],
    ],
  ])('%s', (_, keys, image, expected) => {
    expect(paths(sampleBundle({ spec: sampleSpec(keys), image })).sort()).toEqual(expected)
  })
})

test('an image that the label makes one is told of', () => {
  const image = sampleImage({ labels: { 'atomic.type': 'system' } })
  const codes = (keys: Partial<BundleSpec>) =>
    sampleBundle({
      spec: sampleSpec(keys),
      image,
      service: { exports: { ...NONE, config: at('config.json', '{}') }, imageId: IMAGE_ID, facts: FACTS },
    }).warnings.map(({ code }) => code)
  expect(codes({})).toContain('SYSTEM_BY_LABEL')
  expect(codes({ system: true })).not.toContain('SYSTEM_BY_LABEL')
})

test('noContainerService leaves out the service, and nothing else', () => {
  const manifest = at('manifest.json', '{"noContainerService": true}')
  expect(placesOf(bundleOf({ manifest, hostFiles: [file('/usr/bin/x')] }))).toEqual(['/usr/bin/x'])
  expect(placesOf(bundleOf({ manifest }, { service: {} }))).toEqual(['unit'])
})

describe('manifest.json', () => {
  test.each([
    ['{', /^\/exports\/manifest\.json:1:2: from here on it is no JSON$/],
    ['[]', /manifest\.json is no JSON object/],
    ['{"version": "2.0"}', /has version "2\.0"/],
    ['{"defaultValues": []}', /defaultValues must be a mapping of texts/],
    ['{"renameFiles": {"/a": 1}}', /renameFiles must be a mapping of paths/],
    ['{"installedFilesTemplate": "/a"}', /installedFilesTemplate must be a list of paths/],
    ['{"noContainerService": "yes"}', /noContainerService must be true or false/],
    ['{"useLinks": 1}', /useLinks must be true or false/],
  ])('%s', (text, message) => {
    expect(() => bundleOf({ manifest: at('manifest.json', text) })).toThrowError(
      refused('EXPORTS_INVALID', message),
    )
  })
  test('may be empty, and its values may be numbers', () => {
    expect(paths(bundleOf({ manifest: at('manifest.json', '{}') }))).toContain('system/tiny.service')
    const made = bundleOf({
      manifest: at('manifest.json', '{"defaultValues": {"PORT": 5}, "unknown": {}}'),
      service: at('service.template', '[Service]\nExecStart=$EXEC_START\n# $PORT'),
    })
    expect(fileOf(made, 'system/tiny.service')).toContain('# 5')
  })
})

describe('values stand over one another', () => {
  const manifest = at(
    'manifest.json',
    '{"defaultValues": {"CONF_DIRECTORY": "/usr/etc", "NAME": "no", "X": "image"}}',
  )
  const service = at(
    'service.template',
    '[Unit]\nDescription=$CONF_DIRECTORY $NAME $X $STATE_DIRECTORY $HOST_UID',
  )
  const said = (keys: Partial<BundleSpec> = {}) =>
    fileOf(bundleOf({ manifest, service }, keys), 'system/tiny.service').split('\n')[1]
  test('those of the image over the usual ones', () =>
    expect(said()).toBe('Description=/usr/etc tiny image /var/lib 0'))
  test('those of bundles.yaml over both', () =>
    expect(said({ set: { X: 'own', STATE_DIRECTORY: '/s' } })).toBe('Description=/usr/etc tiny own /s 0'))
  test("a user's places are systemd's words for them", () =>
    expect(said({ scope: 'user' })).toBe('Description=/usr/etc tiny image %h/.data %U'))
  test('a line break in a value makes no lines', () => {
    expect(() => said({ set: { X: 'a\nExecStart=/evil' } })).toThrowError(
      refused('TEMPLATE_INVALID', /value of X has a line break/),
    )
  })
})

describe('how a container is started', () => {
  const text = (...lines: string[]) =>
    fileOf(
      bundleOf({ service: at('service.template', ['[Service]', ...lines].join('\n')) }),
      'system/tiny.service',
    )
  test('in the foreground', () => {
    expect(
      text('ExecStart=$EXEC_START', 'ExecStop=$EXEC_STOP', 'ExecStartPre=$EXEC_STARTPRE'),
    ).toMatchInlineSnapshot(`
      "[Service]
      ExecStart=\${DESTDIR}/run
      ExecStop=\${DESTDIR}/stop
      ExecStartPre=\${DESTDIR}/stop

      # By ctrbuild, and from bundles.yaml:

      [Service]
      SuccessExitStatus=143
      "
    `)
  })
  test('in the background, for a unit that knows it by its process id', () => {
    expect(
      text('Type=forking', 'PIDFile=$PIDFILE', 'ExecStart=$EXEC_START', 'ExecStopPost=$EXEC_STOPPOST'),
    ).toMatchInlineSnapshot(`
      "[Service]
      Type=forking
      PIDFile=/run/container-tiny.pid
      ExecStart=\${DESTDIR}/run --detach --pid-file /run/container-tiny.pid
      ExecStopPost=\${DESTDIR}/stop

      # By ctrbuild, and from bundles.yaml:

      [Service]
      ExecStartPre=-\${DESTDIR}/stop
      ExecStop=\${DESTDIR}/stop
      SuccessExitStatus=143
      "
    `)
  })
})

describe('tmpfiles.d', () => {
  const mounts = (...sources: string[]) =>
    at(
      'config.json.template',
      JSON.stringify({
        mounts: sources.map((source, i) => ({
          destination: `/x${i}`,
          type: 'bind',
          source,
          options: ['bind'],
        })),
      }),
    )
  const linesOf = (exports: Partial<Exports>, keys: Partial<BundleSpec> = {}) =>
    fileOf(bundleOf(exports, keys), 'system/tmpfiles-tiny.conf').trimEnd().split('\n')
  test("the image's template, then what bundles.yaml says", () => {
    const tmpfiles = at('tmpfiles.template', 'd $STATE_DIRECTORY/$NAME 0700 $HOST_UID $HOST_GID - -\n')
    expect(linesOf({ tmpfiles }, { tmpfiles: ['d /y'] })).toEqual(['d /var/lib/tiny 0700 0 0 - -', 'd /y'])
  })
  test('without one, a line for each folder of its own that is mounted', () => {
    const configTemplate = mounts(
      '$STATE_DIRECTORY/a b',
      '$RUN_DIRECTORY/x',
      '/etc/hosts',
      '$DESTDIR/y',
      '/var/lib/../z',
    )
    expect(linesOf({ configTemplate })).toEqual([
      'd /run/x :0700 :0 :0 - -',
      'd /var/lib/a" "b :0700 :0 :0 - -',
    ])
  })
  test('for a user too', () => {
    expect(linesOf({ configTemplate: mounts('$RUN_DIRECTORY/x') }, { scope: 'user' })).toEqual([
      'd %t/x :0700 - - - -',
    ])
  })
})

describe('files of the host', () => {
  test('are renamed, with whole folders, the longest name first', () => {
    const manifest = at(
      'manifest.json',
      '{"renameFiles": {"/etc/a": "/etc/$NAME/", "/etc/a/b/c": "$CONF_DIRECTORY/c2"}}',
    )
    const made = bundleOf({ manifest, hostFiles: [file('/etc/a/b/c'), file('/etc/a/d'), file('/etc/ab')] })
    expect(placesOf(made).slice(1)).toEqual(['/etc/ab', '/etc/c2', '/etc/tiny/d'])
  })
  test('are rendered where the manifest says so', () => {
    const manifest = at('manifest.json', '{"installedFilesTemplate": ["/etc/t"]}')
    const made = bundleOf({ manifest, hostFiles: [file('/etc/t', '$NAME $$'), file('/etc/u', '$NAME $')] })
    expect(fileOf(made, 'system/hostfs/etc/t')).toBe('tiny $')
    expect(fileOf(made, 'system/hostfs/etc/u')).toBe('$NAME $')
  })
  test('are left out on request, and for a user', () => {
    const hostFiles = [file('/usr/bin/x')]
    expect(placesOf(bundleOf({ hostFiles }, { hostFiles: false }))).toEqual(['unit'])
    const user = bundleOf({ hostFiles }, { scope: 'user' })
    expect(placesOf(user)).toEqual(['unit'])
    expect(user.warnings.map(({ code }) => code)).toContain('HOST_FILES_LEFT')
    expect(() => bundleOf({ hostFiles }, { scope: 'user', hostFiles: true })).toThrowError(
      refused('BUNDLE_INVALID', /files of the host are root's/),
    )
  })
  test.each([
    ['"/etc/../../x"', /no file of the host can be called/],
    ['"relative"', /no file of the host can be called/],
    ['"$DESTDIR/x"', /cannot be named after the bundle's folder/],
    ['"/proc/sys/kernel/core_pattern"', /nothing of an image goes to \/proc/],
    ['"/var/lib/ctrbuild/x"', /nothing of an image goes to \/var\/lib\/ctrbuild/],
    ['"/etc/b"', /two files of the image would become \/etc\/b/],
    ['"/etc/b/c"', /\/etc\/b of the host would be a file and a folder/],
    ['"/$NOPE"', /the variable NOPE has no value/],
  ])('one cannot become %s', (to, message) => {
    const manifest = at('manifest.json', `{"renameFiles": {"/etc/a": ${to}}}`)
    expect(() => bundleOf({ manifest, hostFiles: [file('/etc/a'), file('/etc/b')] })).toThrowError(
      expect.objectContaining({ message: expect.stringMatching(message) }),
    )
  })
})

test('a service of the machine is for root to apply', () => {
  const make = () => bundleOf({}, { scope: 'system' }, { privilege: { kind: 'rootless', uid: 1, gid: 1 } })
  expect(make).toThrowError(refused('BUNDLE_INVALID', /you are not root/))
})

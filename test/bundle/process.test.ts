import { expect, test } from 'vitest'
import type { ImageConfig, ImageRunConfig } from '../../src/oci/image.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import { sampleBundle, sampleImage, sampleSpec } from './sample.ts'

function configOf(
  keys: Partial<BundleSpec>,
  run: Partial<ImageRunConfig> = {},
  fields: Partial<ImageConfig> = {},
) {
  return sampleBundle({ spec: sampleSpec(keys), image: sampleImage(run, fields) }).config
}

test.each([
  [{}, { entrypoint: ['/e'], cmd: ['c'] }, ['/e', 'c']],
  [{}, { entrypoint: ['/e'], cmd: [] }, ['/e']],
  [{}, { cmd: ['c', ''] }, ['c', '']],
  [{ args: ['x'] }, { entrypoint: ['/e'], cmd: ['c'] }, ['x']],
])('args: %j over %j', (keys, run, args) => {
  expect(configOf(keys, run).process.args).toEqual(args)
})

test.each([
  [{}, {}, ['HOME=/root', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']],
  [
    { env: { B: '2', A: '3' } },
    { env: ['A=1', 'C=a=b', 'A=2', 'PATH=/p', 'HOME=/h'] },
    ['A=3', 'B=2', 'C=a=b', 'HOME=/h', 'PATH=/p'],
  ],
  [
    { terminal: true, user: '1:1' },
    { env: ['PATH=', 'N=a\nb'] },
    ['HOME=/', 'N=a\nb', 'PATH=', 'TERM=xterm'],
  ],
])('env: %j over %j', (keys, run, env) => {
  expect(configOf(keys, run).process.env).toEqual(env)
})

test.each([
  ['', '/'],
  ['/data/', '/data'],
  ['app', '/app'],
  ['/a/../../b//c/.', '/b/c'],
])('the working directory %j is %s', (workingDir, cwd) => {
  expect(configOf({}, { workingDir }).process.cwd).toBe(cwd)
})

test('what an image may not ask for is left out with a warning', () => {
  const image = sampleImage({
    env: ['NOVALUE', '=x', 'OK=1'],
    volumes: ['/', '/proc/x', '/dev', 'C:\\data', '/ok/'],
    labels: { 'run.oci.hooks.stdout': '/etc/passwd', 'org.systemd.property.X': 'y', fine: 'z' },
  })
  const { config, warnings } = sampleBundle({ image })
  expect(warnings.map(({ code, message }) => `${code} ${message}`)).toMatchInlineSnapshot(`
    [
      "ENV_IGNORED the image's environment entry "NOVALUE" is left out: it is not NAME=VALUE",
      "ENV_IGNORED the image's environment entry "=x" is left out: it is not NAME=VALUE",
      "LABEL_IGNORED the image's label run.oci.hooks.stdout is left out: it would tell the runtime what to do",
      "LABEL_IGNORED the image's label org.systemd.property.X is left out: it would tell the runtime what to do",
      "VOLUME_IGNORED the image's volume "/" is left out: nothing may be mounted there",
      "VOLUME_IGNORED the image's volume "/proc/x" is left out: nothing may be mounted there",
      "VOLUME_IGNORED the image's volume "/dev" is left out: nothing may be mounted there",
      "VOLUME_IGNORED the image's volume "C:\\data" is left out: nothing may be mounted there",
      "VOLUME_IN_MEMORY the image's volume "/ok" is kept in memory and empty at every start",
    ]
  `)
  expect(config.annotations).toEqual({
    fine: 'z',
    'org.opencontainers.image.architecture': 'amd64',
    'org.opencontainers.image.os': 'linux',
  })
})

test.each<[string, string, Partial<BundleSpec>, Partial<ImageRunConfig>, Partial<ImageConfig>]>([
  ['BUNDLE_INVALID', 'bundle tiny has no command to run', {}, { cmd: [] }, {}],
  ['BUNDLE_INVALID', 'bundle tiny has no command to run', { args: [] }, {}, {}],
  ['BUNDLE_INVALID', 'bundle tiny has no command to run', { args: ['', 'x'] }, {}, {}],
  [
    'BUNDLE_INVALID',
    'bundle tiny has an argument with a NUL, which no process can be given',
    { args: ['a\0'] },
    {},
    {},
  ],
  [
    'BUNDLE_INVALID',
    'env: sets the variable A with a NUL, which no process can be given',
    { env: { A: '\0' } },
    {},
    {},
  ],
  ['BUNDLE_INVALID', 'env: has the name "", which no variable can have', { env: { '': 'x' } }, {}, {}],
  ['BUNDLE_INVALID', 'env: has the name "A=B", which no variable can have', { env: { 'A=B': 'x' } }, {}, {}],
  [
    'IMAGE_INVALID',
    'the image sets the variable A with a NUL, which no process can be given',
    {},
    { env: ['A=\0'] },
    {},
  ],
  ['BUNDLE_INVALID', 'bundle tiny cannot start in "C:\\\\app"', {}, { workingDir: 'C:\\app' }, {}],
  ['BUNDLE_INVALID', 'the image is for "windows", not for linux', {}, {}, { os: 'windows' }],
  ['USER_UNKNOWN', 'the image has no user "ghost"', {}, { user: 'ghost' }, {}],
])('%s: %s', (code, message, keys, run, fields) => {
  expect(() => configOf(keys, run, fields)).toThrow(expect.objectContaining({ code, message }))
})

import { expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { parseImageConfig } from '../../src/oci/image-config.ts'
import { problemOf } from '../support/problem.ts'

const digest = digestOf('x')

function json(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

test('reads an image configuration', () => {
  const document = {
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    created: '2024-01-01T00:00:00Z',
    author: 'somebody',
    config: {
      User: 'app',
      Env: ['A=1', 'B='],
      Entrypoint: ['/init'],
      Cmd: null,
      WorkingDir: '/srv',
      Volumes: { '/b': {}, '/a': {} },
      ExposedPorts: { '80/tcp': {} },
      StopSignal: 'SIGQUIT',
      Labels: { z: '1', __proto__x: '2' },
    },
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: 'nobody looks at this',
  }
  expect(parseImageConfig(json(document))).toEqual({
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    created: '2024-01-01T00:00:00Z',
    author: 'somebody',
    diffIds: [digest],
    run: {
      user: 'app',
      env: ['A=1', 'B='],
      entrypoint: ['/init'],
      cmd: [],
      workingDir: '/srv',
      volumes: ['/a', '/b'],
      exposedPorts: ['80/tcp'],
      stopSignal: 'SIGQUIT',
      labels: { z: '1', __proto__x: '2' },
    },
  })
})

test('what a configuration does not have is empty', () => {
  const { run, diffIds } = parseImageConfig(json({ config: null, rootfs: { diff_ids: null } }))
  expect(diffIds).toEqual([])
  expect(run).toMatchObject({
    user: '',
    env: [],
    entrypoint: [],
    cmd: [],
    workingDir: '',
    volumes: [],
    labels: {},
  })
})

test('a label may have the name of what every object has', () => {
  const { run } = parseImageConfig(json('{"config":{"Labels":{"__proto__":"a","constructor":"b"}}}'))
  expect(Object.entries(run.labels)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
})

test.each([
  [{ config: { Cmd: 'sh' } }, 'config.Cmd of the image configuration must be a list'],
  [{ config: { Env: [1] } }, 'config.Env[0] of the image configuration must be a text'],
  [{ config: { Labels: { a: 1 } } }, 'config.Labels.a of the image configuration must be a text'],
  [{ config: { User: 0 } }, 'config.User of the image configuration must be a text'],
  [{ rootfs: { type: 'files' } }, 'rootfs.type of the image configuration must be "layers"'],
  [{ rootfs: { diff_ids: ['sha256:x'] } }, 'DIGEST_INVALID: rootfs.diff_ids[0] of the image configuration'],
])('refuses a configuration: %j', async (document, problem) => {
  expect(await problemOf(() => parseImageConfig(json(document)))).toContain(problem)
})

/** What skopeo is given beside the environment of whoever runs ctrbuild. */
import { availableParallelism } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { skopeoEnvironment } from '../../src/source/skopeo-environment.ts'

afterEach(() => vi.unstubAllEnvs())

test('half of the processors, unless somebody says otherwise', async () => {
  vi.stubEnv('GOMAXPROCS', undefined)
  const half = String(Math.max(1, Math.floor(availableParallelism() / 2)))
  expect(await skopeoEnvironment('oci', undefined)).toEqual({ GOMAXPROCS: half })
  vi.stubEnv('GOMAXPROCS', '7')
  expect(await skopeoEnvironment('oci', undefined)).toEqual({})
})

test('a folder for what it unpacks', async () => {
  expect(await skopeoEnvironment('docker-archive', '/somewhere')).toMatchObject({ TMPDIR: '/somewhere' })
})

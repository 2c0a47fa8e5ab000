import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BundleSpec, MountSpec, Namespace } from '../../src/spec/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { forget, giveTo, PLAIN, PRIVILEGES, place, run } from './machine.ts'
import { sampleBundle, sampleImage, sampleSpec } from './sample.ts'

const NAME = `ctrbuild-random-${process.pid}`
const RUNTIMES = ['runc', 'crun', 'bwrap']
const NAMESPACES: Namespace[] = ['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts']
const TARGETS = [
  '/data',
  '/data/a',
  '/tmp',
  '/tmp/x',
  '/dev/shm',
  '/run',
  '/srv/www/html',
  '/etc/x.conf',
  '/opt',
  '/opt-2',
]

const mount: fc.Arbitrary<MountSpec> = fc
  .record({
    type: fc.constantFrom('volume' as const, 'tmpfs' as const),
    source: fc.constantFrom('v', 'w'),
    target: fc.constantFrom(...TARGETS),
    size: fc.option(fc.integer({ min: 4096, max: 2 ** 40 }), { nil: undefined }),
    mode: fc.constantFrom(0o1777, 0o755, 0o700),
    readonly: fc.boolean(),
  })
  .map(mount => mount as MountSpec)

const spec: fc.Arbitrary<BundleSpec> = fc
  .record({
    args: fc.constant(['true']),
    env: fc.dictionary(fc.stringMatching(/^[A-Za-z_.-]{1,9}$/), fc.string()),
    cwd: fc.constantFrom(undefined, '/data', '/srv/new', '/tmp', '/dev/shm'),
    user: fc.constantFrom(undefined, 'redis', '12345:6', '0:7'),
    hostname: fc.constantFrom('tiny', ''),
    mounts: fc.uniqueArray(mount, { selector: ({ target }) => target, maxLength: 5 }).filter(hasRoomForAll),
    namespaces: fc.subarray(NAMESPACES),
    rootfs: fc.constantFrom('readonly' as const, 'copy' as const),
  })
  .map(keys => sampleSpec(keys))

/** A place in a volume is its owner's to make, and nobody can make one in what is read-only. */
function hasRoomForAll(mounts: readonly MountSpec[]): boolean {
  const isFirm = (mount: MountSpec) => mount.type !== 'tmpfs' || mount.readonly
  return mounts.every(
    inner => !mounts.some(outer => isFirm(outer) && inner.target.startsWith(`${outer.target}/`)),
  )
}

const folder = await temporaryFolder()
const state = join(folder, 'state')

beforeAll(() => {
  chmodSync(folder, 0o711)
  for (const name of ['state', 'v', 'w']) mkdirSync(join(folder, name), { mode: 0o755 })
  for (const name of ['state', 'v', 'w']) giveTo(PLAIN, join(folder, name))
})

afterAll(() => forget(NAME))

const CASES = PRIVILEGES.flatMap(privilege =>
  RUNTIMES.map(runtime => [runtime, privilege.kind, privilege] as const),
)

describe.each(CASES)('%s as %s', (runtime, _, privilege) => {
  test('starts whatever a bundle asks for', ctx => {
    needs(ctx, runtime, 'busybox')
    fc.assert(
      fc.property(spec, fc.subarray(['/data', '/cache', '/opt/lib']), (keys, volumes) => {
        const at = join(folder, 'bundle')
        rmSync(at, { recursive: true, force: true })
        const bundle = sampleBundle({ spec: keys, image: sampleImage({ volumes }), privilege })
        place(bundle, at, privilege, { 'mounts/v': join(folder, 'v'), 'mounts/w': join(folder, 'w') })
        const { stdout, stderr, status } = run(join(at, `run-${runtime}`), {
          privilege,
          args: ['--name', NAME],
          env: { XDG_RUNTIME_DIR: state },
          hideCgroup2: runtime === 'crun',
        })
        expect(status === 0 ? '' : stdout + stderr).toBe('')
      }),
      { numRuns: Number(process.env.RUNS ?? 10) },
    )
  }, 600_000)
})

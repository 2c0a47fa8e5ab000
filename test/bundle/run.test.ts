import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Privilege } from '../../src/bundle/types.ts'
import type { Runtime } from '../../src/spec/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { forget, giveTo, PLAIN, PRIVILEGES, place, type Run, run } from './machine.ts'
import { sampleBundle, sampleImage, sampleSpec } from './sample.ts'

const NAME = `ctrbuild-test-${process.pid}`
const RUNTIMES: Runtime[] = ['runc', 'crun', 'bwrap-oci', 'bwrap']
const CASES = PRIVILEGES.flatMap(privilege =>
  RUNTIMES.map(runtime => [runtime, privilege.kind, privilege] as const),
)

const folder = await temporaryFolder()
const state = join(folder, 'state')

beforeAll(() => {
  chmodSync(folder, 0o711)
  mkdirSync(state, { mode: 0o700 })
  giveTo(PLAIN, state)
})

afterAll(() => forget(NAME))

/** Runs one of the scripts of a bundle in `folder`. */
function start(path: string, privilege: Privilege, command: readonly string[] = [], more: Partial<Run> = {}) {
  const args = [`--name=${NAME}`, '--', ...command]
  return run(join(folder, path), {
    privilege,
    args,
    env: { XDG_RUNTIME_DIR: state },
    hideCgroup2: path.endsWith('crun'),
    ...more,
  })
}

vi.setConfig({ testTimeout: 60_000 })

describe.each(CASES)('%s as %s', (runtime, kind, privilege) => {
  const script = `${kind}-${runtime}/run-${runtime}`

  beforeAll(() => {
    const bundle = sampleBundle({
      spec: sampleSpec({
        args: ['env'],
        env: { QUOTED: `it's "$x"`, LINES: 'a\nb', EMPTY: '' },
        cwd: '/srv/app',
        mounts: [
          { type: 'volume', source: 'data', target: '/data', readonly: false },
          { type: 'bind', source: './app.conf', target: '/etc/app.conf', readonly: true, create: false },
          { type: 'tmpfs', target: '/cache', size: 64 * 1024, mode: 0o1777, readonly: false },
        ],
      }),
      image: sampleImage({ env: ['FROM_IMAGE=1'] }),
      privilege,
      kinds: new Map([['/etc/app.conf', 'file' as const]]),
    })
    const sources = { 'mounts/data': '../data', 'mounts/app.conf': join(folder, 'app.conf') }
    writeFileSync(join(folder, 'app.conf'), 'from the host')
    place(bundle, join(folder, `${kind}-${runtime}`), privilege, sources)
    mkdirSync(join(folder, `${kind}-${runtime}/data`))
    if (privilege.kind === 'rootless') giveTo(privilege, join(folder, `${kind}-${runtime}/data`))
  })

  test('the environment is what the bundle and the image declare', ctx => {
    needs(ctx, runtime, 'busybox')
    const { stdout, stderr, status } = start(script, privilege, [], {
      env: { XDG_RUNTIME_DIR: state, LEAK: 'x' },
    })
    expect(`${stderr}${status}`).toBe('0')
    const always = runtime === 'bwrap' ? ['PWD=/srv/app'] : []
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    const declared = [
      'EMPTY=',
      'FROM_IMAGE=1',
      'HOME=/root',
      'LINES=a\nb',
      path,
      `QUOTED=it's "$x"`,
      ...always,
    ]
    expect(
      stdout
        .split(/\n(?=[A-Z_]+=)/)
        .map(line => line.replace(/\n$/, ''))
        .sort(),
    ).toEqual(declared.sort())
  })

  test('another command runs with arguments of any text, reads standard input, and its status comes back', ctx => {
    needs(ctx, runtime, 'busybox')
    const text = fc
      .string({ unit: 'binary' })
      .filter(value => !value.includes('\0') && Buffer.from(value).toString() === value)
    const words = [
      '',
      "'",
      '"',
      '\\',
      '\n',
      '\t\x01\x1f\x7f',
      '$(id)',
      '-n',
      '--',
      'é€😀',
      ...fc.sample(text, { numRuns: 30, seed: 1 }),
    ]
    const command = ['sh', '-c', 'cat; printf "%s\\0" "$@"; exit 42', 'sh', ...words]
    const { stdout, status } = start(script, privilege, command, { input: 'from outside\0' })
    expect(stdout.split('\0').slice(0, -1)).toEqual(['from outside', ...words])
    expect(status).toBe(42)
  })

  test('it is who and where the bundle says, and has no descriptors but its own', ctx => {
    needs(ctx, runtime, 'busybox')
    const seen =
      'id -u; id -g; pwd; hostname; echo $$; cat /etc/app.conf; echo; echo $(ls /proc/self/fd | grep -x .)'
    const { stdout } = start(script, privilege, ['sh', '-c', seen])
    // The fourth one is the directory that ls reads.
    expect(stdout.split('\n')).toEqual(['0', '0', '/srv/app', 'tiny', '1', 'from the host', '0 1 2 3', ''])
  })

  test('it writes only where it may, and what is masked is empty', ctx => {
    needs(ctx, runtime, 'busybox')
    const tries = `for f in /x /bin/x /etc/app.conf /sys/x /sys/kernel/x /proc/sys/kernel/hostname /proc/sysrq-trigger; do
      (: >>$f) 2>/dev/null && echo "wrote $f"; done
      touch /tmp/x /cache/x /data/${runtime} /dev/shm/x && echo "$(stat -c %a /tmp /cache /dev/shm)"
      ls /sys/firmware; cat /proc/kcore /proc/timer_list 2>/dev/null`
    const { stdout } = start(script, privilege, ['sh', '-c', tries])
    expect(stdout).toBe('1777\n1777\n1777\n')
    expect(readdirSync(join(folder, `${kind}-${runtime}/data`))).toContain(runtime)
    expect(readFileSync(join(folder, 'app.conf'), 'utf8')).toBe('from the host')
  })

  test('it runs wherever the bundle is moved to, and leaves the rootfs as it was', ctx => {
    needs(ctx, runtime, 'busybox')
    const moved = join(folder, `moved ${kind} ${runtime}`)
    renameSync(join(folder, `${kind}-${runtime}`), moved)
    const { status } = start(`moved ${kind} ${runtime}/run-${runtime}`, privilege, ['true'])
    expect(status).toBe(0)
    expect(readdirSync(join(moved, 'rootfs')).sort()).toEqual([
      ...['bin', 'cache', 'data', 'dev', 'etc', 'proc', 'srv', 'sys', 'tmp'],
    ])
    for (const empty of ['dev', 'proc', 'sys', 'tmp', 'data'])
      expect(readdirSync(join(moved, 'rootfs', empty))).toEqual([])
  })
})

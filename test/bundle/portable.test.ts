/** `portable: true`: one config.json, with which every runtime makes the same container, for root and a plain user. */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { bundleOf } from './keys.ts'
import { forget, giveTo, PLAIN, PRIVILEGES, place, run } from './machine.ts'

const RUNTIMES = ['runc', 'crun', 'bwrap', 'bwrap-oci']
const NAME = `ctrbuild-portable-${process.pid}`
const folder = await temporaryFolder()
const state = join(folder, 'state')

vi.setConfig({ testTimeout: 60_000 })

beforeAll(() => {
  chmodSync(folder, 0o711)
  for (const name of ['state', 'v-root', 'v-rootless']) mkdirSync(join(folder, name), { mode: 0o700 })
  for (const name of ['state', 'v-rootless']) giveTo(PLAIN, join(folder, name))
})
afterAll(() => forget(NAME))

/** What a container is like from inside. */
const LOOK = `id -u; id -g; pwd; hostname; echo $$; env | grep -v -e ^PWD= -e ^SHLVL= -e ^OLDPWD= | busybox sort
grep -E "^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):" /proc/self/status; busybox awk '{ print $1, $3 }' /proc/self/uid_map
for at in / /bin /etc /proc/sys/kernel /sys/kernel; do (: >$at/probe) 2>/dev/null && echo "wrote $at"; done
for at in /v /tmp /dev/shm; do : >$at/probe && echo "wrote $at"; done; ls /v /sys/firmware
busybox ls /dev | grep -x -e null -e zero -e full -e random -e urandom -e tty -e pts -e shm -e ptmx; exit 33`

const KEYS = `portable: true
user: redis
env: { A: "b c", L: "1\\n2" }
cwd: /v
args: [sh, -c, ${JSON.stringify(LOOK)}]
mounts: [{ type: volume, source: v, target: /v }, { type: tmpfs, target: /tmp, mode: "1777" }]`

describe.each(PRIVILEGES.map(privilege => [privilege.kind, privilege] as const))(
  'as %s',
  (kind, privilege) => {
    const outputs = new Map<string, string>()

    test.for(RUNTIMES)('%s', (runtime, ctx) => {
      needs(ctx, runtime, 'busybox')
      const bundle = bundleOf(`${KEYS}\nruntimes: [${RUNTIMES.join(', ')}]`, { privilege })
      const at = join(folder, `${kind}-${runtime}`)
      place(bundle, at, privilege, { 'mounts/v': join(folder, `v-${kind}`) })
      const { stdout, stderr, status } = run(join(at, `run-${runtime}`), {
        privilege,
        args: ['--name', NAME],
        env: { XDG_RUNTIME_DIR: state },
        hideCgroup2: runtime === 'crun',
      })
      expect([status, stderr]).toEqual([33, ''])
      outputs.set(runtime, stdout)
      // Not changed on the way: it is what the runtime has read.
      expect(readFileSync(join(at, 'config.json'), 'utf8')).toBe(
        String(bundle.files.find(({ path }) => path === 'config.json')!.content),
      )
    })

    test('all that are here have said the same', () => {
      expect(outputs.size).toBe(RUNTIMES.filter(isInstalled).length)
      const [first] = outputs.values()
      expect(first).toContain('wrote /v\nwrote /tmp\nwrote /dev/shm\n')
      expect(first).not.toMatch(/wrote (\/|\/bin|\/etc|\/proc.*|\/sys.*)\n/)
      for (const output of outputs.values()) expect(output).toBe(first)
    })
  },
)

test('there is one config.json for all, whatever the runtimes', () => {
  const texts = RUNTIMES.map(runtime => bundleOf(`${KEYS}\nruntimes: [${runtime}]`).files).map(files =>
    String(files.find(({ path }) => path === 'config.json')!.content),
  )
  expect(new Set(texts).size).toBe(1)
  expect(JSON.parse(texts[0]!).ociVersion).toBe('1.0.0')
})

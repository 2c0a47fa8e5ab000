/** SIGKILL at every step of an install, an update and an uninstall: what is there afterwards is all old or all new. */
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isHalfDone, repair } from '../../src/install/switch.ts'
import { type Installation, newInstallation } from '../support/installation.ts'
import { needs, needsRoot } from '../support/programs.ts'
import { PROGRAM } from '../support/project.ts'

/** Whatever changes a name, and what comes after a file's content is written. */
const STEPS = ['rename', 'link', 'symlink', 'unlink', 'rmdir', 'mkdir', 'fchmod']

/** Kills the program when it is about to make such a call for the n-th time; false where it makes fewer. */
async function killedAt(
  at: Installation,
  call: string,
  step: number,
  args: readonly string[],
): Promise<boolean> {
  const { status, stderr } = await at.project.tool(
    'strace',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=SIGKILL:when=${step}`,
    process.execPath,
    PROGRAM,
    ...args,
    '--root',
    'root',
  )
  if (status !== undefined && status !== 0) throw new Error(stderr)
  return status === undefined
}

const OTHER = 'set: { ETCD_PORT: "5" }\nhostFiles: false\nservice: { restart: always, wantedBy: [a.target] }'

describe.each([
  ['an install', '', ['install'], undefined],
  ['an update', OTHER, ['install'], ''],
  ['an uninstall', '', ['uninstall', 'etcd'], ''],
])('%s', (_, keys, args, installedBefore) => {
  test('is killed at every step', async ctx => {
    needs(ctx, 'skopeo', 'strace')
    needsRoot(ctx)
    const at = await newInstallation()
    const target = { root: at.root, scope: 'system', home: '/nowhere' } as const
    if (installedBefore !== undefined) {
      await at.apply(installedBefore)
      await at.install()
    }
    await at.apply(keys)
    const pristine = join(at.project.folder, 'pristine')
    cpSync(at.root, pristine, { recursive: true, verbatimSymlinks: true })
    const old = at.machine()
    expect((await at.project.run([...args, '--root', 'root'])).status).toBe(0)
    const fresh = at.machine()
    expect(fresh).not.toEqual(old)

    const ends = new Map<string, number>()
    for (const call of STEPS)
      for (let step = 1; ; step++) {
        rmSync(at.root, { recursive: true })
        cpSync(pristine, at.root, { recursive: true, verbatimSymlinks: true })
        if (!(await killedAt(at, call, step, args))) break
        expectWhole(at, { old, fresh })
        const did = repair(target)
        const now = at.machine()
        expect([JSON.stringify(old), JSON.stringify(fresh)]).toContain(JSON.stringify(now))
        expect(isHalfDone(target)).toBe(false)
        const end = `${did ?? 'nothing to repair'}: ${JSON.stringify(now) === JSON.stringify(fresh) ? 'new' : 'old'}`
        ends.set(end, (ends.get(end) ?? 0) + 1)
        // What comes after a repair depends on its outcome alone.
        if (ends.get(end)! > 3) continue
        const { stderr } = await at.project.run([...args, '--root', 'root'])
        expect(stderr).toMatch(/^$|is not installed/)
        expect(at.machine()).toEqual(fresh)
        const state = readdirSync(join(at.root, 'var/lib/ctrbuild/installed'))
        expect(state.filter(name => name !== '.lock' && name !== 'etcd.json')).toEqual([])
      }
    // Each kind of end was met, so that the kills were where it matters.
    expect([...ends.keys()]).toEqual(
      expect.arrayContaining(['nothing to repair: old', 'taken back: old', 'finished: new']),
    )
  })
})

/** Even before it is repaired, every file is the old one or the new one. */
function expectWhole(
  at: Installation,
  { old, fresh }: Record<'old' | 'fresh', Readonly<Record<string, string>>>,
): void {
  for (const [path, text] of Object.entries(at.machine())) {
    if (!/\.ctrbuild-(?:new|old)$/.test(path)) expect([old[path], fresh[path]]).toContain(text)
  }
}

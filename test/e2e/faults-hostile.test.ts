/** Images that reach for the host, with the built program: a folder beside the root file systems is never touched. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, leftovers } from '../support/intact.ts'
import { isInstalled, needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'

/** Relative path of the canary from a root file system: out/.generations/NAME/1/rootfs. */
const BACK = '../../../../../canary'

const file = (path: string, content = 'pwned') =>
  ({ path, type: 'file', content: Buffer.from(content) }) as const
const link = (path: string, target: string) => ({ path, type: 'symlink', target }) as const
const hard = (path: string, target: string) => ({ path, type: 'hardlink', target }) as const
const dir = (path: string) => ({ path, type: 'dir', mode: 0o777, uid: 7 }) as const

interface Case {
  readonly layers: readonly (readonly TarInput[])[]
  /** More lines of the bundle. */
  readonly spec?: string
  /** The error's code, or a path in the rootfs that must be a regular file or a directory there. */
  readonly expected: string
}

/** Cases by what they try, for a canary at an absolute path. */
const casesFor = (canary: string): Record<string, Case> => {
  const inside = canary.slice(1)
  return {
    'write through an absolute symlink': {
      layers: [[link('a', canary)], [file('a/pwn'), file('a/secret')]],
      expected: `${inside}/pwn`,
    },
    'write through a relative symlink': {
      layers: [[link('a', BACK)], [file('a/pwn')]],
      expected: 'canary/pwn',
    },
    'write through a symlink of the same layer': {
      layers: [[link('a', BACK), file('a/pwn')]],
      expected: 'canary/pwn',
    },
    'write through a chain of symlinks': {
      layers: [[link('a', 'b'), link('b', 'c/..'), link('c', BACK)], [file('a/pwn')]],
      expected: 'pwn',
    },
    'a directory over a symlink': {
      layers: [[link('a', canary)], [dir('a'), file('a/pwn')]],
      expected: 'a/pwn',
    },
    'a whiteout through a symlink': {
      layers: [[link('a', BACK)], [file('a/.wh.secret', ''), file('b')]],
      expected: 'b',
    },
    'an opaque marker through a symlink': {
      layers: [[link('a', canary)], [file('a/.wh..wh..opq', ''), file('b')]],
      expected: 'b',
    },
    'symlinks in circles': {
      layers: [[link('a', 'b'), link('b', 'a')], [file('a/pwn')]],
      expected: 'LAYER_CONFLICT',
    },
    'a name that begins with ..': { layers: [[file(`${BACK}/pwn`)]], expected: 'TAR_INVALID' },
    'a name with .. in it': { layers: [[dir('a'), file(`a/../${BACK}/pwn`)]], expected: 'TAR_INVALID' },
    'an absolute name': { layers: [[file(`${canary}/pwn`)]], expected: `${inside}/pwn` },
    'a hard link to ..': { layers: [[hard('a', `${BACK}/secret`)]], expected: 'TAR_INVALID' },
    'a hard link to an absolute name': {
      layers: [[hard('a', `${canary}/secret`)]],
      expected: 'LAYER_CONFLICT',
    },
    'a hard link through a symlink': {
      layers: [[link('a', canary)], [hard('b', 'a/secret')]],
      expected: 'LAYER_CONFLICT',
    },
    'a root that is a symlink': { layers: [[link('.', canary)]], expected: 'TAR_INVALID' },
    'a whiteout of ..': { layers: [[file('.wh...', '')]], expected: 'TAR_INVALID' },
    'accounts through a symlink': {
      layers: [[link('etc', canary)]],
      spec: 'user: web',
      expected: 'USER_UNKNOWN',
    },
    'a working directory through a symlink': {
      layers: [[link('w', `${BACK}/w`)]],
      spec: 'cwd: /w',
      expected: 'canary/w',
    },
    'a mount through a symlink': {
      layers: [[link('m', canary)]],
      // A copy has no tmpfs on /tmp, where the folder lies.
      spec: 'rootfs: copy\n    mounts: [{ type: tmpfs, target: /m/tmp }]',
      expected: `${inside}/tmp`,
    },
    'a mount through a symlink into /proc': {
      layers: [[link('m', 'proc/self')]],
      spec: 'mounts: [{ type: tmpfs, target: /m/fd }]',
      expected: 'ROOTFS_INVALID',
    },
    'a writable copy of symlinks': {
      layers: [
        [
          { ...link('a', `${canary}/secret`), uid: 7 },
          { ...link('d', canary), uid: 7 },
        ],
      ],
      spec: 'rootfs: copy',
      expected: '.',
    },
  }
}

describe.each(['union', 'union-add'])('by %s', checkout => {
  let project: Project
  let canary: string
  let before: string
  let status: number | undefined
  /** Codes of the steps that failed, by their identifiers. */
  const failed = new Map<string, string>()
  /** Why steps were not tried. */
  const skipped = new Map<string, string>()
  const cases = casesFor('/canary')

  beforeAll(async () => {
    if (!isInstalled('skopeo')) return
    project = await newProject()
    canary = join(project.folder, 'canary')
    await mkdir(join(canary, 'w'), { recursive: true })
    await writeFile(join(canary, 'secret'), 'secret')
    await writeFile(join(canary, 'passwd'), 'web:x:33:33::/:/bin/sh\n')
    before = await fingerprint(canary, project)
    await project.write(await bundles())
    const ended = await project.run(['apply', '--progress', 'json'])
    status = ended.status
    for (const line of ended.stderr.trim().split('\n')) note(JSON.parse(line))
  })
  beforeEach(ctx => needs(ctx, 'skopeo'))

  async function bundles(): Promise<string> {
    const lines = [`defaults: { checkout: ${checkout} }`, 'bundles:']
    for (const [i, { layers, spec = '' }] of Object.values(casesFor(canary)).entries()) {
      await project.layout.add({ layers: layers.map(writeTar), config: { Cmd: ['/x'] } }, `i${i}`)
      lines.push(`  case${i}:`, `    image: oci:images:i${i}`, ...(spec === '' ? [] : [`    ${spec}`]))
    }
    return `${lines.join('\n')}\n`
  }

  function note(event: { type: string; step: string; code: string; because: string }): void {
    if (event.type === 'failed') failed.set(event.step, event.code)
    if (event.type === 'skipped') skipped.set(event.step, event.because)
  }

  test.each(Object.keys(cases).map((name, i) => [name, i] as const))('%s', async (name, i) => {
    const { expected } = casesFor(canary)[name]!
    const step = `assemble case${i}`
    const code = failed.get(step) ?? failed.get(skipped.get(step) ?? '')
    if (/^[A-Z_]+$/.test(expected)) {
      expect(code).toBe(expected)
      await expect(stat(join(project.folder, `out/case${i}`))).rejects.toThrow('ENOENT')
    } else {
      expect(code).toBeUndefined()
      const found = await stat(join(project.folder, `out/case${i}/rootfs`, expected))
      expect(found.isFile() || found.isDirectory()).toBe(true)
    }
  })

  test('nothing outside was touched', async () => {
    expect(await fingerprint(canary, project)).toBe(before)
    expect(await readFile(join(canary, 'secret'), 'utf8')).toBe('secret')
    expect(await leftovers(project)).toEqual([])
    expect(status).toBe(65)
    await expect(stat(join(project.folder, 'out/canary'))).rejects.toThrow('ENOENT')
  })
})

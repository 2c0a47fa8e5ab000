/** A layer imported by ctrbuild is, object by object and bit by bit, what libostree makes of the same tar. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { initRepo } from '../../src/ostree/repo.ts'
import type { Repo, RepoMode } from '../../src/ostree/types.ts'
import { ostree, ostreeRepo } from '../ostree/repositories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { writeTar } from '../support/tar-writer.ts'
import { importTar, MODES, objectsOf, ostreeImport, rootOf } from './ostree-import.ts'
import { randomLayer } from './ostree-random-layer.ts'

const LAYERS = Number(process.env.LAYERS ?? 30)
const SEED = Number(process.env.SEED ?? 1)

describe.each(MODES)('in a %s repository', mode => {
  test(`${LAYERS} random layers`, { timeout: 30_000 + LAYERS * 1000 }, async ctx => {
    needs(ctx, 'ostree')
    const folder = await temporaryFolder()
    const tar = join(folder, 'layer.tar')
    const theirs = ostreeRepo(folder, mode)
    const ours = initRepo(join(folder, 'ours'), mode)
    let entries = 0
    for (let seed = SEED; seed < SEED + LAYERS; seed++) {
      const members = randomLayer(seed)
      writeFileSync(tar, writeTar(members))
      const wanted = ostreeImport(theirs, `seed${seed}`, tar)
      const layer = importTar(ours, `seed${seed}`, tar)
      if (layer.commit !== wanted) {
        // The listings say more than the checksums do.
        expect(list(ours, layer.commit), `seed ${seed}`).toBe(list(theirs, wanted))
        expect.fail(`seed ${seed}: commits differ: ${layer.commit}, ${wanted}`)
      }
      entries += members.length
    }
    expect(objectsOf(ours)).toEqual(objectsOf(theirs))
    expect(ostree(ours.path, 'fsck')).toContain('no errors found')
    console.log(`${LAYERS} of ${LAYERS} random layers, ${entries} entries, ${objectsOf(ours).size} objects: equal`)
    rmSync(folder, { recursive: true })
  })
})

function list(repo: Repo, commit: string): string {
  return ostree(repo.path, 'ls', '-R', '-X', '-C', commit)
}

/** What umoci makes of a stack of layers. */
import { chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, tryProgram } from '../../src/sys/program.ts'
import type { Dir } from '../../src/tree/node.ts'
import { newLayout } from './image.ts'
import { readRootfs } from './rootfs.ts'

/** A user whom no account is needed for. */
const USER = 54321

/**
 * The root file system that umoci unpacks from some tars, without devices and pipes; undefined where it refuses. Needs
 * root, also to see what umoci does as a plain user.
 */
export async function umociUnion(
  folder: string,
  layers: readonly Buffer[],
  rootless = false,
): Promise<Dir | undefined> {
  const layout = await newLayout(join(folder, 'layout'))
  await layout.add({ layers, compression: 'none' }, 'it')
  if (rootless) giveAway(folder)
  const bundle = join(folder, 'bundle')
  const as = rootless ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'] : []
  const flags = rootless ? ['--rootless'] : []
  const { exitCode } = await tryProgram([
    ...as,
    ...['umoci', 'unpack', ...flags, '--image', `${layout.folder}:it`, bundle],
  ] as [string, ...string[]])
  if (exitCode !== 0) return undefined
  const rootfs = join(bundle, 'rootfs')
  const isSpecial = ['!', '-type', 'f', '!', '-type', 'd', '!', '-type', 'l']
  await runProgram(['find', rootfs, ...isSpecial, '-delete'])
  return readRootfs(rootfs)
}

function giveAway(folder: string): void {
  for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
    chownSync(join(folder, name), USER, USER)
}

/** What umoci makes of a stack of layers. */
import { join } from 'node:path'
import { tryProgram } from '../../src/sys/program.ts'
import type { Dir } from '../../src/tree/node.ts'
import { newLayout } from './image.ts'
import { readRootfs } from './rootfs.ts'

/** The root file system that umoci unpacks from some tars, or undefined where it refuses. Needs root. */
export async function umociUnion(folder: string, layers: readonly Buffer[]): Promise<Dir | undefined> {
  const layout = await newLayout(join(folder, 'layout'))
  await layout.add({ layers, compression: 'none' }, 'it')
  const bundle = join(folder, 'bundle')
  const { exitCode } = await tryProgram(['umoci', 'unpack', '--image', `${layout.folder}:it`, bundle])
  return exitCode === 0 ? readRootfs(join(bundle, 'rootfs')) : undefined
}

/** One image of one layer, applied by the built program, with what came of it. */
import { join } from 'node:path'
import { expect } from 'vitest'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { setCanary } from './canary.ts'

/** How an apply of the image ended. */
export interface Applied {
  readonly project: Project
  readonly status: number | undefined
  readonly stderr: string
  /** Codes and messages. */
  readonly warnings: readonly string[]
  readonly rootfs: string
}

/** A file that has its path for content. */
export function fileAt(path: string, more: Partial<TarInput> = {}): TarInput {
  return { path, type: 'file', content: Buffer.from(path), ...more }
}

/** Applies an image of these members; where that succeeds, ostree must find nothing wrong with the store. */
export async function applyOne(
  members: readonly TarInput[],
  change: (project: Project) => Project | Promise<Project> = project => project,
): Promise<Applied> {
  const mine = await newProject()
  await mine.layout.add({ layers: [writeTar(members)], config: { Cmd: ['/x'] } }, 'it')
  await mine.write('bundles: { it: { image: "oci:images:it" } }\n')
  const project = await change(mine)
  const canaryIsWell = await setCanary(project)
  const { status, stderr } = await project.run(['apply', '--progress', 'json'])
  await canaryIsWell()
  const events = stderr.split('\n').flatMap(line => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const warnings = events.flatMap(({ type, code, message }) =>
    type === 'warning' ? [`${code} ${message}`] : [],
  )
  if (status === 0) {
    const fsck = await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')
    expect(fsck.stdout).toContain('no errors found')
  }
  return { project, status, stderr, warnings, rootfs: join(project.folder, 'out/it/rootfs') }
}

/** Running a project as a plain user, whoever runs the tests. */
import { lchown, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { needs } from './programs.ts'
import type { Project } from './project.ts'

/** A user that no account is needed for. */
const USER = 54321

/** The same project, owned and worked on by a plain user with a home and nothing else. */
export async function asPlainUser(ctx: Parameters<typeof needs>[0], project: Project): Promise<Project> {
  if (process.getuid!() !== 0) return project
  needs(ctx, 'setpriv')
  const home = join(project.folder, 'home')
  await mkdir(home)
  await give(project.folder)
  const ids = [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups']
  return project.through('setpriv', ...ids, 'env', '-u', 'XDG_RUNTIME_DIR', `HOME=${home}`)
}

async function give(folder: string): Promise<void> {
  await lchown(folder, USER, USER)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), USER, USER)
  }
}

/** Running a project as a plain user, whoever runs the tests. */
import { lchown, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { needs } from './programs.ts'
import type { Project } from './project.ts'

/** A user whom no account is needed for. */
const USER = 54321

/**
 * The same project, owned and worked on by a plain user with a home and nothing else. Who is no root is one already,
 * and cannot become another one.
 */
export async function asPlainUser(
  ctx: Parameters<typeof needs>[0],
  project: Project,
  user = USER,
): Promise<Project> {
  if (process.getuid!() !== 0) return project
  needs(ctx, 'setpriv')
  const home = join(project.folder, 'home')
  await mkdir(home)
  await give(project.folder, user)
  const ids = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  return project.through('setpriv', ...ids, 'env', '-u', 'XDG_RUNTIME_DIR', `HOME=${home}`)
}

async function give(folder: string, user: number): Promise<void> {
  await lchown(folder, user, user)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), user, user)
  }
}

/** File systems for one test, mounted where only its programs see them; they are gone when it ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { needs } from './programs.ts'
import type { Project } from './project.ts'

/** The same project in a mount namespace of its own, in which a shell script has mounted things. Needs root. */
export async function withMounts(
  ctx: Parameters<typeof needs>[0],
  project: Project,
  script: string,
): Promise<Project> {
  needs(ctx, 'unshare', 'nsenter')
  if (process.getuid!() !== 0) ctx.skip('only root may mount')
  const argv = ['--mount', '--propagation=private', 'sh', '-ec', `${script}\necho ready\nexec cat`]
  const holder = spawn('unshare', argv, { cwd: project.folder })
  onTestFinished(() => void holder.stdin.end())
  let complaint = ''
  holder.stderr.on('data', chunk => {
    complaint += chunk
  })
  const exited = once(holder, 'exit').then(() => 'exited')
  if ((await Promise.race([once(holder.stdout, 'data'), exited])) === 'exited') {
    ctx.skip(`cannot mount here: ${complaint.trim()}`)
  }
  const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`]
  // Entering leads to the root folder.
  return project.through(...enter, 'sh', '-c', 'cd "$0" && exec "$@"', project.folder)
}

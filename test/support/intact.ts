/** What must be the same after a run that failed, and what no run may leave behind. */
import type { Project } from './project.ts'

/** The generation that a bundle stands for, and a hash of all that is in it. */
export async function generationOf(project: Project, bundle = 'out/one'): Promise<string> {
  const script = `readlink ${bundle}; tar --create --sort=name --file=- --directory=${bundle}/. . | sha256sum`
  const { status, stdout, stderr } = await project.tool('sh', '-c', script)
  if (status !== 0 || stderr !== '') throw new Error(`there is no whole bundle ${bundle}: ${stderr}`)
  return stdout
}

/** Hashes of all that makes a bundle: its root file system with everything that tar keeps, and the files beside it. */
export async function contentOf(project: Project, bundle = 'out/one'): Promise<string> {
  // Of the times only what an image can set: the time of the last change is that of hard links too.
  const pax = '--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime'
  const tar = `tar --create --sort=name --numeric-owner --xattrs ${pax} --file=- --directory=rootfs .`
  const files = "find . -maxdepth 1 -printf '%M %f\\n' -type f -exec sha256sum {} + | sort"
  const script = `cd ${bundle}/ && ${tar} | sha256sum && ${files}`
  const { status, stdout, stderr } = await project.tool('sh', '-c', script)
  if (status !== 0 || stderr !== '') throw new Error(`there is no whole bundle ${bundle}: ${stderr}`)
  return stdout
}

/** Half-made things in a project's folders. */
export async function leftovers(project: Project): Promise<readonly string[]> {
  const names = ['.unfinished-*', 'ctrbuild-[0-9]*', 'fetch-*', '.new-*', '.*.new']
  const tests = names.flatMap((name, i) => (i === 0 ? ['-name', name] : ['-o', '-name', name]))
  const { stdout } = await project.tool(
    'find',
    '.',
    '-path',
    './images',
    '-prune',
    '-o',
    '(',
    ...tests,
    ')',
    '-print',
  )
  return stdout.split('\n').filter(Boolean).sort()
}

/** Everything about a folder that an image could change from outside: names, types, modes, owners, links, content. */
export async function fingerprint(folder: string, project: Project): Promise<string> {
  const facts = await project.tool('find', folder, '-printf', '%p %y %m %U:%G %n %s %T@ %l\n')
  const hashes = await project.tool('find', folder, '-type', 'f', '-exec', 'sha256sum', '{}', '+')
  return [facts, hashes].map(({ stdout }) => stdout.split('\n').sort().join('\n')).join('\n')
}

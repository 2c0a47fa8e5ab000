/** A project with an etcd as a system container, and a folder that is another machine's root. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ended, newProject, type Project } from './project.ts'
import { exported, file } from './system-images.ts'
import { writeTar } from './tar-writer.ts'

/** Where the record and the lock are. */
const STATE = 'var/lib/ctrbuild'

/** A project whose image is too small to run. */
export interface Installation {
  readonly project: Project
  readonly root: string
  /** Writes bundles.yaml with keys for the bundle `etcd`, and applies it. */
  apply(keys?: string): Promise<void>
  install(...args: string[]): Promise<Ended>
  uninstall(...args: string[]): Promise<Ended>
  /** Every file and link of the machine by path, ctrbuild's own record left out; `left` are names that no install leaves. */
  machine(): Readonly<Record<string, string>>
}

export async function newInstallation(folder?: string): Promise<Installation> {
  const project = await newProject(folder)
  const root = join(project.folder, 'root')
  await mkdir(join(root, 'etc'), { recursive: true })
  await addImage(project, '1')
  const run = async (...args: string[]) => project.run([...args, '--root', 'root'])
  return {
    project,
    root,
    async apply(keys = '') {
      const more = keys.replace(/^(?=.)/gm, '    ')
      await project.write(
        `bundles:\n  etcd:\n    image: oci:images:etcd1\n    system: true\n    runtimes: [runc]\n${more}\n`,
      )
      const { status, stderr } = await project.run(['apply'])
      if (status !== 0) throw new Error(stderr)
    },
    install: (...args) => run('install', ...args),
    uninstall: (...args) => run('uninstall', 'etcd', ...args),
    machine: () => filesIn(root, ''),
  }
}

/** An image with the whole contract; `version` is what its files for the host say. */
export async function addImage(project: Project, version: string): Promise<void> {
  await project.layout.add(
    {
      layers: [
        writeTar([
          ...exported(
            'etcd',
            'config.json.template',
            'service.template',
            'tmpfiles.template',
            'manifest.json',
          ),
          file(
            'exports/hostfs/etc/profile.d/etcd.sh',
            'export ETCDCTL_ENDPOINTS=http://127.0.0.1:$ETCD_PORT\n',
          ),
          file(
            'exports/hostfs/usr/local/bin/etcdctl-here',
            '#!/bin/sh\nexec $DESTDIR/run -- etcdctl "$$@"\n',
            0o755,
          ),
          file(`exports/hostfs/usr/share/etcd/version-${version}`, version),
          file('exports/hostfs/usr/share/etcd/same', `as it is: $NAME ${version}\n`),
        ]),
      ],
    },
    `etcd${version}`,
  )
}

function filesIn(folder: string, path: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(join(folder, path)).sort()) {
    const at = path === '' ? name : `${path}/${name}`
    if (at === STATE) continue
    const full = join(folder, at)
    const stats = lstatSync(full)
    if (stats.isSymbolicLink()) found[`/${at}`] = `-> ${readlinkSync(full)}`
    else if (stats.isDirectory()) Object.assign(found, filesIn(folder, at))
    else found[`/${at}`] = `${(stats.mode & 0o7777).toString(8)} ${readFileSync(full, 'utf8')}`
  }
  return found
}

/** An etcd and a flannel-like system container, as images were made for `atomic install --system`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Layout } from './image.ts'
import { type TarInput, writeTar } from './tar-writer.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Images of the demo, as an OCI layout. */
export const DEMO = join(ROOT, 'examples/images')

/** Makes the demo's images, where they are not there or not of today. */
export async function makeDemoImages(): Promise<void> {
  await execa(join(ROOT, 'examples/demo/make-images.sh'))
}

/** A file of a layer. */
export const file = (path: string, content: string | Buffer, mode = 0o644): TarInput => ({
  path,
  type: 'file',
  mode,
  content: Buffer.from(content),
})

/** The files beside the tests that an image has in its /exports. */
export function exported(name: 'etcd' | 'flannel', ...files: readonly string[]): TarInput[] {
  return files.map(path => file(`exports/${path}`, readExported(name, path)))
}

/** The text of one of them. */
export function readExported(name: 'etcd' | 'flannel', path: string): string {
  return readFileSync(join(ROOT, 'test/system', name, path), 'utf8')
}

/** Adds the layers with /exports that make system containers of the demo's etcd and busybox. */
export async function addSystemImages(layout: Layout): Promise<void> {
  const labels = { 'atomic.type': 'system', 'org.opencontainers.image.title': 'etcd' }
  await layout.add(
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
            '# $NAME\nexport ETCDCTL_ENDPOINTS=http://127.0.0.1:$ETCD_PORT\n',
          ),
          file(
            'exports/hostfs/usr/local/bin/etcdctl-here',
            '#!/bin/sh\nexec $DESTDIR/run -- etcdctl "$$@"\n',
            0o755,
          ),
          file('exports/hostfs/usr/share/doc/etcd/README', 'as it is: $NAME\n'),
        ]),
      ],
      config: { Cmd: ['something', 'else'], Labels: labels, Env: ['ETCD_UNSUPPORTED_ARCH=arm64'] },
    },
    'etcd-exports',
  )
  await layout.add(
    {
      layers: [
        writeTar([
          ...exported('flannel', 'config.json.template', 'service.template', 'manifest.json'),
          file('bin/flanneld', readExported('flannel', 'flanneld'), 0o755),
          { path: 'run/flannel', type: 'dir' },
        ]),
      ],
      config: { Labels: { 'atomic.type': 'system' }, StopSignal: 'SIGKILL' },
    },
    'flannel-exports',
  )
}

/** Names and keys of a bundle. */
export interface SystemBundle {
  readonly name: string
  /** Further lines of bundles.yaml. */
  readonly keys?: string
}

/** bundles.yaml of both. */
export function systemBundles(etcd: SystemBundle, flannel: SystemBundle): string {
  const entry = ({ name, keys = '' }: SystemBundle, images: string) =>
    `  ${name}:\n    image: [${images}]\n    system: true\n    runtimes: [runc]\n${keys.replace(/^(?=.)/gm, '    ')}\n`
  return `bundles:\n${entry(etcd, `oci:${DEMO}:etcd, oci:images:etcd-exports`)}${entry(flannel, `oci:${DEMO}:busybox, oci:images:flannel-exports`)}`
}

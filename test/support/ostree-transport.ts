/** Puts an image into an OSTree repository with the real ostree, as skopeo's ostree transport laid it out. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { digestOf, hexOf } from '../../src/oci/digest.ts'
import { escapeImageName } from '../../src/ostree/refs.ts'
import type { BuiltImage } from './image.ts'
import type { Project } from './project.ts'

/** What is put there otherwise than the transport would. */
export interface Odd {
  /** Keep what tar-split makes of the layers. Default false, as when another program than skopeo wrote them. */
  readonly split?: boolean
  /** The value of `docker.digest`. */
  readonly digest?: string
  /** What the layers' tar-split is made of, whatever they are. */
  readonly splitOf?: Buffer
  readonly withoutConfig?: boolean
  /** As a plain user imported layers: everything is theirs, and nothing is setuid. */
  readonly isPlain?: boolean
}

/** Commits an image of the project's layout under a name; `layers` are its uncompressed layers. */
export async function commitImage(
  project: Project,
  repo: string,
  name: string,
  image: BuiltImage,
  layers: readonly Buffer[],
  odd: Odd = {},
): Promise<void> {
  const blob = (digest: string) => readFile(join(project.layout.folder, 'blobs', digest.replace(':', '/')))
  const commit = async (ref: string, metadata: Readonly<Record<string, string>>, ...tree: string[]) => {
    const texts = Object.entries(metadata).map(([key, value]) => `--add-metadata-string=${key}=${value}`)
    const common = [
      'commit',
      `--repo=${repo}`,
      '--no-bindings',
      `--parent=${'0'.repeat(64)}`,
      '--timestamp=@1500000000',
    ]
    const { status, stderr } = await project.tool(
      'ostree',
      ...common,
      `--branch=ociimage/${ref}`,
      ...texts,
      ...tree,
    )
    if (status !== 0) throw new Error(stderr)
  }
  for (const [i, layer] of layers.entries()) {
    const tar = join(project.folder, 'layer.tar')
    await writeFile(tar, layer)
    const split = odd.splitOf ?? (odd.split ? layer : undefined)
    const metadata = {
      'docker.size': String(image.layers[i]!.size),
      'docker.uncompressed_size': String(layer.length),
      'docker.uncompressed_digest': image.diffIds[i]!,
      ...(split && { 'tarsplit.output': gzipSync(tarSplit(split)).toString('base64') }),
    }
    await commit(
      hexOf(image.layers[i]!.digest),
      metadata,
      ...(odd.isPlain ? await plainTree(project, tar, i) : ['--tar-autocreate-parents', `--tree=tar=${tar}`]),
    )
  }
  const config = await blob(image.config.digest)
  if (odd.withoutConfig !== true)
    await commit(
      hexOf(image.config.digest),
      { 'docker.size': String(config.length) },
      `--tree=dir=${await folderWith(project, 'content', config)}`,
    )
  const manifest = await blob(image.manifest.digest)
  const metadata = {
    'docker.manifest': manifest.toString(),
    'docker.digest': odd.digest ?? digestOf(manifest),
    signatures: '0',
  }
  await commit(
    escapeImageName(name),
    metadata,
    `--tree=dir=${await folderWith(project, 'manifest.json', manifest)}`,
  )
}

/** The transport unpacked layers with these options of tar, and committed what came out. */
async function plainTree(project: Project, tar: string, i: number): Promise<readonly string[]> {
  const folder = join(project.folder, `plain-${i}`)
  await mkdir(folder)
  const flags = ['--no-same-owner', '--no-same-permissions', '--delay-directory-restore']
  const { status, stderr } = await project.tool('tar', '-xf', tar, ...flags, '-C', folder)
  if (status !== 0) throw new Error(stderr)
  return ['--owner-uid=1000', '--owner-gid=1000', `--tree=dir=${folder}`]
}

async function folderWith(project: Project, name: string, content: Buffer): Promise<string> {
  const folder = join(project.folder, 'tree', name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), content)
  return folder
}

/** What tar-split keeps of a ustar archive: everything but the content of files, as JSON lines. */
function tarSplit(tar: Buffer): string {
  const lines: object[] = []
  let raw = 0
  for (let at = 0; at + 512 <= tar.length; ) {
    const type = String.fromCharCode(tar[at + 156]!)
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8) || 0
    at += 512
    if (type === '0' && size > 0) {
      const name = tar.toString('latin1', at - 512, at - 412).replace(/\0.*$/s, '')
      lines.push({ type: 2, payload: tar.subarray(raw, at).toString('base64') })
      lines.push({ type: 1, name, size, payload: 'AAAAAAAAAAA=' })
      raw = at + size
    }
    at += Math.ceil(size / 512) * 512
  }
  lines.push({ type: 2, payload: tar.subarray(raw).toString('base64') })
  return lines.map((line, position) => `${JSON.stringify({ ...line, position })}\n`).join('')
}

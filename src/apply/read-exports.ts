/** Reads /exports of a merged tree: its files by way of the tree and the store's objects, with limits on their size. */
import { CtrbuildError } from '../errors.ts'
import { EXPORTS, type Exports, type HostEntry } from '../system/exports.ts'
import type { TemplateFile } from '../system/template.ts'
import { type ByteString, type Dir, display, type Node } from '../tree/node.ts'
import { resolvePath } from '../tree/resolve.ts'
import { readContent, readTextFile } from './rootfs-files.ts'

/** Bytes of one file for the host, and of all of them: they are copied into every generation. */
const LARGEST = 64 << 20
const LARGEST_SUM = 256 << 20
/** So many files are no handful for a host, but a root file system of its own. */
const MOST = 1000

/**
 * What is in /exports; undefined where there is no such directory.
 * @throws CtrbuildError EXPORTS_INVALID, ROOTFS_INVALID, OBJECT_DAMAGED
 */
export function readExports(objects: readonly string[], root: Dir): Exports | undefined {
  const folder = resolvePath(root, EXPORTS, { followLast: true })
  if (folder.kind !== 'found' || folder.node.kind !== 'dir') return undefined
  const text = (name: string): TemplateFile | undefined => {
    const path = `${EXPORTS}/${name}`
    const found = readTextFile(objects, root, path)
    return found === undefined ? undefined : { path, text: found.replace(/^\ufeff/, '') }
  }
  return {
    manifest: text('manifest.json'),
    config: text('config.json'),
    configTemplate: text('config.json.template'),
    service: text('service.template'),
    tmpfiles: text('tmpfiles.template'),
    hostFiles: readHostFiles(objects, root),
  }
}

function readHostFiles(objects: readonly string[], root: Dir): readonly HostEntry[] {
  const top = resolvePath(root, `${EXPORTS}/hostfs`, { followLast: true })
  if (top.kind !== 'found' || top.node.kind !== 'dir') return []
  const found = [...entriesIn(top.node, '')]
  if (found.length > MOST) throw invalid(`/exports/hostfs has ${found.length} files, more than ${MOST}`)
  const sizes = found.map(({ node }) => (node.kind === 'file' ? node.size : 0))
  const large = sizes.findIndex(size => size > LARGEST)
  if (large >= 0)
    throw invalid(`/exports/hostfs${found[large]!.path} has ${sizes[large]} bytes, more than 64 MiB`)
  const sum = sizes.reduce((total, size) => total + size, 0)
  if (sum > LARGEST_SUM) throw invalid(`/exports/hostfs has ${sum} bytes, more than 256 MiB`)
  return found.map(({ path, node }) => hostEntry(objects, path, node))
}

function* entriesIn(dir: Dir, path: string): Generator<{ readonly path: string; readonly node: Node }> {
  for (const [name, node] of dir.children) {
    const below = `${path}/${textOf(name)}`
    if (node.kind === 'dir') yield* entriesIn(node, below)
    else yield { path: below, node }
  }
}

function hostEntry(objects: readonly string[], path: string, node: Node): HostEntry {
  if (node.kind === 'symlink') return { kind: 'symlink', path, target: textOf(node.target) }
  if (node.kind !== 'file') throw new TypeError(`a ${node.kind} is in a merged tree`)
  // Whoever installs does so as root: no program of an image becomes setuid on the host.
  return { kind: 'file', path, mode: node.meta.mode & 0o777, content: readContent(objects, node, path) }
}

function textOf(bytes: ByteString): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8')
  const isPlain = Buffer.from(text).toString('latin1') === bytes && !/[\x00-\x1f\x7f]/.test(text)
  if (isPlain) return text
  throw invalid(`/exports/hostfs has "${display(bytes)}", which is no name for a file of the host`)
}

function invalid(message: string): CtrbuildError {
  return new CtrbuildError('EXPORTS_INVALID', message, {
    hint: 'system: false leaves the /exports of the image alone',
  })
}

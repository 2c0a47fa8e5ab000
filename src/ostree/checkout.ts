/**
 * Puts a tree on disk in one pass of mkdir, link and symlink, into a folder that is not there yet.
 *
 * Files are hard links of the repository's objects. Where the file system refuses (EMLINK, EXDEV, EPERM) they become
 * copies, and so does everything in a writable root file system. Files without content are never links of objects:
 * programs lock them, and all empty files of all images would be one inode.
 */
import { chmodSync, chownSync, lchownSync, lutimesSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { onDisk } from '../sys/byte-path.ts'
import {
  type ByteString,
  bytesOf,
  type Dir,
  type File,
  type Meta,
  type Node,
  type Symlink,
} from '../tree/node.ts'
import { setXattrsAt } from './attributes.ts'
import { type Copies, copyFile, newCopies } from './copy-object.ts'
import { type LinkJob, linkObjects, type Refusal } from './link-objects.ts'
import type { RepoMode } from './types.ts'

/** How a tree is put on disk. */
export interface Checkout {
  /** Folders that hold objects as `ab/cdef….file`, the likeliest first. */
  readonly objects: readonly string[]
  readonly mode: RepoMode
  /** Copies instead of hard links: the result may be written to. */
  readonly copy: boolean
  readonly signal: AbortSignal
  /** Links many objects in a thread of its own; without it, it is done here. */
  link?(job: LinkJob): Promise<readonly Refusal[]>
}

/** What a checkout came to. */
export interface CheckedOut {
  readonly links: number
  readonly copies: number
  /** Why links became copies, if they did: the operating system's code. */
  readonly fallback: string | undefined
}

/** A name of a file that is a link of its object. */
interface Linked {
  readonly node: File
  readonly path: ByteString
}

/** The state of one walk. */
interface Walk {
  readonly checkout: Checkout
  readonly destination: ByteString
  readonly copies: Copies
  /** Folders that are made or will be, parents first. */
  readonly folders: (readonly [path: ByteString, dir: Dir])[]
  /** Links that nobody makes yet. */
  waiting: Linked[]
  /** Links that are being made: those that the file system refused. */
  readonly linking: Promise<readonly Linked[]>[]
  links: number
  fallback: string | undefined
  sinceYield: number
}

const YIELD_EVERY = 2000
/** As many links are worth a message to a thread. */
const LINKS_AT_ONCE = 1000

/**
 * Checks a tree out into `destination`, which must not exist.
 * @throws the operating system's errors, and whatever `signal` was aborted with
 */
export async function checkoutTree(root: Dir, destination: string, checkout: Checkout): Promise<CheckedOut> {
  const top = bytesOf(destination)
  const walk: Walk = {
    checkout,
    destination: top,
    copies: newCopies(checkout.mode, checkout.objects.map(bytesOf)),
    folders: [[top, root]],
    waiting: [],
    linking: [],
    links: 0,
    fallback: undefined,
    sinceYield: 0,
  }
  try {
    await makeAll(walk)
    linkWaiting(walk)
  } finally {
    // Whoever removes what is half done must find nobody at work in it.
    await Promise.allSettled(walk.linking)
  }
  for (const { node, path } of (await Promise.all(walk.linking)).flat()) {
    copyFile(walk.copies, node, path)
    if (++walk.sinceYield >= YIELD_EVERY) await breathe(walk)
  }
  for (const [path, { meta }] of walk.folders.toReversed()) finishDir(checkout.mode, meta, path)
  return { links: walk.links, copies: walk.copies.count, fallback: walk.fallback }
}

/** Makes everything but the links that wait; each folder adds those in it to the folders. */
async function makeAll(walk: Walk): Promise<void> {
  for (const [path, dir] of walk.folders) {
    mkdirSync(onDisk(path), 0o700)
    for (const [name, node] of dir.children) {
      const child = `${path}/${name}`
      if (node.kind === 'dir') walk.folders.push([child, node])
      else makeLeaf(walk, node, child)
      if (++walk.sinceYield >= YIELD_EVERY) await breathe(walk)
    }
  }
}

/** Lets signals and progress through. */
async function breathe(walk: Walk): Promise<void> {
  walk.sinceYield = 0
  await new Promise(resolve => setImmediate(resolve))
  walk.checkout.signal.throwIfAborted()
}

/** Set last: a directory may forbid writing into it. */
function finishDir(mode: RepoMode, meta: Meta, path: ByteString): void {
  const disk = onDisk(path)
  if (mode === 'bare') {
    if (meta.uid !== 0 || meta.gid !== 0) chownSync(disk, meta.uid, meta.gid)
    if (meta.xattrs.length > 0) setXattrsAt(disk, meta.xattrs)
    chmodSync(disk, meta.mode)
  } else {
    // The owner is whoever runs ctrbuild, and must be able to enter and to remove it.
    chmodSync(disk, (meta.mode & 0o1777) | 0o700)
  }
  utimesSync(disk, 0, 0)
}

function makeLeaf(walk: Walk, node: Exclude<Node, Dir>, path: ByteString): void {
  if (node.kind === 'symlink') makeSymlink(walk, node, path)
  else if (node.kind === 'file') makeFile(walk, node, path)
  else throw new Error('a merged tree has no links to lower layers')
}

function makeSymlink(walk: Walk, node: Symlink, path: ByteString): void {
  const disk = onDisk(path)
  symlinkSync(onDisk(node.target), disk)
  if (walk.checkout.mode === 'bare' && (node.meta.uid !== 0 || node.meta.gid !== 0)) {
    lchownSync(disk, node.meta.uid, node.meta.gid)
  }
  lutimesSync(disk, 0, 0)
}

function makeFile(walk: Walk, node: File, path: ByteString): void {
  if (walk.checkout.copy || node.size === 0) copyFile(walk.copies, node, path)
  else if (walk.waiting.push({ node, path }) >= LINKS_AT_ONCE) linkWaiting(walk)
}

/** Hands over the links that wait. */
function linkWaiting(walk: Walk): void {
  const { checkout, destination, copies, waiting } = walk
  if (waiting.length === 0) return
  walk.waiting = []
  const job = {
    objects: copies.objects,
    destination,
    paths: waiting.map(({ path }) => path.slice(destination.length)),
    checksums: waiting.map(({ node }) => node.checksum),
  }
  // What is left is too little for a thread.
  const refused = waiting.length < LINKS_AT_ONCE ? linkHere(job) : (checkout.link ?? linkHere)(job)
  const linked = refused.then(refusals => {
    walk.links += waiting.length - refusals.length
    walk.fallback = refusals.at(-1)?.code ?? walk.fallback
    return refusals.map(({ at }) => waiting[at]!)
  })
  linked.catch(() => undefined)
  walk.linking.push(linked)
}

async function linkHere(job: LinkJob): Promise<readonly Refusal[]> {
  return linkObjects(job)
}

/**
 * Images that lie in an OSTree repository as skopeo's ostree transport, or atomic, put them there.
 *
 * Blobs are not there any more, only trees: an archive is made of each again. With what tar-split kept it is the one
 * that the image was built of, and its diffID shows it. Without, it is an archive of ctrbuild's own making; then
 * manifest and configuration name that one, and the lock pins what the repository has, which every object's checksum
 * vouches for, and not what a registry once sent.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CtrbuildError } from '../errors.ts'
import { treeMembers } from '../export/members.ts'
import type { LockedLayer } from '../lock/types.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { type DiffId, type Digest, digestOf, hexOf, parseDiffId } from '../oci/digest.ts'
import type { Descriptor, ImageManifest } from '../oci/image.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import { DOCUMENT_LIMIT } from '../oci/json-document.ts'
import { parseManifest } from '../oci/manifest.ts'
import { OCI_LAYER, OCI_MANIFEST } from '../oci/media-types.ts'
import { archiveBytes } from '../ostree/archive.ts'
import { configRef, imageRef, layerRef } from '../ostree/commits.ts'
import { layerListingRef } from '../ostree/listings.ts'
import { readCommit, readContent, readTree } from '../ostree/read.ts'
import { readRef } from '../ostree/refs.ts'
import { openRepo } from '../ostree/repo.ts'
import { rebuiltTar } from '../ostree/tar-split.ts'
import type { Checksum, Repo } from '../ostree/types.ts'
import type { Event } from '../report/events.ts'
import type { ImageSource, ResolvedImage } from '../source/types.ts'
import type { ImageSpec } from '../spec/types.ts'
import { unhurried, writePiecesAtomic } from '../sys/atomic.ts'
import type { Dir } from '../tree/node.ts'
import { ownersOf } from '../tree/owners.ts'
import type { Places } from './places.ts'

/** One layer as the repository has it. */
interface StoredLayer {
  readonly commit: Checksum
  /** What tar-split kept. */
  readonly split: string | undefined
  /** True where this store made it itself, and checked it when it did. */
  readonly isOurs: boolean
}

interface StoredImage {
  readonly repo: Repo
  readonly manifest: ImageManifest
  readonly documents: ResolvedImage
  readonly layers: readonly StoredLayer[]
}

/** A source of the images in OSTree repositories; those that name none are in the store's own. */
export function ostreeSource({ repo: own, blobs }: Places, tell: (event: Event) => void): ImageSource {
  return {
    async resolve(image, signal) {
      const stored = readImage(image, own)
      return stored.layers.every(isOriginal) ? stored.documents : remade(stored, signal)
    },
    async fetch(image, locked, layers, observer, signal) {
      const stored = readImage(image, own)
      mkdirSync(join(blobs, 'sha256'), { recursive: true, mode: 0o700 })
      let bytes = 0
      for (const layer of layers) {
        const from = stored.layers[locked.layers.findIndex(({ digest }) => digest === layer.digest)]
        if (from === undefined) throw gone(image, `the layer ${layer.digest}`)
        const path = join(blobs, 'sha256', hexOf(layer.diffId))
        if (from.split === undefined) warnOfOwner(image, layer, readTree(stored.repo, from.commit), tell)
        await writePiecesAtomic(path, counted(archiveOf(stored.repo, from), layer, image), signal)
        bytes += layer.size
        observer.progress(bytes)
        observer.arrived(layer, path)
      }
    },
  }
}

/** Fails where the archive is another one than was locked: that is told best before it is imported. */
function* counted(
  pieces: Iterable<Buffer>,
  { diffId }: LockedLayer,
  { reference }: ImageSpec,
): Generator<Buffer> {
  const hash = createHash('sha256')
  for (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
  const found = `sha256:${hash.digest('hex')}`
  if (found === diffId) return
  throw new CtrbuildError(
    'DIFFID_MISMATCH',
    `a layer of ${reference.text}\n  wanted ${diffId}\n   found ${found}`,
    {
      hint: 'The repository has another layer than was locked, or what it kept of the archive is wrong',
    },
  )
}

/** In a layer that a plain user imported everything is theirs, and what tar-split would have kept is lost. */
function warnOfOwner(
  { reference }: ImageSpec,
  { diffId }: LockedLayer,
  tree: Dir,
  tell: (event: Event) => void,
): void {
  const owners = ownersOf(tree)
  if (owners.size > 1 || owners.has(0)) return
  const layer = hexOf(diffId).slice(0, 12)
  const message = `${reference.text}: all of layer ${layer} belongs to uid ${[...owners].join()}, who imported it: owners, setuid and attributes are lost`
  tell({
    kind: 'warning',
    code: 'OWNERS_LOST',
    message,
    hint: 'Take the image from a registry if they matter',
  })
}

function isOriginal({ split, isOurs }: StoredLayer): boolean {
  return split !== undefined || isOurs
}

function archiveOf(repo: Repo, { commit, split }: StoredLayer): Iterable<Buffer> {
  const tree = readTree(repo, commit)
  return split === undefined ? archiveBytes(treeMembers(tree, ''), repo) : rebuiltTar(split, tree, repo)
}

/** Manifest and configuration that name the archives which can be made. */
async function remade(
  { repo, manifest, documents, layers }: StoredImage,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const { diffIds } = parseImageConfig(documents.config.bytes)
  const made: { readonly descriptor: Descriptor; readonly diffId: DiffId }[] = []
  for (const [i, layer] of layers.entries()) {
    if (isOriginal(layer)) made.push({ descriptor: manifest.layers[i]!, diffId: diffIds[i]! })
    else made.push(await madeLayer(repo, layer, signal))
  }
  const { history: _, ...original } = JSON.parse(documents.config.bytes.toString('utf8'))
  const rootfs = { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) }
  const config = Buffer.from(canonicalJson({ ...original, rootfs }))
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: made.map(({ descriptor }) => descriptor),
  }
  const bytes = Buffer.from(canonicalJson(document))
  return {
    index: undefined,
    manifest: { digest: digestOf(bytes), bytes },
    config: { digest: digestOf(config), bytes: config },
  }
}

async function madeLayer(repo: Repo, layer: StoredLayer, signal: AbortSignal) {
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of unhurried(archiveOf(repo, layer), signal)) {
    hash.update(piece)
    size += piece.length
  }
  const digest = `sha256:${hash.digest('hex')}`
  return { descriptor: { mediaType: OCI_LAYER, digest: digest as Digest, size }, diffId: digest as DiffId }
}

/**
 * Reads an image's documents and finds its layers.
 * @throws CtrbuildError IMAGE_NOT_FOUND, DIGEST_MISMATCH, IMAGE_INVALID, OBJECT_DAMAGED, REPO_INVALID
 */
function readImage(image: ImageSpec, own: string): StoredImage {
  const { name, repo: path = own } = image.reference
  const repo = openRepo(path)
  const commit = repo && readRef(repo, imageRef(name))
  if (repo === undefined || commit === undefined) {
    throw new CtrbuildError('IMAGE_NOT_FOUND', `there is no image ${name} in ${path}`, {
      hint: `ostree refs --repo=${path} --list ociimage shows which there are`,
    })
  }
  const manifestBytes = Buffer.from(metadataOf(repo, commit, 'docker.manifest') ?? '')
  const manifest = parseManifest(manifestBytes)
  if (manifest.kind === 'index') throw new CtrbuildError('IMAGE_INVALID', `${name} in ${path} is an index`)
  const digest = digestOf(manifestBytes)
  const said = metadataOf(repo, commit, 'docker.digest')
  if (said !== undefined && said !== digest)
    throw mismatch(`the manifest of ${name} in ${path}`, said, digest)
  return {
    repo,
    manifest,
    documents: {
      index: undefined,
      manifest: { digest, bytes: manifestBytes },
      config: readConfig(repo, image, manifest),
    },
    layers: manifest.layers.map(layer => layerOf(repo, image, layer, repo.path === own)),
  }
}

function readConfig(repo: Repo, image: ImageSpec, { config }: ImageManifest): ResolvedImage['config'] {
  const commit = readRef(repo, configRef(config.digest))
  const file = commit && readTree(repo, commit).children.get('content')
  if (file?.kind !== 'file') throw gone(image, 'the configuration')
  const bytes = readContent(repo, file.checksum as Checksum, DOCUMENT_LIMIT)
  if (digestOf(bytes) !== config.digest)
    throw mismatch(`the configuration of ${image.reference.text}`, config.digest, digestOf(bytes))
  return { digest: config.digest, bytes }
}

function layerOf(repo: Repo, image: ImageSpec, { digest }: Descriptor, isOwn: boolean): StoredLayer {
  const commit = readRef(repo, layerRef(digest))
  if (commit === undefined) throw gone(image, `the layer ${digest}`)
  const diffId = metadataOf(repo, commit, 'docker.uncompressed_digest')
  return {
    commit,
    split: metadataOf(repo, commit, 'tarsplit.output') || undefined,
    isOurs:
      isOwn && diffId !== undefined && readRef(repo, layerListingRef(parseDiffId(diffId))) !== undefined,
  }
}

function metadataOf(repo: Repo, commit: Checksum, key: string): string | undefined {
  const value = readCommit(repo, commit).metadata[key]
  return typeof value === 'string' ? value : undefined
}

function gone({ reference }: ImageSpec, what: string): CtrbuildError {
  return new CtrbuildError(
    'IMAGE_NOT_FOUND',
    `${reference.text} is not whole: the repository does not have ${what}`,
    {
      hint: 'atomic deleted configurations when it pruned: pull the image again',
    },
  )
}

function mismatch(what: string, wanted: string, found: string): CtrbuildError {
  return new CtrbuildError(
    'DIGEST_MISMATCH',
    `${what} has another digest\n  wanted ${wanted}\n   found ${found}`,
  )
}

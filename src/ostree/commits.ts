/**
 * The commits that ctrbuild makes, and the refs that name them: layers, configurations and images as skopeo's ostree
 * transport wrote them, so that tools made for it can read them, and merged trees of our own.
 *
 * Nothing in a commit depends on when or where it was made.
 */
import { type ChainId, type DiffId, type Digest, hexOf } from '../oci/digest.ts'
import type { CommitDraft } from './commit.ts'
import { escapeImageName } from './refs.ts'
import type { RootChecksums } from './tree-objects.ts'

/** A layer whose tree is written. */
export interface CommittedLayer {
  /** Bytes of the blob as the registry sends it. */
  readonly size: number
  /** Bytes of the uncompressed tar. */
  readonly uncompressedSize: number
  readonly diffId: DiffId
  readonly root: RootChecksums
}

/** The ref of a layer, by the digest of its blob. */
export function layerRef(digest: Digest): string {
  return `ociimage/${hexOf(digest)}`
}

/** The ref of an image configuration, by the digest of its blob. */
export function configRef(digest: Digest): string {
  return `ociimage/${hexOf(digest)}`
}

/** The ref of an image, by the name it was asked for with. */
export function imageRef(name: string): string {
  return `ociimage/${escapeImageName(name)}`
}

/** The ref of a stack's merged tree. */
export function rootfsRef(chainId: ChainId): string {
  return `ctrbuild/rootfs/${hexOf(chainId)}`
}

/** A layer's tree, whiteouts kept as files. */
export function layerCommit({ size, uncompressedSize, diffId, root }: CommittedLayer): CommitDraft {
  return transportCommit(root, {
    'docker.size': String(size),
    'docker.uncompressed_size': String(uncompressedSize),
    'docker.uncompressed_digest': diffId,
  })
}

/** An image configuration; its tree holds the blob as `content`. */
export function configCommit({
  size,
  root,
}: {
  readonly size: number
  readonly root: RootChecksums
}): CommitDraft {
  return transportCommit(root, { 'docker.size': String(size) })
}

/** An image; its tree holds the manifest as `manifest.json`. */
export function imageCommit(image: {
  readonly manifest: string
  readonly digest: Digest
  readonly root: RootChecksums
}): CommitDraft {
  return transportCommit(image.root, {
    'docker.manifest': image.manifest,
    'docker.digest': image.digest,
    signatures: '0',
  })
}

/** A merged tree, with the layers it was merged from, lowest first. */
export function rootfsCommit(
  rootfs: RootChecksums & { readonly chainId: ChainId; readonly chain: readonly DiffId[] },
): CommitDraft {
  const { chainId, chain, tree, meta } = rootfs
  return { tree, meta, metadata: { 'ctrbuild.chain_id': chainId, 'ctrbuild.diff_ids': chain.join(' ') } }
}

/** As skopeo's transport committed: no message, and 32 zero bytes where the parent would be. */
function transportCommit(
  { tree, meta }: RootChecksums,
  metadata: Readonly<Record<string, string>>,
): CommitDraft {
  return { tree, meta, metadata, parent: 'zeros' }
}

/** An OCI layout as a folder: written beside its place, and there whole or not at all. */
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { treeMembers } from '../export/members.ts'
import { blobPath, layoutFiles, type WrittenLayer } from '../export/oci-image.ts'
import type { DiffId, Digest } from '../oci/digest.ts'
import { archiveBytes } from '../ostree/archive.ts'
import { unhurried, writeFolderAtomic } from '../sys/atomic.ts'
import type { Delivery } from './delivery.ts'
import { usage } from './usage.ts'

/**
 * Writes the layout of an image of one layer.
 * @throws CtrbuildError USAGE where no folder was named, OUT_FOREIGN where there is something
 */
export async function writeLayout(delivery: Delivery): Promise<void> {
  const { output, subject } = delivery
  if (output === undefined) throw usage('an OCI layout is a folder', 'Name a new one with --output')
  await writeFolderAtomic(output, async folder => {
    mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
    const draft = join(folder, 'layer')
    const layer = await writeLayer(delivery, draft)
    renameSync(draft, join(folder, blobPath(layer.digest)))
    for (const { path, bytes } of layoutFiles(subject, layer)) writeFileSync(join(folder, path), bytes)
  })
}

async function writeLayer({ subject, repo, surroundings }: Delivery, path: string): Promise<WrittenLayer> {
  const tar = archiveBytes(treeMembers(subject.root, ''), repo)
  const plain = createHash('sha256')
  const packed = createHash('sha256')
  let size = 0
  const fd = openSync(path, 'wx', 0o644)
  try {
    await pipeline(
      async function* () {
        for await (const piece of unhurried(tar, surroundings.signal)) {
          plain.update(piece)
          yield piece
        }
      },
      createGzip(),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          size += piece.length
          packed.update(piece)
          writeFileSync(fd, piece)
        }
      },
    )
  } finally {
    closeSync(fd)
  }
  return {
    digest: `sha256:${packed.digest('hex')}` as Digest,
    size,
    diffId: `sha256:${plain.digest('hex')}` as DiffId,
  }
}

/** A portable service, as a folder or as an archive of it. */
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { treeMembers } from '../export/members.ts'
import { type PortableTree, portableTree } from '../export/portable.ts'
import { checkoutTree } from '../ostree/checkout.ts'
import { objectPath } from '../ostree/checksum.ts'
import type { Checksum } from '../ostree/types.ts'
import { writeFolderAtomic } from '../sys/atomic.ts'
import type { Delivery } from './delivery.ts'
import { writeArchive } from './write-archive.ts'

/**
 * Writes the tree into a new folder; where none is named, or a file that ends with `.tar`, as an archive.
 * @throws CtrbuildError USAGE, ROOTFS_INVALID, OUT_FOREIGN, OBJECT_DAMAGED
 */
export async function writePortable(delivery: Delivery): Promise<void> {
  const { subject, output } = delivery
  const tree = portableTree(subject)
  if (output === undefined || output.endsWith('.tar'))
    return writeArchive(delivery, treeMembers(tree.root, '', tree.extras))
  await writeFolderAtomic(output, async folder => {
    // Made anew by the checkout.
    rmdirSync(folder)
    await checkOut(delivery, tree, folder)
  })
}

async function checkOut({ repo, surroundings }: Delivery, { root, extras }: PortableTree, folder: string) {
  const objects = mkdtempSync(join(tmpdir(), 'ctrbuild-'))
  try {
    for (const [{ checksum }, content] of extras) {
      const path = join(objects, objectPath(checksum as Checksum, 'file'))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
    await checkoutTree(root, folder, {
      objects: [join(repo.path, 'objects'), objects],
      mode: repo.mode,
      copy: true,
      signal: surroundings.signal,
    })
  } finally {
    rmSync(objects, { recursive: true, force: true })
  }
}

/** A bundle's generation: the rootfs, config.json, scripts, links to mounts, and last the stamp. */
import { createHash } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Bundle, bundleDigest, makeBundle } from '../bundle/bundle.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import { checkoutTree } from '../ostree/checkout.ts'
import { contentHeader } from '../ostree/content.ts'
import type { AssembleStep, DesiredBundle, Stamp } from '../plan/types.ts'
import type { MountSpec } from '../spec/types.ts'
import { bytesOf, type Dir, type File, type Meta } from '../tree/node.ts'
import { withMountPoints } from '../tree/points.ts'
import { beginGeneration, type Draft, removeTree, STAMP } from './generations.ts'
import { makeMountLinks } from './mount-links.ts'
import { readTextFile } from './rootfs-files.ts'
import { stampText } from './stamp.ts'
import { withSubids } from './subids.ts'
import { unionOf } from './unions.ts'
import { imageOf, type Work } from './work.ts'

const PLAIN: Meta = { uid: 0, gid: 0, mode: 0o644, xattrs: [] }
const EMPTY_FILE: File = {
  kind: 'file',
  meta: PLAIN,
  size: 0,
  checksum: createHash('sha256').update(contentHeader(PLAIN)).digest('hex'),
}

/** Performs an assemble step: the generation is complete afterwards, and waits to be switched to. */
export async function assembleBundle(work: Work, { name, action }: AssembleStep): Promise<void> {
  const desired = work.plan.bundles.find(bundle => bundle.name === name)!
  const union = unionOf(work, desired.chainId)
  const bundle = await describe(work, desired, union.root)
  for (const { code, message, hint } of bundle.warnings) {
    work.reporter.event({
      kind: 'warning',
      code,
      message: `${name}: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  const rootfs = withMountPoints(
    union.root,
    bundle.points.map(point => ({ ...point, path: bytesOf(point.path) })),
    EMPTY_FILE,
  )
  const draft = beginGeneration(work.places.out, name)
  try {
    await checkOut(work, desired, rootfs, draft)
    const digest = bundleDigest(bundle, union)
    for (const { path, mode, content } of bundle.files)
      writeFileSync(join(draft.path, path), content, { mode, flag: 'wx' })
    makeMountLinks(work, draft, bundle)
    writeFileSync(join(draft.path, STAMP), stampText(stampOf(work, desired, digest, bundle)), {
      mode: 0o644,
      flag: 'wx',
    })
    work.drafts.push({ draft, action, digest })
  } catch (error) {
    removeTree(draft.path)
    throw error
  }
}

async function describe(work: Work, desired: DesiredBundle, root: Dir): Promise<Bundle> {
  const image = imageOf(work, desired.images.at(-1)!)
  const { config } = await work.source.documents(image.spec, image.locked, work.signal)
  return makeBundle({
    spec: desired.spec,
    image: parseImageConfig(config.bytes),
    accounts: {
      passwd: readTextFile(work, root, '/etc/passwd'),
      group: readTextFile(work, root, '/etc/group'),
    },
    privilege: withSubids(work.privilege, desired.spec),
    kinds: new Map(desired.spec.mounts.map(mount => [mount.target, kindOf(work, mount)])),
  })
}

/** What has to be in the rootfs for a mount to be put on. */
function kindOf(work: Work, mount: MountSpec): 'file' | 'dir' {
  if (mount.type !== 'bind') return 'dir'
  const found = statSync(resolve(work.places.base, mount.source), { throwIfNoEntry: false })
  return found === undefined || found.isDirectory() ? 'dir' : 'file'
}

async function checkOut(work: Work, desired: DesiredBundle, rootfs: Dir, draft: Draft): Promise<void> {
  const { stage, signal, reporter } = work
  const { fallback } = await checkoutTree(rootfs, join(draft.path, 'rootfs'), {
    objects: [stage.path, join(stage.repo.path, 'objects')],
    mode: stage.repo.mode,
    copy: desired.spec.rootfs === 'copy',
    signal,
  })
  if (fallback === undefined || fallback === 'EMLINK') return
  reporter.event({
    kind: 'warning',
    code: fallback,
    message: `${draft.name}: files were copied, since the file system does not link them from the store`,
    hint: 'Put store and out on one file system, and let one user own both',
  })
}

function stampOf(work: Work, desired: DesiredBundle, digest: Digest, { files }: Bundle): Stamp {
  return {
    formatVersion: 1,
    name: desired.name,
    inputs: desired.inputs,
    digest,
    privilege: work.privilege.kind,
    chainId: desired.chainId,
    layers: desired.chain,
    config: desired.config,
    images: desired.images.map(key => {
      const { reference, manifest } = imageOf(work, key).locked
      return { reference, manifest: manifest.digest }
    }),
    spec: desired.spec,
    files: Object.fromEntries(files.map(({ path, content }) => [path, digestOf(content)])),
  }
}

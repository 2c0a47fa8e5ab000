/** Refs for whole images, as skopeo's ostree transport wrote them: what tools made for such a repository look for. */
import { configCommit, configRef, imageCommit, imageRef, layerRef } from '../ostree/commits.ts'
import { putSingleFile } from '../ostree/listings.ts'
import { readRef } from '../ostree/refs.ts'
import { putCommit } from '../ostree/write.ts'
import type { DesiredImage } from '../plan/types.ts'
import type { Meta } from '../tree/node.ts'
import type { Work } from './work.ts'

/** The transport made the configuration's commit in a temporary folder, which nobody else may enter. */
const CONFIG_ROOT: Meta = { uid: 0, gid: 0, mode: 0o700, xattrs: [] }

/** Stages the configuration and the manifest of each image that the new generations are made of. */
export async function putImageRefs(work: Work): Promise<void> {
  const names = new Set(work.drafts.map(({ draft }) => draft.name))
  const bundles = work.plan.bundles.filter(bundle => names.has(bundle.name))
  const keys = new Set(bundles.flatMap(bundle => bundle.images))
  for (const image of work.plan.images)
    if (keys.has(image.key) && hasLayers(work, image)) await putImage(work, image)
}

function hasLayers({ refs, stage }: Work, { locked }: DesiredImage): boolean {
  return locked.layers.every(
    ({ digest }) => refs.has(layerRef(digest)) || readRef(stage.repo, layerRef(digest)) !== undefined,
  )
}

async function putImage(work: Work, { spec, locked }: DesiredImage): Promise<void> {
  const { writer, refs } = work
  const { manifest, config } = await work.source.documents(spec, locked, work.signal)
  const configRoot = putSingleFile(writer, 'content', config.bytes, CONFIG_ROOT)
  refs.set(
    configRef(config.digest),
    putCommit(writer, configCommit({ size: config.bytes.length, root: configRoot })),
  )
  const root = putSingleFile(writer, 'manifest.json', manifest.bytes)
  const text = manifest.bytes.toString('utf8')
  refs.set(
    imageRef(locked.reference),
    putCommit(writer, imageCommit({ manifest: text, digest: manifest.digest, root })),
  )
}

/** Images read by skopeo, from registries and from every local place that it knows. */
import { CtrbuildError } from '../errors.ts'
import type { ImageSpec } from '../spec/types.ts'
import { blobFolder } from './blob-folder.ts'
import { newClaims } from './claims.ts'
import { type FetchContext, fetchLayers } from './fetch-layers.ts'
import { type Ask, archiveReader, folderReader, registryReader } from './read-documents.ts'
import { resolveImage } from './resolve-image.ts'
import { runSkopeo, type SkopeoOptions } from './skopeo-run.ts'
import { sweepStaging, withStaging } from './staging.ts'
import type { ImageSource, ResolvedImage } from './types.ts'

/** How images are read. */
export interface SkopeoSourceOptions extends SkopeoOptions {
  /** Absolute path of the blob folder, on the store's file system. It need not be there yet. */
  readonly blobs: string
}

/** A source of images that runs skopeo. Nothing is run and nothing written before it is asked. */
export function skopeoSource(options: SkopeoSourceOptions): ImageSource {
  const context: FetchContext = { options, folder: blobFolder(options.blobs), claims: newClaims() }
  let swept: Promise<void> | undefined
  return {
    async resolve(image, signal) {
      const resolved = await resolveBy(options, image, signal)
      if (resolved === undefined) throw incomplete(image)
      return resolved
    },
    async fetch(image, locked, layers, observer, signal) {
      swept ??= sweepStaging(options.blobs)
      await swept
      await fetchLayers(context, { image, locked, layers, observer, signal })
    },
  }
}

async function resolveBy(
  options: SkopeoSourceOptions,
  image: ImageSpec,
  signal: AbortSignal,
): Promise<ResolvedImage | undefined> {
  const { base, blobs } = options
  const ask: Ask = argv => runSkopeo(options, { image, argv, signal })
  switch (image.reference.transport) {
    case 'docker': {
      const askOnce: Ask = argv => runSkopeo({ ...options, retries: 0 }, { image, argv, signal })
      return resolveImage(image, registryReader(image, ask, askOnce))
    }
    case 'oci':
    case 'dir':
      return resolveImage(image, folderReader(image, ask, base))
    case 'oci-archive':
    case 'docker-archive':
    case 'containers-storage':
      return withStaging(blobs, base, staging => {
        const askHere: Ask = argv => runSkopeo(options, { image, argv, signal, temporary: staging.temporary })
        return resolveImage(image, archiveReader(image, askHere, staging))
      })
    case 'ostree':
      throw new Error('skopeo reads no OSTree repositories any more')
    default:
      return image.reference.transport satisfies never
  }
}

function incomplete(image: ImageSpec): CtrbuildError {
  return new CtrbuildError('IMAGE_NOT_FOUND', `${image.reference.text} names documents that are not there`, {
    hint: 'Copy the image again, with all that belongs to its platform',
  })
}

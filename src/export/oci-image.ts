/** A bundle as an image of one layer: its configuration, manifest and layout (OCI image specification). */
import { canonicalJson } from '../oci/canonical-json.ts'
import { type DiffId, type Digest, digestOf } from '../oci/digest.ts'
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../oci/media-types.ts'
import type { MountSpec } from '../spec/types.ts'
import { type Fate, warnOfKeys, warnOfMounts } from './declared.ts'
import type { ExportSubject, ExportWarning } from './subject.ts'

/** The layer, when it is written. */
export interface WrittenLayer {
  readonly digest: Digest
  readonly size: number
  readonly diffId: DiffId
}

/** The small files of an OCI layout, by path; the layer lies beside them. */
export type LayoutFiles = readonly { readonly path: string; readonly bytes: Buffer }[]

const IMPLICIT = 'org.opencontainers.image.'

/** Everything of a layout but the layer (image-layout.md). */
export function layoutFiles(subject: ExportSubject, layer: WrittenLayer): LayoutFiles {
  const config = Buffer.from(canonicalJson(imageConfig(subject, layer)))
  const manifest = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(OCI_CONFIG, config),
      layers: [{ mediaType: `${OCI_LAYER}+gzip`, digest: layer.digest, size: layer.size }],
    }),
  )
  const named = {
    ...descriptor(OCI_MANIFEST, manifest),
    annotations: { [`${IMPLICIT}ref.name`]: subject.name },
  }
  return [
    blob(config),
    blob(manifest),
    { path: 'index.json', bytes: Buffer.from(canonicalJson({ schemaVersion: 2, manifests: [named] })) },
    { path: 'oci-layout', bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
  ]
}

/** Where a blob lies in a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** What an image cannot say: who runs it decides it anew. */
export function warnOfImage({ spec, config }: ExportSubject): ExportWarning[] {
  const groups: ExportWarning[] =
    (config.process.user.additionalGids ?? []).length === 0 || spec.groups !== undefined
      ? []
      : [{ code: 'EXPORT_LEFT_OUT', key: 'user', message: 'further groups of the user are left out' }]
  const fates: Readonly<Record<string, Fate>> = { annotations: 'carried' }
  return [...groups, ...warnOfKeys(spec, 'an OCI image', fates), ...warnOfMounts(spec, judge)]
}

function judge(mount: MountSpec): Fate {
  if (mount.type === 'volume')
    return { code: 'EXPORT_CHANGED', message: 'is a volume of the image, without the name and the content' }
  return { code: 'EXPORT_LEFT_OUT', message: `an OCI image has no place for a ${mount.type} mount` }
}

/** The configuration (config.md), from config.json as conversion.md has it, backwards. */
function imageConfig({ config, spec }: ExportSubject, { diffId }: WrittenLayer): object {
  const { process: run, annotations } = config
  const { platform } = spec.images.at(-1)!
  const of = (name: string) => annotations[IMPLICIT + name]
  const ports = of('exposedPorts')?.split(',')
  const volumes = spec.mounts.flatMap(mount => (mount.type === 'volume' ? [mount.target] : []))
  return {
    created: of('created'),
    author: of('author'),
    os: platform.os,
    architecture: platform.architecture,
    variant: platform.variant,
    config: {
      User: `${run.user.uid}:${run.user.gid}`,
      Env: run.env,
      Cmd: run.args,
      WorkingDir: run.cwd,
      StopSignal: of('stopSignal'),
      ExposedPorts: ports && keys(ports),
      Volumes: volumes.length === 0 ? undefined : keys(volumes),
      Labels: labelsOf(annotations),
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  }
}

/** Annotations that conversion.md makes of fields become fields again, and no labels. */
function labelsOf(annotations: Readonly<Record<string, string>>): object | undefined {
  const fields = ['os', 'architecture', 'variant', 'author', 'created', 'stopSignal', 'exposedPorts']
  const labels = Object.entries(annotations).filter(
    ([name]) => !fields.some(field => name === IMPLICIT + field),
  )
  return labels.length === 0 ? undefined : Object.fromEntries(labels)
}

function keys(names: readonly string[]): object {
  return Object.fromEntries(names.map(name => [name, {}]))
}

function descriptor(mediaType: string, bytes: Buffer): { mediaType: string; digest: Digest; size: number } {
  return { mediaType, digest: digestOf(bytes), size: bytes.length }
}

function blob(bytes: Buffer): LayoutFiles[number] {
  return { path: blobPath(digestOf(bytes)), bytes }
}

/** What an image says about itself, as annotations (OCI image specification, conversion.md, "Annotations"). */
import type { ImageConfig } from '../oci/image.ts'
import { bytesOf, display } from '../tree/node.ts'
import type { BundleWarning } from './warning.ts'

/**
 * Annotations by which a runtime is told what to do: crun's own, properties of a systemd unit, the options of CRIU.
 * "A converter MAY choose to not include annotations specified in the image, if [they] are considered to be unsafe",
 * and SHOULD say so: an image must not steer the runtime.
 */
const STEERING = ['run.oci.', 'org.systemd.property.', 'org.criu.', 'io.katacontainers.']

/** Labels verbatim, and under them the implicit annotations, which never replace a label. */
export function makeAnnotations(image: ImageConfig): {
  annotations: Record<string, string>
  warnings: BundleWarning[]
} {
  const labels = Object.entries(image.run.labels)
  const all = new Map([...implicit(image), ...labels.filter(([name]) => !isSteering(name))])
  return {
    annotations: Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1))),
    warnings: labels.filter(([name]) => isSteering(name)).map(([name]) => ignored(name)),
  }
}

/** Fields that the image does not have become no annotation. */
function implicit({ os, architecture, variant, author, created, run }: ImageConfig): [string, string][] {
  const fields: Readonly<Record<string, string | undefined>> = {
    os,
    architecture,
    variant,
    author,
    created,
    stopSignal: run.stopSignal,
    exposedPorts: run.exposedPorts.join(','),
  }
  const present = Object.entries(fields).filter((field): field is [string, string] => Boolean(field[1]))
  return present.map(([name, value]) => [`org.opencontainers.image.${name}`, value])
}

function isSteering(name: string): boolean {
  return STEERING.some(prefix => name.startsWith(prefix))
}

function ignored(name: string): BundleWarning {
  const shown = display(bytesOf(name)).slice(0, 80)
  return {
    code: 'LABEL_IGNORED',
    message: `the image's label ${shown} is left out: it would tell the runtime what to do`,
  }
}

/** Reads image configurations (config.md). */
import { parseDiffId } from './digest.ts'
import type { ImageConfig, ImageRunConfig } from './image.ts'
import { readDocument } from './json-document.ts'
import { asList, asRecord, asText, isAbsent, member, optional, type Spot } from './shape.ts'

/**
 * Reads an image configuration. Types are strict; what is absent or null is empty, as Docker and Go's tools write
 * it. `history` is not looked at.
 * @throws CtrbuildError IMAGE_INVALID, DIGEST_INVALID
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const document = readDocument(bytes, 'the image configuration')
  return {
    os: optional(member(document, 'os'), asText) ?? '',
    architecture: optional(member(document, 'architecture'), asText) ?? '',
    variant: optional(member(document, 'variant'), asText) || undefined,
    created: optional(member(document, 'created'), asText) || undefined,
    author: optional(member(document, 'author'), asText) || undefined,
    diffIds: optional(member(document, 'rootfs'), diffIdsOf) ?? [],
    run: runConfigOf(member(document, 'config')),
  }
}

function diffIdsOf(rootfs: Spot): ImageConfig['diffIds'] {
  const type = member(rootfs, 'type')
  if (!isAbsent(type) && type.value !== 'layers') throw type.refuse(type, 'must be "layers"')
  const list = optional(member(rootfs, 'diff_ids'), asList) ?? []
  return list.map(spot => parseDiffId(spot.value, `${spot.path} of the image configuration`))
}

function runConfigOf(spot: Spot): ImageRunConfig {
  const config = isAbsent(spot) ? { ...spot, value: {} } : spot
  return {
    user: optional(member(config, 'User'), asText) ?? '',
    env: texts(member(config, 'Env')),
    entrypoint: texts(member(config, 'Entrypoint')),
    cmd: texts(member(config, 'Cmd')),
    workingDir: optional(member(config, 'WorkingDir'), asText) ?? '',
    volumes: sortedKeys(member(config, 'Volumes')),
    exposedPorts: sortedKeys(member(config, 'ExposedPorts')),
    stopSignal: optional(member(config, 'StopSignal'), asText) || undefined,
    labels: labelsOf(member(config, 'Labels')),
  }
}

function texts(spot: Spot): readonly string[] {
  return (optional(spot, asList) ?? []).map(asText)
}

function sortedKeys(spot: Spot): readonly string[] {
  return Object.keys(optional(spot, asRecord) ?? {}).sort()
}

function labelsOf(spot: Spot): Readonly<Record<string, string>> {
  return Object.fromEntries(sortedKeys(spot).map(key => [key, asText(member(spot, key))]))
}

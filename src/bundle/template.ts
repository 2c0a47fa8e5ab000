/**
 * The file that a config.json starts from (`configTemplate`): its members stand over ctrbuild's defaults, and under
 * what the image and the bundle's keys say.
 */
import { isJsonObject, type JsonObject, parseJsonText, withoutNulls } from '../spec/json-text.ts'
import type { RuntimeConfig } from './types.ts'

/** What a template may hold, once its shape has been checked. */
export interface Template {
  readonly process?: Partial<RuntimeConfig['process']>
  readonly mounts?: RuntimeConfig['mounts']
  readonly annotations?: RuntimeConfig['annotations']
  readonly hooks?: NonNullable<RuntimeConfig['hooks']>
  readonly linux?: Partial<RuntimeConfig['linux']>
}

/** Members that config.json gets from elsewhere, always. */
const OWN = ['ociVersion', 'root', 'hostname'] as const

/** Reads a template. Members that are null are absent, as Go's programs write them. */
export function readTemplate(text: string | undefined): JsonObject {
  const template = text === undefined ? {} : withoutNulls(parseJsonText(text))
  if (!isJsonObject(template)) return {}
  return Object.fromEntries(
    Object.entries(template).filter(([name]) => !(OWN as readonly string[]).includes(name)),
  )
}

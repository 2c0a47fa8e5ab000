/** The config.json of an image's /exports: rendered first, read after, brought up to date, and traced back. */
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import type { ImageConfig } from '../oci/image.ts'
import { type Node, spanAt } from '../spec/document.ts'
import { isJsonObject, type Json, type JsonObject, parseJsonText, withoutNulls } from '../spec/json-text.ts'
import type { Path } from '../spec/problem.ts'
import type { JsonText } from '../spec/settings.ts'
import type { BundleSpec, Namespace } from '../spec/types.ts'
import type { Exports } from './exports.ts'
import { scanJson } from './json-scan.ts'
import { placeIn, render, type TemplateFile, type Variables } from './template.ts'
import { upgradeConfig } from './upgrade.ts'

/** A config.json that an image says it wants. */
export interface ExportedConfig {
  /** Canonical, to be merged as `configTemplate` is. */
  readonly text: JsonText
  readonly config: JsonObject
  /** What had to be changed for today's runtimes. */
  readonly changes: readonly string[]
  /** Where a member stands in the template: `/exports/config.json.template:3:7`. */
  locate(path: Path): string
}

/**
 * Reads the config.json that an image brings, or its template.
 * @throws CtrbuildError TEMPLATE_INVALID, VARIABLE_MISSING
 */
export function exportedConfig(exports: Exports, values: Variables): ExportedConfig | undefined {
  const { config, configTemplate } = exports
  const file = config ?? configTemplate
  if (file === undefined) return undefined
  const isTemplate = config === undefined
  const { text, origin } = isTemplate ? render(file, values) : { text: file.text, origin: (at: number) => at }
  const at = (offset: number) => placeIn(file, origin(offset))
  const root = rootOf(file, text, at)
  const { config: upgraded, changes } = upgradeConfig(withoutNulls(parseJsonText(text)) as JsonObject)
  return {
    text: canonicalJson(upgraded),
    config: upgraded,
    changes,
    locate: path => at(spanAt(root, path)[0]),
  }
}

function rootOf(file: TemplateFile, text: string, at: (offset: number) => string): Node {
  const scanned = scanJson(text)
  if (scanned.kind === 'fault') {
    const seen = text.slice(scanned.at).split('\n')[0]!.slice(0, 40)
    const found = seen === '' ? 'it ends too early' : `${JSON.stringify(seen)} does not go on as JSON`
    throw new CtrbuildError('TEMPLATE_INVALID', `${at(scanned.at)}: ${found}`, {
      hint: 'The values of set: go in as they are, quotes and commas too',
    })
  }
  if (scanned.root.kind === 'map') return scanned.root
  throw new CtrbuildError('TEMPLATE_INVALID', `${file.path} is no JSON object`)
}

/**
 * The image with the process that its config.json says: a system container is not what a container daemon would start.
 * Variables of the image's environment stay under those of the config.json.
 */
export function imageAs(image: ImageConfig, config: JsonObject): ImageConfig {
  const process: JsonObject = isJsonObject(config.process) ? config.process : {}
  const { args, env, cwd, user } = process
  const variables = isTexts(env) ? env : []
  const names = new Set(variables.map(nameOf))
  const { uid, gid } = isJsonObject(user) ? user : {}
  return {
    ...image,
    run: {
      ...image.run,
      ...(isTexts(args) && args.length > 0 && { entrypoint: [], cmd: args }),
      ...(typeof cwd === 'string' && cwd !== '' && { workingDir: cwd }),
      ...(typeof uid === 'number' && { user: `${uid}:${typeof gid === 'number' ? gid : 0}` }),
      env: [...image.run.env.filter(variable => !names.has(nameOf(variable))), ...variables],
    },
  }
}

const NAMESPACES: readonly Namespace[] = ['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts']

/** The namespaces of a config.json, where the bundle does not say otherwise. A mount namespace is always there. */
export function namespacesAs(spec: BundleSpec, config: JsonObject): readonly Namespace[] {
  const linux: JsonObject = isJsonObject(config.linux) ? config.linux : {}
  if (spec.demandsNamespaces === true || !Array.isArray(linux.namespaces)) return spec.namespaces
  const types = new Set(
    linux.namespaces.flatMap((entry: Json) =>
      isJsonObject(entry) && entry.path === undefined ? [entry.type] : [],
    ),
  )
  return NAMESPACES.filter(name => name === 'mount' || types.has(name))
}

/** True where the config.json counts on being able to write to its root. */
export function wantsWritableRoot(config: JsonObject): boolean {
  return isJsonObject(config.root) && config.root.readonly !== true
}

function nameOf(variable: string): string {
  return variable.split('=')[0]!
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

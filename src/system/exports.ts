/** What an image's /exports holds (the contract of `atomic install --system`), as values. */
import { CtrbuildError } from '../errors.ts'
import type { Json } from '../spec/json-text.ts'
import { isJsonObject, parseJsonText } from '../spec/json-text.ts'
import { scanJson } from './json-scan.ts'
import { placeIn, type TemplateFile } from './template.ts'

/** Where it is in the image. */
export const EXPORTS = '/exports'

/** Something that stands below /exports/hostfs. */
export type HostEntry =
  | {
      readonly kind: 'file'
      /** Absolute path on the host. */
      readonly path: string
      /** Permission bits without setuid, setgid and sticky. */
      readonly mode: number
      readonly content: Buffer
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/** The files of /exports, as they are in the merged tree; undefined where there is none. */
export interface Exports {
  readonly manifest: TemplateFile | undefined
  /** `config.json`: as it is. It counts over the template. */
  readonly config: TemplateFile | undefined
  readonly configTemplate: TemplateFile | undefined
  readonly service: TemplateFile | undefined
  readonly tmpfiles: TemplateFile | undefined
  /** Sorted by path. */
  readonly hostFiles: readonly HostEntry[]
}

/** What manifest.json says. Links or copies (`useLinks`) make no difference here: files are copied. */
export interface ExportsManifest {
  readonly defaultValues: ReadonlyMap<string, string>
  /** Paths of hostfs, and templates of what they become. Longest first. */
  readonly renameFiles: readonly { readonly from: string; readonly to: string }[]
  /** Paths of hostfs that are templates. */
  readonly templates: ReadonlySet<string>
  readonly hasService: boolean
}

/**
 * Reads a manifest.json; without one, everything is left out. Members that the contract does not know are not looked at.
 * @throws CtrbuildError EXPORTS_INVALID
 */
export function readManifest(file: TemplateFile | undefined): ExportsManifest {
  const manifest = file === undefined ? {} : objectIn(file)
  const member = <T>(name: string, is: (value: Json) => value is Json & T, kind: string): T | undefined => {
    const value = (manifest as Readonly<Record<string, Json>>)[name]
    if (value === undefined || value === null) return undefined
    if (is(value)) return value
    throw invalid(`${file!.path}: ${name} must be ${kind}`)
  }
  const version = member('version', isWord, 'a text') ?? '1.0'
  if (!/^1(\.\d+)*$/.test(String(version)))
    throw invalid(`${file!.path} has version ${JSON.stringify(version)}, and this ctrbuild reads version 1`)
  member('useLinks', isBoolean, 'true or false')
  const renames = member('renameFiles', isTexts, 'a mapping of paths') ?? {}
  return {
    defaultValues: valuesOf(member('defaultValues', isWords, 'a mapping of texts') ?? {}),
    renameFiles: Object.entries(renames)
      .map(([from, to]) => ({ from, to }))
      .sort((a, b) => b.from.length - a.from.length),
    templates: new Set(member('installedFilesTemplate', isTextList, 'a list of paths') ?? []),
    hasService: member('noContainerService', isBoolean, 'true or false') !== true,
  }
}

function valuesOf(words: Readonly<Record<string, string | number | boolean>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(words).map(([name, word]) => [name, String(word)]))
}

/**
 * The JSON object in a file.
 * @throws CtrbuildError EXPORTS_INVALID
 */
export function objectIn(file: TemplateFile): Readonly<Record<string, Json>> {
  const scanned = scanJson(file.text)
  if (scanned.kind === 'fault') throw invalid(`${placeIn(file, scanned.at)}: from here on it is no JSON`)
  const value = parseJsonText(file.text)
  if (isJsonObject(value)) return value
  throw invalid(`${file.path} is no JSON object`)
}

function invalid(message: string): CtrbuildError {
  return new CtrbuildError('EXPORTS_INVALID', message, {
    hint: "The image's makers have to mend it; system: false leaves its /exports alone",
  })
}

function isBoolean(value: Json): value is boolean {
  return typeof value === 'boolean'
}

function isWord(value: Json): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function isTextList(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function isTexts(value: Json): value is Readonly<Record<string, string>> {
  return isJsonObject(value) && Object.values(value).every(item => typeof item === 'string')
}

function isWords(value: Json): value is Readonly<Record<string, string | number | boolean>> {
  return isJsonObject(value) && Object.values(value).every(isWord)
}

/** Which images a bundle is stacked from: names from `images`, or references of their own. */
import { CtrbuildError } from '../errors.ts'
import { type Platform, parsePlatform } from '../oci/platform.ts'
import { parseReference } from '../oci/reference.ts'
import type { Node } from './document.ts'
import { bundleFields } from './fields.ts'
import type { Findings } from './findings.ts'
import { readValue } from './issues.ts'
import type { Path } from './problem.ts'
import { asMap, namedEntries, readFields, refuseUnknownKeys, requireKeys } from './read-fields.ts'
import { imageFields } from './schema.ts'
import { suggestion } from './suggest.ts'
import type { ImageSpec } from './types.ts'

const SUGGESTION_LIMIT = 300

/** Images by name. One that is declared with a mistake is there, but has no value. */
export interface NamedImages {
  readonly byName: ReadonlyMap<string, ImageSpec | undefined>
  /** What a reference is read for that stands in a bundle itself. */
  readonly platform: Platform
  /** What to say to someone who may have meant a name. */
  readonly suggest: (word: string) => string | undefined
}

/** Reads `images`. */
export function readImages(node: Node | undefined, platform: Platform, findings: Findings): NamedImages {
  const path = ['images']
  const map = node === undefined ? undefined : asMap(node, path, findings)
  const entries = map === undefined ? [] : namedEntries(map, path, findings)
  const images = entries.map(
    entry => [entry.name, readImage(entry.node, entry.path, platform, findings)] as const,
  )
  const byName = new Map(images)
  return { byName, platform, suggest: suggestFew([...byName.keys()]) }
}

/** Suggests for the first few hundred words only, since each is compared with every name. */
function suggestFew(names: readonly string[]): NamedImages['suggest'] {
  let asked = 0
  return word => (asked++ < SUGGESTION_LIMIT ? suggestion(word, names) : undefined)
}

function readImage(node: Node, path: Path, host: Platform, findings: Findings): ImageSpec | undefined {
  const map = asMap(node, path, findings)
  if (map === undefined) return undefined
  refuseUnknownKeys(map, Object.keys(imageFields), path, findings)
  requireKeys(map, ['image'], path, findings, 'For example: docker.io/library/redis:7')
  const { image, platform, insecure = false } = readFields(imageFields, map, path, findings)
  const reference = parsed(image, parseReference, [...path, 'image'], findings)
  const chosen =
    platform === undefined ? host : parsed(platform, parsePlatform, [...path, 'platform'], findings)
  return reference === undefined || chosen === undefined
    ? undefined
    : { reference, platform: chosen, insecure }
}

/** Reads a bundle's `image`: one text or a list of them. */
export function readImageStack(
  node: Node,
  path: Path,
  images: NamedImages,
  findings: Findings,
): readonly ImageSpec[] | undefined {
  const value = readValue(bundleFields.image, node, path, findings)
  if (value === undefined) return undefined
  const stack =
    typeof value === 'string'
      ? [findImage(value, path, images, findings)]
      : value.map((text, i) => findImage(text, [...path, i], images, findings))
  return stack.every(image => image !== undefined) ? stack : undefined
}

function findImage(text: string, path: Path, images: NamedImages, findings: Findings): ImageSpec | undefined {
  if (images.byName.has(text)) return images.byName.get(text)
  const reference = parsed(text, parseReference, path, findings)
  const hint = /[/:@]/.test(text) ? undefined : images.suggest(text)
  if (reference !== undefined && hint !== undefined) {
    const claim = `is not a name from images, so "${text}" is looked for in the default registry`
    findings.warning(path, 'IMAGE_RESEMBLES', claim, hint)
  }
  return reference === undefined ? undefined : { reference, platform: images.platform, insecure: false }
}

function parsed<T>(
  text: string | undefined,
  parse: (text: string) => T,
  path: Path,
  findings: Findings,
): T | undefined {
  if (text === undefined) return undefined
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof CtrbuildError)) throw error
    findings.refused(path, error)
    return undefined
  }
}

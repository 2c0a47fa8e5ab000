/** Shared by the tests of bundles.yaml: parses texts, and writes what was found in a line each. */
import { assert } from 'vitest'
import { isMap, isSeq, parseDocument } from 'yaml'
import type { Platform } from '../../src/oci/platform.ts'
import type { FileText } from '../../src/spec/host-file.ts'
import { type ParsedSpec, parseSpec } from '../../src/spec/parse.ts'
import type { Problem } from '../../src/spec/problem.ts'
import { scanYaml } from '../../src/spec/scan.ts'
import type { BundleSpec, Spec } from '../../src/spec/types.ts'

export const AMD64: Platform = { os: 'linux', architecture: 'amd64', variant: undefined }

/** Texts of the files that a bundles.yaml names, by path. */
export type Files = Readonly<Record<string, string>>

export function parse(text: string, files: Files = {}): ParsedSpec {
  const read = (path: string): FileText =>
    Object.hasOwn(files, path) ? { kind: 'text', text: files[path]! } : { kind: 'missing' }
  return parseSpec(text, { file: 'bundles.yaml', platform: AMD64, read })
}

/** `line:col CODE message [hint]`; warnings begin with `warning`. */
export function oneLine({ severity, line, col, code, message, hint }: Problem): string {
  const mark = severity === 'warning' ? 'warning ' : ''
  return `${mark}${line}:${col} ${code} ${message}${hint === undefined ? '' : ` [${hint}]`}`
}

/** Everything that was found in a text, good or not. */
export function found(text: string, files: Files = {}): readonly string[] {
  const parsed = parse(text, files)
  return (parsed.ok ? parsed.warnings : parsed.problems).map(oneLine)
}

export function good(text: string, files: Files = {}): Spec {
  const parsed = parse(text, files)
  assert(parsed.ok, parsed.ok ? '' : parsed.problems.map(oneLine).join('\n'))
  return parsed.spec
}

const HEADER = 'apiVersion: ctrbuild/v1\nkind: Bundles\nbundles:\n  b:\n    image: x.test/i:1\n'

/** What is found in a bundle with the given keys, without line numbers. The bundle's name is `b`. */
export function foundInBundle(keys: string, files: Files = {}): readonly string[] {
  return found(inBundle(keys), files).map(line => line.replace(/\d+:\d+ /, ''))
}

export function goodBundle(keys: string, files: Files = {}): BundleSpec {
  return good(inBundle(keys), files).bundles[0]!
}

/** A whole file with one bundle. */
export function inBundle(keys: string): string {
  return `${HEADER}${keys.replace(/^/gm, '    ')}\n`
}

/** How deep the parser nests collections in a text that the scan lets through; 0 for other texts. */
export function composeDepth(text: string): number {
  if (!scanYaml(text).isSafe) return 0
  const depthOf = (node: unknown): number => {
    if (isMap(node))
      return 1 + Math.max(0, ...node.items.flatMap(pair => [depthOf(pair.key), depthOf(pair.value)]))
    return isSeq(node) ? 1 + Math.max(0, ...node.items.map(depthOf)) : 0
  }
  return depthOf(parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' }).contents)
}

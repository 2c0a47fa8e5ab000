/** From the text of bundles.yaml to a Spec, or to everything that is wrong with it. */
import { posix } from 'node:path'
import type { Platform } from '../oci/platform.ts'
import { compareBytes } from '../tree/node.ts'
import { completeBundle, mergeLayers, type Reading, readLayer } from './bundle.ts'
import { type Node, spanAt } from './document.ts'
import { type Findings, startFindings } from './findings.ts'
import { noFiles, type ReadFile } from './host-file.ts'
import { readImages } from './images.ts'
import { inheritedPath } from './inherit.ts'
import { LIMIT_DEFAULTS } from './limits.ts'
import { byPosition, type Path, type Problem, type Range } from './problem.ts'
import { asMap, namedEntries, readFields, refuseUnknownKeys, requireKeys } from './read-fields.ts'
import { FOLDER_DEFAULTS, headerFields, KEEP_DEFAULT, specFields } from './schema.ts'
import type { BundleSpec, ImageSpec, Spec } from './types.ts'
import { readYaml, type YamlFile } from './yaml.ts'

/** What a text cannot say about itself. */
export interface ParseOptions {
  /** What problems call the file. */
  readonly file: string
  /** Platform of images that do not name one: the host's. */
  readonly platform: Platform
  /** Reads the files that bundles.yaml names, whose content is part of it. Default: there are none. */
  readonly read?: ReadFile
}

/** Where the value of a path is written; what a bundle inherits is written under `defaults`. */
export type Locate = (path: Path) => Range

export type ParsedSpec =
  | {
      readonly ok: true
      readonly spec: Spec
      /** What `images` declares, by name. */
      readonly images: ReadonlyMap<string, ImageSpec>
      readonly locate: Locate
      readonly warnings: readonly Problem[]
    }
  /** At least one error; warnings too, by position. */
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads bundles.yaml. All mistakes are reported at once: those of YAML first, as nothing can be said of the rest
 * before they are mended, then those of all values. Never throws, whatever the text.
 */
export function parseSpec(text: string, options: ParseOptions): ParsedSpec {
  const { file } = options
  const yaml = readYaml(text, file)
  const { root } = yaml
  if (root === undefined) return { ok: false, problems: yaml.problems.toSorted(byPosition) }
  const findings = startFindings(file, root, yaml.range)
  const { spec, images } = readSpec(root, options, findings)
  const problems = [...yaml.problems, ...findings.list()].sort(byPosition)
  if (problems.some(problem => problem.severity === 'error')) return { ok: false, problems }
  return { ok: true, spec, images, locate: locateIn(root, yaml), warnings: problems }
}

function locateIn(root: Node, { range }: YamlFile): Locate {
  return path => range(spanAt(root, inheritedPath(root, path) ?? path))
}

const HEADER_HINT =
  'The file begins with "apiVersion: ctrbuild/v1" and "kind: Bundles"; "bundles" holds the bundles'

interface Read {
  readonly spec: Spec
  readonly images: ReadonlyMap<string, ImageSpec>
}

const NOTHING: Read = {
  spec: { ...FOLDER_DEFAULTS, keep: KEEP_DEFAULT, limits: LIMIT_DEFAULTS, bundles: [] },
  images: new Map(),
}

/** Reads on after every mistake; the result means something only where none was found. */
function readSpec(root: Node, options: ParseOptions, findings: Findings): Read {
  const map = isEmpty(root)
    ? { ...root, kind: 'map' as const, entries: new Map() }
    : asMap(root, [], findings)
  if (map === undefined) return NOTHING
  refuseUnknownKeys(map, Object.keys(specFields), [], findings)
  requireKeys(map, ['apiVersion', 'kind', 'bundles'], [], findings, HEADER_HINT)
  const {
    store = FOLDER_DEFAULTS.store,
    out = FOLDER_DEFAULTS.out,
    keep = KEEP_DEFAULT,
    limits = LIMIT_DEFAULTS,
  } = readFields(headerFields, map, [], findings)
  checkFolders(store, out, findings)
  const images = readImages(map.entries.get('images')?.value, options.platform, findings)
  const reading = { images, read: options.read ?? noFiles, findings }
  const declared = [...images.byName].flatMap(([name, image]) =>
    image === undefined ? [] : ([[name, image]] as const),
  )
  return {
    spec: {
      store,
      out,
      keep,
      limits,
      bundles: readBundles(root, map.entries, reading),
    },
    images: new Map(declared),
  }
}

function isEmpty(root: Node): boolean {
  return root.kind === 'scalar' && root.value === null
}

type Entries = Extract<Node, { kind: 'map' }>['entries']

function readBundles(root: Node, entries: Entries, reading: Reading): readonly BundleSpec[] {
  const { findings } = reading
  const common = entries.get('defaults')?.value
  const defaults = common === undefined ? {} : readLayer(common, ['defaults'], reading)
  const node = entries.get('bundles')?.value
  const map = node === undefined ? undefined : asMap(node, ['bundles'], findings)
  const named = map === undefined ? [] : namedEntries(map, ['bundles'], findings)
  return named
    .map(({ name, node, path }) => {
      const own = readLayer(node, path, reading)
      return completeBundle(name, root, mergeLayers(defaults, own), findings)
    })
    .filter(bundle => bundle !== undefined)
    .sort((a, b) => compareBytes(a.name, b.name))
}

/** Neither folder may be in the other: each is emptied by its own rules. */
function checkFolders(store: string, out: string, findings: Findings): void {
  const [a, b] = [store, out].map(folder => `${posix.normalize(folder).replace(/\/+$/, '')}/`) as [
    string,
    string,
  ]
  if (!a.startsWith(b) && !b.startsWith(a)) return
  findings.error(['out'], 'and store must not lie in each other', {
    hint: `The defaults are ${FOLDER_DEFAULTS.store} and ${FOLDER_DEFAULTS.out}`,
  })
}

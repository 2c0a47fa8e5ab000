/** From what is written about a bundle, and under `defaults`, to a bundle with nothing left open. */
import { compareBytes } from '../tree/node.ts'
import { type Attaching, readEnvFiles, readJsonFile, readPatch, readSeccomp } from './attachments.ts'
import { checkTogether } from './coherence.ts'
import { type Node, nodeAt } from './document.ts'
import { BUNDLE_DEFAULTS, type BundleFields, bundleFields } from './fields.ts'
import type { Findings } from './findings.ts'
import { type NamedImages, readImageStack } from './images.ts'
import { inheritedPath, MERGED_KEYS } from './inherit.ts'
import { readMounts } from './mounts.ts'
import type { Path } from './problem.ts'
import { asMap, readFields, refuseUnknownKeys } from './read-fields.ts'
import type { Settings } from './settings.ts'
import type { BundleSpec, ImageSpec } from './types.ts'

type FileKey = 'envFile' | 'seccomp' | 'configTemplate' | 'configPatch'

/** The valid values that one mapping has: a bundle's own, or the defaults. Files are read. */
export interface Layer
  extends Omit<BundleFields, 'image' | FileKey>,
    Pick<Settings, 'seccomp' | 'configTemplate' | 'configPatch'> {
  readonly images?: readonly ImageSpec[]
  /** What `envFile` says. */
  readonly fileEnv?: Readonly<Record<string, string>>
}

/** What reading a bundle takes, beside the file. */
export interface Reading extends Attaching {
  readonly images: NamedImages
}

/** Reads a mapping with a bundle's keys. */
export function readLayer(node: Node, path: Path, reading: Reading): Layer {
  const { findings } = reading
  const map = asMap(node, path, findings)
  if (map === undefined) return {}
  refuseUnknownKeys(map, Object.keys(bundleFields), path, findings)
  const { image: _image, mounts: _mounts, ...plain } = bundleFields
  const image = map.entries.get('image')?.value
  const mounts = map.entries.get('mounts')?.value
  const stack = image && readImageStack(image, [...path, 'image'], reading.images, findings)
  const mounted = mounts && readMounts(mounts, [...path, 'mounts'], findings)
  const { envFile, seccomp, configTemplate, configPatch, ...fields } = readFields(plain, map, path, findings)
  adviseNamespaces(fields, path, findings)
  return {
    ...fields,
    ...(stack && { images: stack }),
    ...(mounted && { mounts: [...mounted] }),
    ...present({
      fileEnv: envFile && readEnvFiles(envFile, [...path, 'envFile'], reading),
      seccomp: seccomp === undefined ? undefined : readSeccomp(seccomp, [...path, 'seccomp'], reading),
      configTemplate: configTemplate && readJsonFile(configTemplate, [...path, 'configTemplate'], reading),
      configPatch:
        configPatch && readPatch(map.entries.get('configPatch')!.value, [...path, 'configPatch'], findings),
    }),
  }
}

/** The members that have a value. */
function present<T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>
  }
}

function adviseNamespaces({ namespaces }: Pick<BundleFields, 'namespaces'>, path: Path, findings: Findings) {
  if (namespaces === undefined || namespaces.names.includes('pid')) return
  const claim = "leaves out pid: the container sees the host's processes, and what it starts may outlive it"
  findings.warning(
    [...path, 'namespaces'],
    'NAMESPACE_SHARED',
    claim,
    'Most runtimes want it for a plain user',
  )
}

/** Lays a bundle's own values over the defaults: mappings of names entry by entry, every other key as a whole. */
export function mergeLayers(defaults: Layer, own: Layer): Layer {
  const merged = MERGED_KEYS.filter(key => defaults[key] !== undefined && own[key] !== undefined)
  const entries = merged.map(key => [key, { ...defaults[key], ...own[key] }] as const)
  return { ...defaults, ...own, ...Object.fromEntries(entries) }
}

/** Fills what was left open, and checks what keys mean together. `undefined` where there is no usable image. */
export function completeBundle(
  name: string,
  root: Node,
  merged: Layer,
  findings: Findings,
): BundleSpec | undefined {
  checkTogether(name, root, merged, findings)
  if (merged.images === undefined) {
    requireImage(name, root, findings)
    return undefined
  }
  const { args, cwd, user, env, fileEnv, mounts = [], namespaces, ...settings } = merged
  const { names, paths } = namespaces ?? { names: BUNDLE_DEFAULTS.namespaces, paths: {} }
  return {
    ...BUNDLE_DEFAULTS,
    hostname: Object.hasOwn(paths, 'uts') ? '' : name,
    ...settings,
    name,
    images: merged.images,
    args,
    env: sorted({ ...fileEnv, ...env }),
    cwd,
    user,
    mounts,
    namespaces: names,
    ...(settings.runtimes !== undefined && { demandsRuntimes: true }),
    ...(namespaces !== undefined && settings.system !== false && { demandsNamespaces: true }),
    ...(Object.keys(paths).length > 0 && { namespacePaths: paths }),
  }
}

function requireImage(name: string, root: Node, findings: Findings): void {
  const path = ['bundles', name, 'image']
  const isMap = nodeAt(root, ['bundles', name])?.kind === 'map'
  if (!isMap || inheritedPath(root, path) !== undefined) return
  const hint = 'A name from images, or a reference such as docker.io/library/redis:7'
  findings.error(path, 'is missing', { hint })
}

function sorted(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).sort(([a], [b]) => compareBytes(a, b)))
}

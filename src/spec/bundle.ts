/** From what is written about a bundle, and under `defaults`, to a bundle with nothing left open. */
import { compareBytes } from '../tree/node.ts'
import { type Node, nodeAt } from './document.ts'
import { BUNDLE_DEFAULTS, type BundleFields, bundleFields } from './fields.ts'
import type { Findings } from './findings.ts'
import { type NamedImages, readImageStack } from './images.ts'
import { inheritedPath } from './inherit.ts'
import { readMounts } from './mounts.ts'
import type { Path } from './problem.ts'
import { asMap, readFields, refuseUnknownKeys } from './read-fields.ts'
import type { BundleSpec, ImageSpec } from './types.ts'

/** The valid values that one mapping has: a bundle's own, or the defaults. */
export interface Layer extends Omit<BundleFields, 'image'> {
  readonly images?: readonly ImageSpec[]
}

/** Reads a mapping with a bundle's keys. */
export function readLayer(node: Node, path: Path, images: NamedImages, findings: Findings): Layer {
  const map = asMap(node, path, findings)
  if (map === undefined) return {}
  refuseUnknownKeys(map, Object.keys(bundleFields), path, findings)
  const { image: _image, mounts: _mounts, ...plain } = bundleFields
  const image = map.entries.get('image')?.value
  const mounts = map.entries.get('mounts')?.value
  const stack = image && readImageStack(image, [...path, 'image'], images, findings)
  const mounted = mounts && readMounts(mounts, [...path, 'mounts'], findings)
  const layer = readFields(plain, map, path, findings)
  adviseNamespaces(layer, path, findings)
  return { ...layer, ...(stack && { images: stack }), ...(mounted && { mounts: [...mounted] }) }
}

function adviseNamespaces({ namespaces }: BundleFields, path: Path, findings: Findings): void {
  if (namespaces === undefined || namespaces.includes('pid')) return
  const claim = "leaves out pid: the container sees the host's processes, and what it starts may outlive it"
  findings.warning(
    [...path, 'namespaces'],
    'NAMESPACE_SHARED',
    claim,
    'Most runtimes want it for a plain user',
  )
}

/** Lays a bundle's own values over the defaults: `env` variable by variable, every other key as a whole. */
export function mergeLayers(defaults: Layer, own: Layer): Layer {
  const env = defaults.env === undefined ? own.env : { ...defaults.env, ...own.env }
  return { ...defaults, ...own, ...(env === undefined ? {} : { env }) }
}

/** Fills what was left open, and checks what keys mean together. `undefined` where there is no usable image. */
export function completeBundle(
  name: string,
  root: Node,
  merged: Layer,
  findings: Findings,
): BundleSpec | undefined {
  const { args, cwd, user, env = {}, mounts = [] } = merged
  checkHostname(name, root, merged, findings)
  if (merged.images === undefined) {
    requireImage(name, root, findings)
    return undefined
  }
  return {
    ...BUNDLE_DEFAULTS,
    hostname: name,
    ...merged,
    name,
    images: merged.images,
    args,
    env: sorted(env),
    cwd,
    user,
    mounts,
  }
}

function requireImage(name: string, root: Node, findings: Findings): void {
  const path = ['bundles', name, 'image']
  const isMap = nodeAt(root, ['bundles', name])?.kind === 'map'
  if (!isMap || inheritedPath(root, path) !== undefined) return
  const hint = 'A name from images, or a reference such as docker.io/library/redis:7'
  findings.error(path, 'is missing', { hint })
}

/** sethostname(2) without a uts namespace would rename the host (OCI runtime specification, config.md, `hostname`). */
function checkHostname(name: string, root: Node, merged: Layer, findings: Findings): void {
  const { hostname, namespaces = BUNDLE_DEFAULTS.namespaces } = merged
  if (hostname === undefined || (namespaces as readonly string[]).includes('uts')) return
  const path = inheritedPath(root, ['bundles', name, 'hostname']) ?? []
  const isOwn = path[0] === 'bundles'
  const hint = 'Add uts to namespaces, or leave hostname out'
  if (isOwn) findings.error(path, 'needs the namespace uts', { hint })
  else
    findings.error(['bundles', name, 'namespaces'], 'must hold uts, as hostname is set under defaults', {
      hint,
    })
}

function sorted(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).sort(([a], [b]) => compareBytes(a, b)))
}

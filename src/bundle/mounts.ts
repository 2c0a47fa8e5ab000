/**
 * A bundle's own mounts as entries of config.json (OCI runtime specification, config.md, "Mounts").
 *
 * A volume, or a source next to bundles.yaml, is named by a link inside the bundle, such as `mounts/data`: so
 * config.json holds no folder of the host but what the user wrote, and the bundle is the same wherever it stands. It
 * must be a link and not `../..`, since runc joins a relative source to $PWD as text, and that may be a symlink.
 */
import { CtrbuildError } from '../errors.ts'
import { digestOf, hexOf } from '../oci/digest.ts'
import { overlayOptions } from '../spec/mount-options.ts'
import { TMPFS_MODE } from '../spec/mount-schema.ts'
import type { MountSpec } from '../spec/types.ts'
import { mountOf, systemOptions, tmpfs } from './system-mounts.ts'
import type { MountLink, RuntimeMount } from './types.ts'

/** Folder of the links in a bundle. */
export const MOUNTS = 'mounts'

type BindLike = MountSpec & { readonly type: 'volume' | 'bind' }

/** What mounts become: entries for config.json, in the order of the bundle's list, and the links that they name. */
export interface BundleMounts {
  readonly mounts: readonly RuntimeMount[]
  /** Sorted by path, none twice. */
  readonly links: readonly MountLink[]
}

/**
 * The mounts of a bundle.
 * @throws CtrbuildError BUNDLE_INVALID for two mounts in one place, or one on the root
 */
export function makeMounts(specs: readonly MountSpec[]): BundleMounts {
  checkTargets(specs)
  const links = nameLinks(specs.flatMap(spec => linkTarget(spec) ?? []))
  return { mounts: specs.map(spec => makeMount(spec, links)), links: [...links.values()].sort(byPath) }
}

/** What a mount's options set `name` to, as in `mode=1777`. */
export function mountSetting({ options }: RuntimeMount, name: string): string | undefined {
  return options.find(option => option.startsWith(`${name}=`))?.slice(name.length + 1)
}

function makeMount(spec: MountSpec, links: ReadonlyMap<string, MountLink>): RuntimeMount {
  const { target, options } = spec
  switch (spec.type) {
    case 'tmpfs':
      return tmpfs(target, overlayOptions(tmpfsOptions(spec), options))
    case 'volume':
    case 'bind':
      return {
        destination: target,
        type: 'bind',
        source: sourceOf(spec, links),
        options: overlayOptions(bindOptions(spec), options),
      }
    default: {
      const own = overlayOptions(systemOptions(spec.type), options)
      return mountOf(spec.type, target, spec.readonly ? [...own, 'ro'] : own)
    }
  }
}

function sourceOf(spec: BindLike, links: ReadonlyMap<string, MountLink>): string {
  const to = linkTarget(spec)
  return to === undefined ? spec.source : links.get(keyOf(to))!.path
}

/** bubblewrap can do no bind without nosuid and nodev, and a mount of the host may have them locked in a user namespace. */
function bindOptions({ readonly, propagation }: BindLike): string[] {
  const further = propagation === undefined ? [] : [propagation]
  return ['rbind', 'nosuid', 'nodev', readonly ? 'ro' : 'rw', ...further]
}

/** Device nodes are made in a file system at /dev: they are none with nodev, and nobody else may put something there. */
function tmpfsOptions({ target, size, mode, readonly }: MountSpec & { type: 'tmpfs' }): string[] {
  const limit = size === undefined ? [] : [`size=${size}`]
  const isDev = target === '/dev'
  const bits = isDev && mode === TMPFS_MODE ? 0o755 : mode
  return [
    'nosuid',
    ...(isDev ? [] : ['nodev']),
    `mode=${bits.toString(8)}`,
    ...limit,
    ...(readonly ? ['ro'] : []),
  ]
}

/** What a link has to stand for; undefined where the source is absolute, or there is none. */
function linkTarget(spec: MountSpec): MountLink['to'] | undefined {
  if (spec.type === 'volume') return { kind: 'volume', name: spec.source }
  if (spec.type !== 'bind' || spec.source.startsWith('/')) return undefined
  return { kind: 'bind', source: spec.source, create: spec.create }
}

/** Links by what they stand for. Which name one gets does not depend on the order of the mounts. */
function nameLinks(targets: readonly MountLink['to'][]): Map<string, MountLink> {
  const distinct = new Map(targets.map(to => [keyOf(to), to]))
  const slugs = [...distinct.values()].map(slugOf)
  const isTakenTwice = (slug: string) => slugs.indexOf(slug) !== slugs.lastIndexOf(slug)
  return new Map(
    [...distinct].map(([key, to]) => {
      const slug = slugOf(to)
      const name = isTakenTwice(slug) ? `${slug}-${hexOf(digestOf(key)).slice(0, 12)}` : slug
      return [key, { path: `${MOUNTS}/${name}`, to }]
    }),
  )
}

function keyOf(to: MountLink['to']): string {
  return to.kind === 'volume' ? `volume ${to.name}` : `bind ${to.source}`
}

/** A short file name that tells people what stands behind it. */
function slugOf(to: MountLink['to']): string {
  const path = to.kind === 'volume' ? to.name : to.source
  const name = path.split('/').findLast(part => part !== '' && part !== '.' && part !== '..') ?? ''
  return (
    name
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 64) || 'folder'
  )
}

function checkTargets(specs: readonly MountSpec[]): void {
  const seen = new Set<string>()
  for (const { target } of specs) {
    if (target === '/')
      throw invalid('a mount cannot replace the root file system', 'Give it a target below /')
    if (seen.has(target))
      throw invalid(`two mounts have the target ${JSON.stringify(target)}`, 'Take one of them out')
    seen.add(target)
  }
}

function invalid(message: string, hint: string): CtrbuildError {
  return new CtrbuildError('BUNDLE_INVALID', message, { hint })
}

function byPath(a: MountLink, b: MountLink): number {
  return a.path < b.path ? -1 : 1
}

/** A bundle as a value: all that a generation holds but the rootfs, and the digest that stands for both. */
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image.ts'
import type { LintCode } from '../spec/problem.ts'
import type { BundleSpec } from '../spec/types.ts'
import type { Exports } from '../system/exports.ts'
import { hasSystem, makeSystem, type System } from '../system/system.ts'
import type { HostFacts } from '../system/variables.ts'
import { resolveGroups, resolveUser } from './accounts.ts'
import { faultText, templateFaults } from './check.ts'
import { makeConfig } from './config.ts'
import { ableRuntimes, differences, lint, type Verdict } from './lint.ts'
import { verdictsOnKeys } from './lint-spec.ts'
import { mountPoints } from './mountpoints.ts'
import { makeMounts } from './mounts.ts'
import { type RealPath, realTarget, withRealPaths } from './real-paths.ts'
import { makeScripts } from './scripts.ts'
import { signalNumber } from './stop-signal.ts'
import { readTemplate, type Template } from './template.ts'
import type { BundleFile, IdMapping, MountLink, MountPoint, Privilege, RuntimeConfig } from './types.ts'
import { type BundleWarning, warningCode } from './warning.ts'

/** What a bundle is made from. */
export interface BundleSources {
  readonly spec: BundleSpec
  /** Of the last of its images. */
  readonly image: ImageConfig
  /** Texts of /etc/passwd and /etc/group in the merged tree, undefined where there is none. */
  readonly accounts: { readonly passwd: string | undefined; readonly group: string | undefined }
  readonly privilege: Privilege
  /** What stands at the sources of its bind mounts, by target; what is not named is a directory. */
  readonly kinds: ReadonlyMap<string, MountPoint['kind']>
  /** Of the merged tree. */
  readonly realPath: RealPath
  /** What a service is made from, beside that. */
  readonly service: {
    /** Of the merged tree; undefined where it has none, or nobody asks. */
    readonly exports: Exports | undefined
    /** Digest of the image's configuration. */
    readonly imageId: Digest
    readonly facts: HostFacts
  }
}

/** A whole bundle, but for the rootfs. */
export interface Bundle {
  readonly config: RuntimeConfig
  /** The mappings whose ids are those that the system gives to whoever applies. */
  readonly autoIds: readonly ('uidMappings' | 'gidMappings')[]
  /** config.json and the scripts, sorted by path. */
  readonly files: readonly BundleFile[]
  /** Sorted by path. */
  readonly links: readonly MountLink[]
  /** Sorted by path. */
  readonly points: readonly MountPoint[]
  readonly warnings: readonly BundleWarning[]
}

/**
 * Makes a bundle.
 * @throws CtrbuildError USER_UNKNOWN, ROOTFS_INVALID, BUNDLE_INVALID, IMAGE_INVALID; as makeSystem
 */
export function makeBundle(sources: BundleSources): Bundle {
  const { accounts, privilege, kinds, realPath } = sources
  const system = systemOf(sources)
  const { spec, image } = system ?? sources
  const user = resolveUser(userOf(spec, image), accounts.passwd, accounts.group)
  const groups = resolveGroups(spec.groups ?? [], accounts.group)
  const { mounts, links } = makeMounts(spec.mounts)
  const { config: written, warnings } = makeConfig({ spec, image, user, groups, privilege, mounts })
  const config = withRealPaths(written, realPath)
  const verdicts = lint(config, privilege, spec)
  refuseUnfit(spec.name, verdicts)
  const scripts = makeScripts({
    name: spec.name,
    runtimes: ableRuntimes(spec, verdicts),
    config,
    notesOn: runtime => differences(config, privilege, runtime),
  })
  const files: BundleFile[] = [
    { path: 'config.json', mode: 0o644, content: canonicalJson(config) },
    ...scripts,
    ...(system?.files ?? []),
  ]
  return {
    config,
    autoIds: (['uidMappings', 'gidMappings'] as const).filter(key => spec[key] === 'auto'),
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    links,
    points: mountPoints(config, realKinds(kinds, written, realPath)),
    warnings: [
      ...(system?.warnings ?? []),
      ...warnings,
      ...warnOfVolumes(config, links, privilege),
      ...warnOfRuntimes(verdicts, verdictsOnKeys(sources.spec, privilege)),
    ],
  }
}

function realKinds(
  kinds: BundleSources['kinds'],
  { mounts }: RuntimeConfig,
  realPath: RealPath,
): BundleSources['kinds'] {
  const targets = mounts.map(mount => mount.destination)
  return new Map([...kinds].map(([target, kind]) => [realTarget(target, targets, realPath), kind]))
}

function systemOf({ spec, image, privilege, service }: BundleSources): System | undefined {
  if (!hasSystem(spec, image)) return undefined
  const stopSignal = signalNumber(image.run.stopSignal ?? 'TERM') ?? 15
  const system = makeSystem({ spec, image, isRoot: privilege.kind === 'root', stopSignal, ...service })
  const { config } = system
  const [fault] = config === undefined ? [] : templateFaults(readTemplate(config.text))
  if (fault === undefined) return system
  throw new CtrbuildError('TEMPLATE_INVALID', `${config!.locate(fault.at)}: ${faultText(fault)}`, {
    hint: "The image's config.json breaks the runtime specification",
  })
}

function refuseUnfit(name: string, verdicts: readonly Verdict[]): void {
  const error = verdicts.find(verdict => verdict.severity === 'error')
  if (error === undefined) return
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `bundle ${name} cannot run as it is declared: ${error.message}`,
    hint,
  )
}

/** What the keys alone show has been told when they were read, with the place. */
function warnOfRuntimes(verdicts: readonly Verdict[], told: readonly Verdict[]): BundleWarning[] {
  const known = new Set(told.map(verdict => verdict.message))
  return verdicts
    .filter(verdict => !known.has(verdict.message))
    .map(({ effect, message, hint }) => ({
      code: warningCode({ severity: 'warning', effect }) as LintCode,
      message,
      ...(hint !== undefined && { hint }),
    }))
}

/** Without root, apply can make a volume only its own: in the container, root's. */
function warnOfVolumes(
  { process: { user } }: RuntimeConfig,
  links: readonly MountLink[],
  privilege: Privilege,
): BundleWarning[] {
  const names = links.flatMap(({ to }) => (to.kind === 'volume' ? [to.name] : []))
  if (privilege.kind === 'root' || user.uid === 0 || names.length === 0) return []
  const owner = `${user.uid}:${user.gid}`
  return [
    {
      code: 'VOLUME_OWNER',
      message: `a new volume (${names.join(', ')}) belongs to uid 0 inside, which you are: ${owner} cannot write to it`,
      hint: `Give its folder away once: unshare --map-root-user --map-auto -- chown ${owner} FOLDER`,
    },
  ]
}

/** Who is asked for: by the bundle, by the image, or by the template. */
function userOf(spec: BundleSpec, image: ImageConfig): string {
  if (spec.user !== undefined || image.run.user !== '') return spec.user ?? image.run.user
  const { process }: Template = readTemplate(spec.configTemplate)
  const { uid, gid } = process?.user ?? {}
  return uid === undefined ? '' : `${uid}:${gid ?? 0}`
}

/**
 * The digest of a bundle and its rootfs: equal digests, equal bytes, but for who stands behind the container's root
 * on the host. That differs for every user, and the bundle does not.
 * @param rootfs checksums of the rootfs's root directory: its entries, and the directory's own metadata
 */
export function bundleDigest(
  bundle: Bundle,
  rootfs: { readonly tree: string; readonly meta: string },
): Digest {
  const others = bundle.files.filter(file => file.path !== 'config.json')
  return digestOf(
    canonicalJson({
      config: withoutHost(bundle),
      files: others.map(({ path, mode, content }) => ({ path, mode, digest: digestOf(content) })),
      links: bundle.links,
      points: bundle.points,
      rootfs: { tree: rootfs.tree, meta: rootfs.meta },
    }),
  )
}

/** With `auto` it is also the system's business how many ids there are. */
function withoutHost({ config, autoIds }: Bundle): object {
  const { uidMappings, gidMappings, ...linux } = config.linux
  const identity = (key: Bundle['autoIds'][number], ranges: readonly IdMapping[] | undefined) =>
    autoIds.includes(key) && ranges !== undefined ? 'auto' : ranges?.map(noHost)
  return {
    ...config,
    linux: {
      ...linux,
      uidMappings: identity('uidMappings', uidMappings),
      gidMappings: identity('gidMappings', gidMappings),
    },
  }
}

function noHost({ containerID, size }: IdMapping): object {
  return { containerID, size }
}

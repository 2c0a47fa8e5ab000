/**
 * From an image and a bundle's keys to config.json (OCI image specification, conversion.md; runtime specification,
 * config.md). One configuration runs unchanged under runc, crun, bwrap-oci and, translated, plain bwrap; so it says
 * things in the one way that all of them understand, unless a key asks for more.
 */
import { CtrbuildError } from '../errors.ts'
import type { ImageConfig } from '../oci/image.ts'
import { type JsonObject, parseJsonText } from '../spec/json-text.ts'
import type { BundleSpec } from '../spec/types.ts'
import type { ResolvedUser } from './accounts.ts'
import { makeAnnotations } from './annotations.ts'
import { BUNDLE_ROOT, configFaults, faultText, templateFaults } from './check.ts'
import { completeConfig, completeMount } from './complete.ts'
import { makeHooks, makeLinux } from './config-linux.ts'
import { makeProcess } from './config-process.ts'
import { makeEnvironment } from './environment.ts'
import { isolationOf } from './isolation.ts'
import { mergePatch } from './merge-patch.ts'
import { makeUser } from './process-user.ts'
import type { ConfigFault } from './rule.ts'
import { defaultTmp, systemMounts } from './system-mounts.ts'
import { readTemplate, type Template } from './template.ts'
import type { Privilege, RuntimeConfig, RuntimeMount } from './types.ts'
import { volumeMounts } from './volumes.ts'
import type { BundleWarning } from './warning.ts'

/** What a config.json is made from. */
export interface ConfigSources {
  readonly spec: BundleSpec
  readonly image: ImageConfig
  readonly user: ResolvedUser
  /** `groups` of the bundle as numbers. */
  readonly groups: readonly number[]
  readonly privilege: Privilege
  /** The bundle's own mounts, as `makeMounts` gives them. */
  readonly mounts: readonly RuntimeMount[]
}

/** A config.json that nobody has looked through yet. */
export interface ConfigDraft {
  readonly draft: JsonObject
  readonly warnings: readonly BundleWarning[]
}

/**
 * The config.json of a bundle, and what its owner should know about it.
 * @throws CtrbuildError BUNDLE_INVALID, IMAGE_INVALID
 */
export function makeConfig(sources: ConfigSources): {
  config: RuntimeConfig
  warnings: readonly BundleWarning[]
} {
  const { name } = sources.spec
  refuseFaults(
    `the configTemplate of bundle ${name}`,
    templateFaults(readTemplate(sources.spec.configTemplate)),
  )
  const { draft, warnings } = draftConfig(sources)
  refuseFaults(`the config.json of bundle ${name}`, configFaults(draft))
  return { config: completeConfig(draft), warnings }
}

/**
 * The config.json as template, image, keys and patch make it.
 * @throws CtrbuildError BUNDLE_INVALID, IMAGE_INVALID
 */
export function draftConfig(sources: ConfigSources): ConfigDraft {
  const { spec, image, privilege } = sources
  if (image.os !== '' && image.os !== 'linux') throw wrongSystem(image.os)
  const template = readTemplate(spec.configTemplate) as JsonObject & Template
  const isolation = isolationOf(spec, privilege)
  const { user, warnings: userWarnings } = makeUser({ ...sources, isolation })
  const { env, warnings: envWarnings } = makeEnvironment({
    template: template.process?.env ?? [],
    image: image.run.env,
    bundle: spec.env,
    home: sources.user.home ?? '/',
    terminal: spec.terminal,
  })
  const given = (template.mounts ?? []).map(completeMount)
  const volumes = volumeMounts(image, [...given, ...sources.mounts], user)
  const { annotations, warnings: labelWarnings } = makeAnnotations(image)
  const process = makeProcess({ spec, image, template, user, env })
  const linux = makeLinux({ spec, image, template, isolation, capabilities: process.capabilities })
  const hooks = makeHooks(spec.hooks, template.hooks)
  const made = {
    ...template,
    ociVersion: versionOf(process, linux),
    process,
    root: { path: BUNDLE_ROOT, readonly: spec.rootfs === 'readonly' },
    ...(isolation.namespaces.includes('uts') && spec.hostname !== '' ? { hostname: spec.hostname } : {}),
    mounts: arrange([
      ...systemMounts(isolation),
      ...makeTmp(spec),
      ...given,
      ...volumes.mounts,
      ...sources.mounts,
    ]),
    annotations: { ...template.annotations, ...annotations, ...spec.annotations },
    ...(hooks && { hooks }),
    linux,
  }
  const draft = made as unknown as JsonObject
  const { configPatch } = spec
  return {
    draft: configPatch === undefined ? draft : (mergePatch(draft, parseJsonText(configPatch)) as JsonObject),
    warnings: [...userWarnings, ...envWarnings, ...labelWarnings, ...volumes.warnings],
  }
}

/** The lowest version that has all members: systemd-nspawn takes exactly 1.0.0, all others every 1.0. */
function versionOf(process: RuntimeConfig['process'], { seccomp }: RuntimeConfig['linux']): string {
  return process.user.umask === undefined && seccomp === undefined ? '1.0.0' : '1.0.2'
}

/**
 * A place for temporary files, where the root is read-only: bwrap-oci and `podman run --read-only` make one unasked,
 * and a bundle should not depend on who runs it.
 */
function makeTmp({ rootfs, portable = false }: BundleSpec): RuntimeMount[] {
  return rootfs === 'readonly' || portable ? [defaultTmp()] : []
}

/** One mount for each place, the last one given; parents before children, which is the order of their names. */
function arrange(mounts: readonly RuntimeMount[]): RuntimeMount[] {
  const byPlace = new Map(mounts.map(mount => [mount.destination, mount]))
  return [...byPlace.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1))
}

function refuseFaults(what: string, faults: readonly ConfigFault[]): void {
  const [first, ...rest] = faults
  if (first === undefined) return
  const more = rest.length === 0 ? '' : `, and ${rest.length} more`
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `${what} breaks the runtime specification: ${faultText(first)}${more}`,
    {
      hint: 'ctrbuild plan shows all of them, and where bundles.yaml says so',
    },
  )
}

function wrongSystem(os: string): CtrbuildError {
  return new CtrbuildError('BUNDLE_INVALID', `the image is for ${JSON.stringify(os)}, not for linux`, {
    hint: 'Choose another image, or platform: linux/amd64',
  })
}

/**
 * From an image and a bundle's keys to config.json (OCI image specification, conversion.md; runtime specification,
 * config.md). One configuration runs unchanged under runc, crun, bwrap-oci and, translated, plain bwrap; so it says
 * things in the one way that all of them understand.
 */
import { CtrbuildError } from '../errors.ts'
import type { ImageConfig } from '../oci/image.ts'
import type { BundleSpec } from '../spec/types.ts'
import type { ResolvedUser } from './accounts.ts'
import { makeAnnotations } from './annotations.ts'
import { isWithin, tryContainerPath } from './container-path.ts'
import { makeEnvironment } from './environment.ts'
import { type Isolation, idMappings, isolationOf } from './isolation.ts'
import { systemMounts, tmpfs } from './system-mounts.ts'
import type { Privilege, RuntimeConfig, RuntimeMount } from './types.ts'
import { volumeMounts } from './volumes.ts'
import type { BundleWarning } from './warning.ts'

/** As `runc spec` has them. */
const CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']
const MASKED_PATHS = [
  'acpi',
  'asound',
  'kcore',
  'keys',
  'latency_stats',
  'sched_debug',
  'scsi',
  'timer_list',
  'timer_stats',
]
const READONLY_PATHS = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger']
const RLIMITS = [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }]

/** What a config.json is made from. */
export interface ConfigSources {
  readonly spec: BundleSpec
  readonly image: ImageConfig
  readonly user: ResolvedUser
  readonly privilege: Privilege
  /** The bundle's own mounts, as `makeMounts` gives them. */
  readonly mounts: readonly RuntimeMount[]
}

/**
 * The config.json of a bundle, and what its owner should know about it.
 * @throws CtrbuildError BUNDLE_INVALID, IMAGE_INVALID
 */
export function makeConfig(sources: ConfigSources): { config: RuntimeConfig; warnings: BundleWarning[] } {
  const { spec, image, privilege } = sources
  if (image.os !== '' && image.os !== 'linux') throw wrongSystem(image.os)
  const isolation = isolationOf(spec.namespaces, privilege)
  const user = makeUser(sources.user, isolation)
  const { env, warnings: envWarnings } = makeEnvironment({
    image: image.run.env,
    bundle: spec.env,
    home: sources.user.home ?? '/',
    terminal: spec.terminal,
  })
  const volumes = volumeMounts(image, sources.mounts, user)
  const { annotations, warnings: labelWarnings } = makeAnnotations(image)
  const config: RuntimeConfig = {
    // systemd-nspawn takes exactly this version, all others every 1.0.
    ociVersion: '1.0.0',
    process: {
      terminal: spec.terminal,
      user,
      args: makeArgs(spec, image),
      env,
      cwd: makeCwd(spec, image),
      capabilities: makeCapabilities(),
      rlimits: RLIMITS,
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: spec.rootfs === 'readonly' },
    ...(isolation.namespaces.includes('uts') && spec.hostname !== '' ? { hostname: spec.hostname } : {}),
    mounts: arrange([...systemMounts(isolation), ...makeTmp(spec), ...volumes.mounts, ...sources.mounts]),
    annotations,
    linux: {
      namespaces: isolation.namespaces.map(type => ({ type })),
      ...idMappings(isolation),
      // No plain user may set up device rules; the devices in /dev are the host's to protect there.
      ...(isolation.root === undefined ? { resources: { devices: [{ allow: false, access: 'rwm' }] } } : {}),
      maskedPaths: [...MASKED_PATHS.map(name => `/proc/${name}`), '/sys/firmware'],
      readonlyPaths: READONLY_PATHS.map(name => `/proc/${name}`),
    },
  }
  const squashed = isolation.root === undefined ? [] : warnOfSquash(sources.user)
  return { config, warnings: [...squashed, ...envWarnings, ...labelWarnings, ...volumes.warnings] }
}

/** `args` of the bundle, or Entrypoint and then Cmd of the image (conversion.md, "Verbatim Fields", note 2). */
function makeArgs(spec: BundleSpec, image: ImageConfig): readonly string[] {
  const args = spec.args ?? [...image.run.entrypoint, ...image.run.cmd]
  if (args[0] === undefined || args[0] === '') {
    throw new CtrbuildError('BUNDLE_INVALID', `bundle ${spec.name} has no command to run`, {
      hint:
        spec.args === undefined
          ? 'The image names none: write args: [PROGRAM, …]'
          : 'Write args: [PROGRAM, …]',
    })
  }
  if (args.every(arg => !arg.includes('\0'))) return args
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `bundle ${spec.name} has an argument with a NUL, which no process can be given`,
    {
      hint: 'Take the NUL out',
    },
  )
}

function makeCwd(spec: BundleSpec, image: ImageConfig): string {
  const written = spec.cwd ?? image.run.workingDir
  const cwd = tryContainerPath(written)
  if (cwd !== undefined) return cwd
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `bundle ${spec.name} cannot start in ${JSON.stringify(written)}`,
    {
      hint: 'Set cwd: to an absolute path',
    },
  )
}

/** One id is all that a user namespace here has, so the process is its root. */
function makeUser(
  { uid, gid, additionalGids }: ResolvedUser,
  { root }: Isolation,
): RuntimeConfig['process']['user'] {
  if (root !== undefined) return { uid: 0, gid: 0 }
  return additionalGids.length === 0 ? { uid, gid } : { uid, gid, additionalGids }
}

/** bwrap-oci applies the union of all sets to each, and gives root everything when they are empty: so all are the same. */
function makeCapabilities(): RuntimeConfig['process']['capabilities'] {
  const [bounding, effective, inheritable, permitted, ambient] = Array(5).fill(CAPABILITIES)
  return { bounding, effective, inheritable, permitted, ambient }
}

/**
 * A place for temporary files, where the root is read-only: bwrap-oci and `podman run --read-only` make one unasked,
 * and a bundle should not depend on who runs it.
 */
function makeTmp({ rootfs }: BundleSpec): RuntimeMount[] {
  return rootfs === 'readonly' ? [tmpfs('/tmp', ['nosuid', 'nodev', 'mode=1777'])] : []
}

/** One mount for each place, the last one given; parents before children, which is the order of their names. */
function arrange(mounts: readonly RuntimeMount[]): RuntimeMount[] {
  const byPlace = new Map(mounts.map(mount => [mount.destination, mount]))
  const bad = [...byPlace.keys()].find(place => tryContainerPath(place) !== place || !isWithin(place, '/'))
  if (bad !== undefined)
    throw new TypeError(`mount target ${JSON.stringify(bad)} is not absolute and normalised`)
  return [...byPlace.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1))
}

function warnOfSquash({ uid, gid }: ResolvedUser): BundleWarning[] {
  if (uid === 0) return []
  return [
    {
      code: 'USER_SQUASHED',
      message: `uid ${uid}:${gid} of the image does not exist in a user namespace with one id: the process runs as its uid 0`,
      hint: 'On the host that is you yourself. Apply as root to have the ids of the image',
    },
  ]
}

function wrongSystem(os: string): CtrbuildError {
  return new CtrbuildError('BUNDLE_INVALID', `the image is for ${JSON.stringify(os)}, not for linux`, {
    hint: 'Choose another image, or platform: linux/amd64',
  })
}

/** The OCI runtime specification's config.json, as far as ctrbuild writes it (config.md, config-linux.md). */

import type { DeviceSpec } from '../spec/settings.ts'

/** One entry of `mounts`. */
export interface RuntimeMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

export interface IdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

/** A limit of the process (config.md, "POSIX process"); 2^64-1 stands for none. */
export interface RuntimeRlimit {
  readonly type: string
  readonly hard: number | bigint
  readonly soft: number | bigint
}

/** The five capability sets of a process (config.md, "Linux Process"). */
export type CapabilitySets = Readonly<
  Record<'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient', readonly string[]>
>

/** One entry of a hook point (config.md, "POSIX-platform Hooks"). */
export interface RuntimeHook {
  readonly path: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  readonly timeout?: number
}

/** A rule about devices (config-linux.md, "Allowed Device list"). */
export interface RuntimeDeviceRule {
  readonly allow: boolean
  readonly type?: string
  readonly major?: number
  readonly minor?: number
  readonly access?: string
}

/** Limits of a control group (config-linux.md, "Control groups"), and what else a template or a patch puts there. */
export interface RuntimeResources {
  readonly devices?: readonly RuntimeDeviceRule[]
  readonly [other: string]: unknown
}

/**
 * A whole config.json. Keys are written in this order of meaning but printed sorted. A template or a patch may bring
 * members that are not named here.
 */
export interface RuntimeConfig {
  readonly ociVersion: string
  readonly process: {
    readonly terminal: boolean
    readonly user: {
      readonly uid: number
      readonly gid: number
      readonly umask?: number
      readonly additionalGids?: readonly number[]
    }
    readonly args: readonly string[]
    readonly env: readonly string[]
    readonly cwd: string
    readonly capabilities: CapabilitySets
    readonly rlimits: readonly RuntimeRlimit[]
    readonly noNewPrivileges: boolean
    readonly oomScoreAdj?: number
    readonly apparmorProfile?: string
    readonly selinuxLabel?: string
  }
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname?: string
  readonly mounts: readonly RuntimeMount[]
  readonly annotations: Readonly<Record<string, string>>
  readonly hooks?: Readonly<Record<string, readonly RuntimeHook[]>>
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[]
    readonly uidMappings?: readonly IdMapping[]
    readonly gidMappings?: readonly IdMapping[]
    readonly devices?: readonly DeviceSpec[]
    readonly cgroupsPath?: string
    readonly resources?: RuntimeResources
    readonly sysctl?: Readonly<Record<string, string>>
    readonly seccomp?: object
    readonly personality?: object
    readonly rootfsPropagation?: string
    readonly mountLabel?: string
    readonly maskedPaths: readonly string[]
    readonly readonlyPaths: readonly string[]
  }
}

/** A link that a generation holds so that config.json can name a mount's source without naming the host's folders. */
export interface MountLink {
  /** Relative to the bundle, such as `mounts/data`. */
  readonly path: string
  /** What stands behind it. */
  readonly to:
    | { readonly kind: 'volume'; readonly name: string }
    | { readonly kind: 'bind'; readonly source: string; readonly create: boolean }
}

/** What must be there in the rootfs, because something is mounted on it or starts in it. */
export interface MountPoint {
  /** Absolute and normalised. */
  readonly path: string
  readonly kind: 'dir' | 'file'
  /**
   * Permission bits that the directory must have, also where the image has other ones: runc 1.1 gives a tmpfs the mode
   * of the directory below it, whatever its options say.
   */
  readonly mode?: number
}

/** A small file of a generation. */
export interface BundleFile {
  /** Relative to the bundle. */
  readonly path: string
  /** Permission bits: 0644 or 0755. */
  readonly mode: number
  readonly content: string | Buffer
}

/** A stretch of the host's ids that a user may map (subuid(5)). */
export interface IdStretch {
  readonly start: number
  readonly size: number
}

/** Who runs the bundle. */
export type Privilege =
  | { readonly kind: 'root' }
  /** A plain user: the container's root is this user. */
  | {
      readonly kind: 'rootless'
      readonly uid: number
      readonly gid: number
      /** Further ids that are this user's to give, as far as anybody has looked. */
      readonly subids?: { readonly uids: readonly IdStretch[]; readonly gids: readonly IdStretch[] }
    }

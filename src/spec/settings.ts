/** What a bundle may say about its container beyond image, process and mounts. What is absent was not written. */

/** A limit that a process starts with (setrlimit(2)). */
export interface Rlimit {
  readonly soft: number | 'unlimited'
  readonly hard: number | 'unlimited'
}

/** A stretch of ids: from `containerID` on inside, from `hostID` on outside (config-linux.md, "User namespace mappings"). */
export interface IdRange {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

/** A device node of the container's own (config-linux.md, "Devices"). */
export interface DeviceSpec {
  readonly path: string
  readonly type: 'c' | 'b' | 'u' | 'p'
  readonly major?: number
  readonly minor?: number
  readonly fileMode?: number
  readonly uid?: number
  readonly gid?: number
}

/** What may be done with devices (config-linux.md, "Allowed Device list"); what is left out stands for all. */
export interface DeviceRule {
  readonly allow: boolean
  readonly type?: 'a' | 'c' | 'b'
  readonly major?: number
  readonly minor?: number
  readonly access?: string
}

/** Bytes or operations a second, by a block device's `MAJOR:MINOR`. */
export type IoLimits = Readonly<Record<string, number>>

/** What a container may use (config-linux.md, "Control groups"). -1 stands for no limit. */
export interface ResourceSpec {
  readonly memory?: { readonly limit?: number; readonly reservation?: number; readonly swap?: number }
  readonly cpu?: {
    readonly shares?: number
    readonly quota?: number
    readonly period?: number
    readonly cpus?: string
    readonly mems?: string
  }
  readonly pids?: number
  readonly io?: {
    readonly weight?: number
    readonly readBps?: IoLimits
    readonly writeBps?: IoLimits
    readonly readIops?: IoLimits
    readonly writeIops?: IoLimits
  }
  /** In the order written: the last one that fits counts. */
  readonly devices?: readonly DeviceRule[]
}

/** A program of the host that the runtime starts (config.md, "POSIX-platform Hooks"). */
export interface Hook {
  readonly path: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Seconds. */
  readonly timeout?: number
}

/** When a hook is started. */
export type HookPoint =
  | 'prestart'
  | 'createRuntime'
  | 'createContainer'
  | 'startContainer'
  | 'poststart'
  | 'poststop'

/** How a bundle is a service of systemd. What is absent was not written. */
export interface ServiceSpec {
  readonly description?: string
  readonly before?: readonly string[]
  readonly after?: readonly string[]
  readonly wants?: readonly string[]
  readonly requires?: readonly string[]
  readonly wantedBy?: readonly string[]
  readonly type?: 'simple' | 'exec' | 'notify' | 'oneshot'
  readonly restart?:
    | 'no'
    | 'on-success'
    | 'on-failure'
    | 'on-abnormal'
    | 'on-abort'
    | 'on-watchdog'
    | 'always'
  readonly restartSec?: string
  readonly timeoutStart?: string
  readonly timeoutStop?: string
  readonly enable?: boolean
}

/** Canonical JSON of a file that was read, or of a value of bundles.yaml: numbers of any size stay exact in it. */
export type JsonText = string

/** The settings of a bundle. */
export interface Settings {
  /** Sorted, with `CAP_`: what `add` and `drop` make of the default set. */
  readonly capabilities?: readonly string[]
  readonly noNewPrivileges?: boolean
  /** By name in lower case, such as `nofile`. */
  readonly rlimits?: Readonly<Record<string, Rlimit>>
  readonly umask?: number
  /** Names or numbers, to be looked up in the image. */
  readonly groups?: readonly string[]
  readonly oomScoreAdj?: number
  readonly apparmor?: string
  readonly selinux?: { readonly process?: string; readonly mount?: string }

  /** Namespaces that are joined, by name; `BundleSpec.namespaces` holds them too. */
  readonly namespacePaths?: Readonly<Record<string, string>>
  /** Both or neither; `auto` leaves it to who applies. */
  readonly uidMappings?: 'auto' | readonly IdRange[]
  readonly gidMappings?: 'auto' | readonly IdRange[]
  readonly sysctl?: Readonly<Record<string, string>>
  readonly seccomp?: 'default' | 'unconfined' | { readonly profile: JsonText }
  /** Sorted. */
  readonly maskedPaths?: readonly string[]
  /** Sorted. */
  readonly readonlyPaths?: readonly string[]
  readonly rootfsPropagation?: 'private' | 'slave' | 'shared' | 'unbindable'

  readonly resources?: ResourceSpec
  readonly devices?: readonly DeviceSpec[]
  readonly cgroupsPath?: string

  readonly annotations?: Readonly<Record<string, string>>
  readonly hooks?: Readonly<Partial<Record<HookPoint, readonly Hook[]>>>
  readonly configTemplate?: JsonText
  readonly configPatch?: JsonText
  readonly portable?: boolean
  /** True where `runtimes` was written: each of them has to run it then. */
  readonly demandsRuntimes?: boolean

  /** Whether the image's /exports count; absent: its label says so. */
  readonly system?: boolean
  readonly scope?: 'system' | 'user'
  readonly set?: Readonly<Record<string, string>>
  readonly service?: ServiceSpec
  /** Lines as in tmpfiles.d(5). */
  readonly tmpfiles?: readonly string[]
  readonly hostFiles?: boolean
  /** True where `namespaces` was written: an image's config.json does not change them then. */
  readonly demandsNamespaces?: boolean
}

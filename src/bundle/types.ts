/** The OCI runtime specification's config.json, as far as ctrbuild writes it (config.md, config-linux.md). */

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

/** A whole config.json. Keys are written in this order of meaning but printed sorted. */
export interface RuntimeConfig {
  readonly ociVersion: string
  readonly process: {
    readonly terminal: boolean
    readonly user: { readonly uid: number; readonly gid: number; readonly additionalGids?: readonly number[] }
    readonly args: readonly string[]
    readonly env: readonly string[]
    readonly cwd: string
    readonly capabilities: Readonly<
      Record<'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient', readonly string[]>
    >
    readonly rlimits: readonly { readonly type: string; readonly hard: number; readonly soft: number }[]
    readonly noNewPrivileges: boolean
  }
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname?: string
  readonly mounts: readonly RuntimeMount[]
  readonly annotations: Readonly<Record<string, string>>
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[]
    readonly uidMappings?: readonly IdMapping[]
    readonly gidMappings?: readonly IdMapping[]
    readonly resources?: object
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

/** Who runs the bundle. */
export type Privilege =
  | { readonly kind: 'root' }
  /** A plain user: the container's root is this user. */
  | { readonly kind: 'rootless'; readonly uid: number; readonly gid: number }

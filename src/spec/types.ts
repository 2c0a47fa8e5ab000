/** What the user wrote in bundles.yaml, with defaults filled in, names resolved and lists in a fixed order. */
import type { Platform } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import type { Limits } from './limits.ts'
import type { Settings } from './settings.ts'

/** A program that can run a bundle. */
export type Runtime = 'runc' | 'crun' | 'bwrap-oci' | 'bwrap'
/** A Linux namespace that a container gets of its own, named as in the OCI runtime specification. */
export type Namespace = 'pid' | 'ipc' | 'uts' | 'mount' | 'network' | 'cgroup' | 'user'

/** An image to pull: where it is and which platform of it. */
export interface ImageSpec {
  readonly reference: Reference
  readonly platform: Platform
  /** True where the registry may be spoken to without TLS or with a certificate nobody signed. */
  readonly insecure: boolean
}

/** How mounts made later go on between the host and the container (mount_namespaces(7)). */
export type Propagation = 'private' | 'rprivate' | 'slave' | 'rslave' | 'shared' | 'rshared'

/** A kernel's file system that a container has of its own. */
export type SystemMountType = 'proc' | 'sysfs' | 'mqueue' | 'devpts' | 'cgroup'

interface MountBase {
  /** Absolute and normalised. */
  readonly target: string
  readonly readonly: boolean
  /** As written; laid over those that ctrbuild gives this kind of mount. */
  readonly options?: readonly string[]
}

/** A file system that is mounted over the rootfs when the container starts. */
export type MountSpec =
  | (MountBase & { readonly type: 'volume'; readonly source: string; readonly propagation?: Propagation })
  | (MountBase & {
      readonly type: 'bind'
      /** As written: absolute, or relative to the folder of bundles.yaml and then starting with `./` or `../`. */
      readonly source: string
      /** Make an empty directory at the source when nothing is there. */
      readonly create: boolean
      readonly propagation?: Propagation
    })
  | (MountBase & {
      readonly type: 'tmpfs'
      /** Bytes; undefined leaves it to the kernel. */
      readonly size: number | undefined
      /** Permission bits of its root. */
      readonly mode: number
    })
  | (MountBase & { readonly type: SystemMountType })

/** One bundle: the images it is stacked from, and how its process runs. `undefined` means: as the image says. */
export interface BundleSpec extends Settings {
  readonly name: string
  /** Lowest first; the last one's configuration counts. Never empty. */
  readonly images: readonly ImageSpec[]
  readonly checkout: 'union' | 'union-add'
  readonly args: readonly string[] | undefined
  /** Laid over the image's environment; what its `envFile` says is in it. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string | undefined
  readonly user: string | undefined
  /** Counts only where `namespaces` holds uts. */
  readonly hostname: string
  readonly terminal: boolean
  readonly mounts: readonly MountSpec[]
  /** Sorted; `namespacePaths` says which are joined. */
  readonly namespaces: readonly Namespace[]
  readonly rootfs: 'readonly' | 'copy'
  /** In the order written: the first is what `run` starts. Never empty. */
  readonly runtimes: readonly Runtime[]
}

/** A whole bundles.yaml. */
export interface Spec {
  /** Folder of the repository and the caches, as written (default `.ctrbuild`). */
  readonly store: string
  /** Folder of the bundles, as written (default `out`). */
  readonly out: string
  /** Generations of a bundle that stay, the current one included (default 3). */
  readonly keep: number
  /** What was not written has its default. */
  readonly limits: Limits
  /** Sorted by name. */
  readonly bundles: readonly BundleSpec[]
}

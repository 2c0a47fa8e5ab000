/** What Project Atomic's `atomic install --system` left on a host, as values. */

/** Whose containers they are. */
export type AtomicScope = 'system' | 'user'

/** What the `info` file of a deployment says, as far as it matters. Variables' values are all there, secrets too. */
export interface AtomicInfo {
  readonly image: string
  /** The image's id: a digest without its algorithm, or another name. */
  readonly revision: string | undefined
  /** Seconds since 1970. */
  readonly created: number | undefined
  readonly values: Readonly<Record<string, string>>
  /** Whether the container is a service; without one, all there is are files on the host. */
  readonly hasService: boolean
  /** Files of the host that it put there. */
  readonly installedFiles: readonly string[]
  /** An RPM package that holds those files. */
  readonly rpm: string | undefined
  /** Where its root file system is, if not in the deployment. */
  readonly remote: string | undefined
  /** The program that runs it, as a path. */
  readonly runtime: string | undefined
}

/** One of the two folders that a container can have, `NAME.0` and `NAME.1`. */
export interface AtomicDeployment {
  readonly number: 0 | 1
  readonly isCurrent: boolean
  /** Undefined where it cannot be read; `damage` says why. */
  readonly info: AtomicInfo | undefined
  readonly damage: string | undefined
  /** Whether its image says in /exports how it runs. */
  readonly hasExports: boolean
  /** `defaultValues` of the image's manifest.json. */
  readonly defaults: Readonly<Record<string, string>>
}

/** A container by its name. */
export interface AtomicContainer {
  readonly name: string
  /** Where an RPM package brought it: nothing there may be changed. */
  readonly isPreinstalled: boolean
  readonly deployments: readonly AtomicDeployment[]
}

/** An image in the repository. */
export interface AtomicImage {
  readonly name: string
  /** Of the manifest that the repository has, which need not be the registry's. */
  readonly digest: string | undefined
}

/** All of it. */
export interface AtomicHost {
  readonly scope: AtomicScope
  /** Folders that were looked into and are there. */
  readonly checkouts: readonly string[]
  readonly repo: string | undefined
  /** Sorted by name. */
  readonly images: readonly AtomicImage[]
  readonly layers: number
  /** Sorted by name. */
  readonly containers: readonly AtomicContainer[]
}

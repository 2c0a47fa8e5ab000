/** Installed packages, whatever wrote the database that says so. */

/** Whose database a package was found in. */
export type PackageManager = 'dpkg' | 'apk' | 'rpm'

/** One installed package. All texts come from an image: escape them before they are shown. */
export interface Package {
  readonly manager: PackageManager
  readonly name: string
  /** Empty where the database does not say. */
  readonly architecture: string
  readonly version: string
}

/**
 * What happened to a package. `changed` is another version where it is not known which is the later one: apk's are not
 * compared.
 */
export interface PackageChange {
  readonly kind: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'changed'
  readonly manager: PackageManager
  readonly name: string
  readonly architecture: string
  /** Version; absent where it was added. */
  readonly before?: string
  /** Version; absent where it was removed. */
  readonly after?: string
}

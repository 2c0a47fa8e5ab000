/** The one error type a user meets, and the table of its codes: what each ends the process with. */

/** Exit statuses by error code. A code is stable: scripts and documentation may rely on it. */
export const EXIT_STATUS = {
  /** Anything that has no code of its own. */
  FAILED: 1,
  /** The command line is wrong. */
  USAGE: 64,

  /** bundles.yaml cannot be read as YAML. */
  YAML_INVALID: 65,
  /** bundles.yaml does not say something ctrbuild understands. */
  SPEC_INVALID: 65,
  /** bundles.yaml is not there. */
  SPEC_MISSING: 66,
  /** bundles.yaml is there already, and is not written over. */
  SPEC_EXISTS: 73,
  /** The source of a bind mount is not there. */
  BIND_MISSING: 66,
  /** A file that bundles.yaml names is not there. */
  FILE_MISSING: 66,
  /** bundles.yaml is not in the form that `ctrbuild fmt` writes. */
  FORMAT_DIFFERS: 3,
  /** bundles.lock.json is damaged or of another version. */
  LOCK_INVALID: 65,
  /** The lock is missing and may not be written. */
  LOCK_MISSING: 3,
  /** The lock was made from other images than bundles.yaml names now. */
  LOCK_OUTDATED: 3,
  /** There is no saved plan of that name. */
  PLAN_MISSING: 66,
  /** A saved plan is damaged or of another version. */
  PLAN_INVALID: 65,
  /** The world moved since the plan was saved. */
  PLAN_STALE: 3,

  /** A digest is not `sha256:` and 64 lower-case hexadecimal digits. */
  DIGEST_INVALID: 65,
  /** An image reference cannot be parsed. */
  REFERENCE_INVALID: 65,
  /** A manifest, index or image configuration breaks the image specification. */
  IMAGE_INVALID: 65,
  /** No such image or tag. */
  IMAGE_NOT_FOUND: 65,
  /** The image has nothing for the wanted platform. */
  PLATFORM_MISSING: 65,
  /** The registry asked for credentials. */
  REGISTRY_DENIED: 77,
  /** The registry, or whatever holds the image, does not answer. */
  SOURCE_UNAVAILABLE: 69,
  /** An image is wanted offline that is not in the store. */
  OFFLINE: 69,
  /** Bytes do not have the digest or size that was promised. */
  DIGEST_MISMATCH: 65,
  /** The uncompressed layer does not have its diffID. */
  DIFFID_MISMATCH: 65,
  /** A layer cannot be decompressed. */
  COMPRESSION_INVALID: 65,
  /** A layer is not a tar archive that may be trusted. */
  TAR_INVALID: 65,
  /** A layer goes past a limit on size, ratio, entries or names. */
  LAYER_LIMIT: 65,
  /** Layers cannot be put on top of each other. */
  LAYER_CONFLICT: 65,
  /** Something in the merged tree is not as the bundle needs it. */
  ROOTFS_INVALID: 65,
  /** A user or group is not in the image. */
  USER_UNKNOWN: 65,
  /** A bundle cannot run as it is declared. */
  BUNDLE_INVALID: 65,

  /** Something in an image's /exports is not as the contract of system containers says. */
  EXPORTS_INVALID: 65,
  /** A template of an image's /exports is no template, or what it comes to cannot be read. */
  TEMPLATE_INVALID: 65,
  /** A template of an image's /exports uses a variable that has no value. */
  VARIABLE_MISSING: 65,
  /** `set:` has a variable that no template of the image uses. */
  VARIABLE_UNKNOWN: 65,
  /** The folder of the bundles has a name that no unit can hold, or a link leads out of `--root`. */
  INSTALL_PATH: 65,
  /** Something stands where a service's file is to go, and ctrbuild did not put it there. */
  INSTALL_FOREIGN: 65,
  /** A bundle is to be installed that was not applied, or not as it was made. */
  NOT_APPLIED: 66,
  /** A service did not come up, or not for two seconds, so its old files and generation are back. */
  SERVICE_FAILED: 1,

  /** The store is not an OSTree repository that ctrbuild can use. */
  REPO_INVALID: 65,
  /** An object of the store is missing or damaged. */
  OBJECT_DAMAGED: 65,
  /** What atomic left cannot be read. */
  ATOMIC_INVALID: 65,
  /** There is nothing that atomic left. */
  ATOMIC_MISSING: 66,
  /** The output folder holds something that ctrbuild did not make. */
  OUT_FOREIGN: 65,
  /** Another ctrbuild holds the store. */
  STORE_BUSY: 75,
  /** A bundle has no such generation, or it is not whole. */
  GENERATION_MISSING: 66,
  /** A bundle was not applied yet, or has no script for the runtime. */
  BUNDLE_MISSING: 66,
  /** There is no container of that name. */
  CONTAINER_MISSING: 69,
  /** A program that ctrbuild needs is not installed. */
  PROGRAM_MISSING: 69,
  /** A program that ctrbuild ran failed. */
  PROGRAM_FAILED: 1,
  /** The disk is full, or reading or writing failed. */
  DISK: 74,
  /** The file system said no. */
  PERMISSION: 77,
  /** Stopped by SIGINT. */
  INTERRUPTED: 130,
  /** Stopped by SIGTERM. */
  TERMINATED: 143,
} as const

/** A stable name for one kind of failure, upper snake case. */
export type ErrorCode = keyof typeof EXIT_STATUS

/**
 * A failure that a user can meet and act on.
 *
 * `message` is one sentence without a final full stop that names the thing and says what was found;
 * `hint` says what to do next. Mistakes of the programmer are plain `Error`s instead.
 */
export class CtrbuildError extends Error {
  override readonly name = 'CtrbuildError'
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, more: { hint?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.hint = more.hint
  }

  /** The status the process ends with, from sysexits(3) where one fits. */
  get exitStatus(): number {
    return EXIT_STATUS[this.code]
  }
}

/** True for an error of the operating system with one of the given codes, such as `ENOENT`. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(error.code as string)
}

/** What a bundle's owner should know, though the bundle can be made. */

/** A stable name for one kind of warning. */
export type WarningCode =
  /** Without root a container has one id only: its process has that one, whoever it should be. */
  | 'USER_SQUASHED'
  /** An entry of the image's Env that is not `NAME=VALUE`. */
  | 'ENV_IGNORED'
  /** A label of the image that would tell the runtime what to do. */
  | 'LABEL_IGNORED'
  /** A volume of the image that cannot be one. */
  | 'VOLUME_IGNORED'
  /** A volume of the image that nothing is mounted on: it is kept in memory. */
  | 'VOLUME_IN_MEMORY'
  /** A namespace that one of the wanted runtimes cannot do with, or without. */
  | 'RUNTIME_UNFIT'

/** One warning, in the form of an event of the report. */
export interface BundleWarning {
  readonly code: WarningCode
  readonly message: string
  readonly hint?: string
}

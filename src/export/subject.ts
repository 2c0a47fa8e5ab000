/** What is exported: one generation of a bundle, as values. */
import type { RuntimeConfig } from '../bundle/types.ts'
import type { Stamp } from '../plan/types.ts'
import type { BundleSpec } from '../spec/types.ts'
import type { Dir } from '../tree/node.ts'

/** A generation of a bundle. */
export interface ExportSubject {
  readonly name: string
  readonly stamp: Stamp
  /** As it was declared when the generation was made. */
  readonly spec: BundleSpec
  readonly config: RuntimeConfig
  /** The root file system with everything that is mounted on, as it was made: not what a container wrote since. */
  readonly root: Dir
  /** The small files beside it, sorted by path. */
  readonly files: readonly { readonly path: string; readonly mode: number; readonly bytes: Buffer }[]
}

/** What a format is made to. */
export type ExportCode =
  /** The format has no word for it: it is not in what was made. */
  | 'EXPORT_LEFT_OUT'
  /** It is there, but means something else. */
  | 'EXPORT_CHANGED'
  /** What was made names something of this host, which has to be there where it is used. */
  | 'EXPORT_HOST'

/** Something about a bundle that did not come through. */
export interface ExportWarning {
  readonly code: ExportCode
  /** The key of bundles.yaml, such as `rlimits` or `mounts[/data]`. */
  readonly key: string
  readonly message: string
}

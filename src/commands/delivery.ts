/** What an export is made from, and where it goes. */
import type { ExportSubject } from '../export/subject.ts'
import type { Repo } from '../ostree/types.ts'
import type { Surroundings } from './context.ts'

export interface Delivery {
  readonly subject: ExportSubject
  readonly repo: Repo
  /** Absolute path of the root file system on this host: the current generation's, unless another one was asked for. */
  readonly rootfs: string
  /** What the exported image is called where a pod runs it. */
  readonly image: string
  /** Absolute path of a file or folder; undefined is standard output. */
  readonly output: string | undefined
  readonly surroundings: Surroundings
}

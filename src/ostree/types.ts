/** The OSTree repository as values: modes, object types, refs. */
import type { Brand } from '../oci/digest.ts'

/** SHA-256 of an OSTree object, 64 lower-case hexadecimal digits. For content it covers owner, mode and xattrs too. */
export type Checksum = Brand<string, 'Checksum'>

/** How a repository stores content: `bare` keeps real owners (root), `bare-user` keeps them in an xattr. */
export type RepoMode = 'bare' | 'bare-user' | 'bare-user-only' | 'archive'

/** Object types, as they end an object's file name. An archive repository has `filez` instead of `file`. */
export type ObjectType = 'commit' | 'dirtree' | 'dirmeta' | 'file' | 'filez'

/** An open repository. */
export interface Repo {
  /** Absolute path of the folder with `config`, `objects` and `refs`. */
  readonly path: string
  readonly mode: RepoMode
}

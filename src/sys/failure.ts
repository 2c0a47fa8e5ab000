/** What the operating system says when it fails, in ctrbuild's words. */
import { CtrbuildError, isErrno } from '../errors.ts'

const FULL = 'Free some space, or put the store on another file system with "store:"; nothing was changed'
const FILES = 'Raise the limit on open files (ulimit -n)'

/** What to do about each error that a disk, or a limit on what may be open, is to blame for. */
const DISK_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EIO: 'The disk is at fault: the kernel log says more',
  EROFS: 'Use folders on a file system that can be written',
  ENOTSUP: 'Put the store on a file system with extended attributes, such as ext4, xfs or btrfs',
  EMFILE: FILES,
  ENFILE: FILES,
  ERR_WORKER_INIT_FAILED: FILES,
}

/** Turns the operating system's word for a full disk or a missing right into ctrbuild's. */
export function diskError(error: unknown, doing: string): unknown {
  if (isErrno(error, ...Object.keys(DISK_HINTS))) {
    const hint = DISK_HINTS[error.code!]!
    return new CtrbuildError('DISK', `${doing}: ${error.message}`, { hint, cause: error })
  }
  if (isErrno(error, 'EACCES', 'EPERM')) {
    const hint = 'Use folders that belong to the user who runs ctrbuild'
    return new CtrbuildError('PERMISSION', `${doing}: ${error.message}`, { hint, cause: error })
  }
  return error
}

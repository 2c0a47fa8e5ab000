/** What the operating system says when it fails, in ctrbuild's words. */
import { CtrbuildError, isErrno } from '../errors.ts'

/** Turns the operating system's word for a full disk or a missing right into ctrbuild's. */
export function diskError(error: unknown, doing: string): unknown {
  if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'EMFILE', 'ENFILE')) {
    return new CtrbuildError('DISK', `${doing}: ${error.message}`, {
      hint: diskHint(error.code!),
      cause: error,
    })
  }
  if (isErrno(error, 'EACCES', 'EPERM')) {
    return new CtrbuildError('PERMISSION', `${doing}: ${error.message}`, {
      hint: 'Use a store that belongs to the user who runs ctrbuild',
      cause: error,
    })
  }
  return error
}

function diskHint(code: string): string {
  if (code === 'EMFILE' || code === 'ENFILE') return 'Raise the limit on open files (ulimit -n)'
  if (code === 'EROFS') return 'The store must be on a file system that can be written'
  return 'Free some space, or put the store on another file system with "store:"; nothing was changed'
}

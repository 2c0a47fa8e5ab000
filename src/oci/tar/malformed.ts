/** The one way to say that an archive is not a tar archive that may be trusted. */
import { CtrbuildError } from '../../errors.ts'

/**
 * The error for a header that breaks the format, or for what belongs to it.
 * @param offset where the 512-byte header begins in the uncompressed archive
 * @param found what was found there, to end a sentence
 */
export function malformed(offset: number, found: string): CtrbuildError {
  return new CtrbuildError('TAR_INVALID', `tar header at byte ${offset}: ${found}`, {
    hint: 'The archive is damaged or made to be read in two ways; build or fetch the image anew',
  })
}

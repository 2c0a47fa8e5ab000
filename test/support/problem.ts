/** What went wrong, as one text to compare with. */
import { CtrbuildError } from '../../src/errors.ts'

/** `CODE: message` of the CtrbuildError that an action ends with; anything else is thrown on. */
export async function problemOf(act: () => unknown): Promise<string> {
  try {
    await act()
  } catch (error) {
    if (error instanceof CtrbuildError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'nothing wrong'
}

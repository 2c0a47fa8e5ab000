/** What is wrong with a text as YAML. */
import type { Span } from './position.ts'

/** One mistake; becomes a problem once its line is known. */
export interface Fault {
  readonly span: Span
  readonly message: string
  readonly hint?: string
}

/** More mistakes than this are not looked for: what follows from one another would bury the first. */
export const MAX_FAULTS = 100

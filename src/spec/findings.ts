/** Collects what is wrong with a file while it is read on. */
import type { CtrbuildError, ErrorCode } from '../errors.ts'
import { keySpanAt, type Node, spanAt } from './document.ts'
import type { Span } from './position.ts'
import { formatPath, type Path, type Problem, type Range, type WarningCode } from './problem.ts'

/** What can be said beyond the claim itself. */
export interface Remark {
  readonly hint?: string | undefined
  /** Points at the key rather than at its value. */
  readonly isAboutKey?: boolean
}

/** Claims go on where the path ends: `must be a list`, `is missing`. */
export interface Findings {
  /** A mistake; its code is SPEC_INVALID. */
  error(path: Path, claim: string, remark?: Remark): void
  /** A mistake that a parser of another format found. */
  refused(path: Path, error: CtrbuildError): void
  warning(path: Path, code: WarningCode, claim: string, hint?: string): void
  /** In the order found. */
  list(): readonly Problem[]
}

const MESSAGE_LENGTH = 300

/** Starts with nothing found in a file. */
export function startFindings(file: string, root: Node, range: (span: Span) => Range): Findings {
  const problems: Problem[] = []
  const add = (base: Pick<Problem, 'severity' | 'code' | 'message'>, path: Path, remark: Remark) => {
    const span = (remark.isAboutKey ? keySpanAt(root, path) : undefined) ?? spanAt(root, path)
    const { hint } = remark
    problems.push({ ...base, ...(hint === undefined ? {} : { hint }), file, ...range(span), path })
  }
  const invalid: ErrorCode = 'SPEC_INVALID'
  return {
    error: (path, claim, remark = {}) =>
      add({ severity: 'error', code: invalid, message: `${subject(path)} ${claim}` }, path, remark),
    refused: (path, { code, message, hint }) =>
      add({ severity: 'error', code, message: `${subject(path)}: ${cut(message)}` }, path, { hint }),
    warning: (path, code, claim, hint) =>
      add({ severity: 'warning', code, message: `${subject(path)} ${claim}` }, path, { hint }),
    list: () => problems,
  }
}

/** Other parsers repeat the whole text that they refuse. */
function cut(message: string): string {
  return message.length > MESSAGE_LENGTH
    ? `${message.slice(0, MESSAGE_LENGTH).replace(/\p{Surrogate}$/u, '')}…`
    : message
}

function subject(path: Path): string {
  return path.length === 0 ? 'the file' : formatPath(path)
}

/** What is wrong with a file that a person wrote, and where: problems are collected, not thrown. */
import type { ErrorCode } from '../errors.ts'

/** Whether the file can be used all the same. */
export type Severity = 'error' | 'warning'

/** Codes that only warnings have. As stable as those of errors. */
export type WarningCode =
  | LintCode
  /** The file starts with a byte order mark. */
  | 'BYTE_ORDER_MARK'
  /** A file of variables has a `$` that a shell would put something in for. */
  | 'DOLLAR_KEPT'
  /** A word was read as an image reference, but resembles a name from `images`. */
  | 'IMAGE_RESEMBLES'
  /** A mount lies over one that comes before it. */
  | 'MOUNT_HIDDEN'
  /** A bundle shares a namespace that containers nearly always have of their own. */
  | 'NAMESPACE_SHARED'

/** What a runtime does otherwise than a bundle says. */
export type LintCode =
  /** It refuses the bundle, so there is no script for it. */
  | 'RUNTIME_UNFIT'
  /** It leaves something out in silence. */
  | 'RUNTIME_IGNORES'
  /** It does something else, or less. */
  | 'RUNTIME_CHANGES'
  /** It does it only where the host has what it takes. */
  | 'RUNTIME_NEEDS'

/** Keys and list positions that lead to a value, from the root of the file. */
export type Path = readonly (string | number)[]

/** A stretch of the file. Lines and columns count from 1, columns in UTF-16 units, as editors do; the end is exclusive. */
export interface Range {
  readonly line: number
  readonly col: number
  readonly endLine: number
  readonly endCol: number
}

/** One mistake. */
export interface Problem {
  readonly severity: Severity
  readonly code: ErrorCode | WarningCode
  /** One sentence without a final full stop. */
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
  /** As it was named by whoever asked. */
  readonly file: string
  readonly line: number
  readonly col: number
  readonly endLine?: number
  readonly endCol?: number
  /** Empty where the mistake belongs to no value. */
  readonly path: Path
}

/** Orders problems as they stand in the file. */
export function byPosition(a: Problem, b: Problem): number {
  return a.line - b.line || a.col - b.col
}

/** A path as people write it: `bundles.redis.mounts[0].type`, odd keys in brackets and quotes. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => `${text}${formatPart(part, text === '')}`, '')
}

function formatPart(part: string | number, isFirst: boolean): string {
  if (typeof part === 'number') return `[${part}]`
  if (!/^[\w-]{1,60}$/.test(part)) return `[${quote(part)}]`
  return isFirst ? part : `.${part}`
}

const QUOTED_LENGTH = 60

/** A text in double quotes, cut to a length that can be shown, control characters escaped. */
export function quote(text: string): string {
  const characters = [...text.slice(0, QUOTED_LENGTH * 2)]
  const isLong = text.length > characters.join('').length || characters.length > QUOTED_LENGTH
  return JSON.stringify(isLong ? `${characters.slice(0, QUOTED_LENGTH).join('')}…` : text)
}

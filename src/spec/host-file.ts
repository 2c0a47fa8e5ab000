/** Files of the host that bundles.yaml names and whose content becomes part of a bundle. */
import * as z from 'zod'
import { CtrbuildError } from '../errors.ts'
import type { Findings } from './findings.ts'
import { type Path, quote } from './problem.ts'
import { must } from './rule.ts'

/** Paths of the host, as they are written. */
export const HOST_PATH = /^(?:\/|\.\.?\/)[^\x00-\x1f\x7f]*$/

/** A path as it is written: absolute, or relative to the folder of bundles.yaml. */
export const hostFile = z
  .string()
  .regex(HOST_PATH, must('be a path that begins with "/", "./" or "../"', 'For example ./app.env'))

/** What stands at a path. */
export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  /** It cannot be read, or is no text; `why` goes on after "is not read: ". */
  | { readonly kind: 'unreadable'; readonly why: string }

/** Reads a file; the path is as written, and relative to the folder of bundles.yaml. */
export type ReadFile = (path: string) => FileText

/** A reader for who has no files. */
export const noFiles: ReadFile = () => ({ kind: 'missing' })

/** The text of a file that the value at `path` names, or `undefined` after saying why there is none. */
export function textOf(source: string, path: Path, read: ReadFile, findings: Findings): string | undefined {
  const file = read(source)
  switch (file.kind) {
    case 'text':
      return file.text
    case 'missing':
      findings.refused(
        path,
        new CtrbuildError('FILE_MISSING', `there is no file ${quote(source)}`, {
          hint: 'Make it, or correct the path: it is relative to the folder of bundles.yaml',
        }),
      )
      return undefined
    case 'unreadable':
      findings.error(path, `names ${quote(source)}, which cannot be used: ${file.why}`)
      return undefined
    default:
      return file satisfies never
  }
}

/** Shows problems: to people with the line they are about, to programs as plain objects. */
import { styleText } from 'node:util'
import type { Problem } from '../spec/problem.ts'
import { frameOf } from './code-frame.ts'
import { escapeControls } from './screen-text.ts'

/** How to show problems to people. */
export interface DiagnosticOptions {
  /** The text that the positions are about. Without it there are no code frames. */
  readonly text?: string
  readonly color?: boolean
  /** Columns of the screen; lines of the file are cut to fit. Default 100. */
  readonly width?: number
  /** The most problems that are shown in full. Default: all. */
  readonly limit?: number
}

type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string

const DEFAULT_WIDTH = 100

/**
 * Problems as text for a terminal or a log, each as `file:line:col: error CODE: message` with a code frame and a
 * hint. Ends with a count and a newline; without problems it is empty. Nothing of the file reaches the terminal
 * as a control character.
 */
export function renderProblems(problems: readonly Problem[], options: DiagnosticOptions = {}): string {
  if (problems.length === 0) return ''
  const { text, color = false, width = DEFAULT_WIDTH, limit = problems.length } = options
  const lines = text?.replace(/^\ufeff/, '').split('\n')
  const paint: Paint = color
    ? (style, part) => styleText(style, part, { validateStream: false })
    : (_, part) => part
  const shown = problems.slice(0, limit).map(problem => renderProblem(problem, lines, width, paint))
  return `${shown.join('\n')}\n${countLine(problems, problems.length - shown.length)}\n`
}

function renderProblem(
  problem: Problem,
  lines: readonly string[] | undefined,
  width: number,
  paint: Paint,
): string {
  const { severity, file, line, col, code, message, hint } = problem
  const style: Style = severity === 'error' ? ['bold', 'red'] : ['bold', 'yellow']
  const place = escapeControls(`${file}:${line}:${col}`)
  const head = `${place}: ${paint(style, `${severity} ${code}`)}: ${paint('bold', escapeControls(message))}\n`
  const source = lines?.[line - 1]
  const frame = source === undefined ? '' : renderFrame(problem, source, width, text => paint(style, text))
  return `${head}${frame}${hint === undefined ? '' : `  ${paint('cyan', 'hint:')} ${escapeControls(hint)}\n`}`
}

function renderFrame(
  problem: Problem,
  source: string,
  width: number,
  paint: (text: string) => string,
): string {
  const { line, col, endLine = line, endCol = col + 1 } = problem
  const number = String(line)
  const gutter = ' '.repeat(number.length)
  const end = endLine > line ? source.length + 1 : endCol
  const frame = frameOf(source, { start: col - 1, end: end - 1, width: width - number.length - 3 })
  return `${gutter} |\n${number} | ${frame.line}\n${gutter} | ${frame.padding}${paint(frame.underline)}\n`
}

function countLine(problems: readonly Problem[], hidden: number): string {
  const errors = problems.filter(problem => problem.severity === 'error').length
  const parts = [counted(errors, 'error'), counted(problems.length - errors, 'warning')].filter(
    part => part !== '',
  )
  return `${parts.join(', ')}${hidden > 0 ? ` (${hidden} not shown)` : ''}`
}

function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** A problem as it is printed as JSON: always the same keys in the same order, `null` for what it does not have. */
export interface DiagnosticRecord {
  readonly type: 'diagnostic'
  readonly severity: Problem['severity']
  readonly code: string
  readonly file: string
  readonly line: number
  readonly col: number
  readonly endLine: number | null
  readonly endCol: number | null
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly hint: string | null
}

/** A problem as a plain object. */
export function diagnosticRecord(problem: Problem): DiagnosticRecord {
  const {
    severity,
    code,
    file,
    line,
    col,
    endLine = null,
    endCol = null,
    path,
    message,
    hint = null,
  } = problem
  return { type: 'diagnostic', severity, code, file, line, col, endLine, endCol, path, message, hint }
}

/** Problems as JSON lines, one object a line. */
export function jsonProblems(problems: readonly Problem[]): string {
  return problems.map(problem => `${JSON.stringify(diagnosticRecord(problem))}\n`).join('')
}

/** Problems for a build service: GitHub's workflow commands, and GitLab's code quality report. */
import { digestOf, hexOf } from '../oci/digest.ts'
import { formatPath, type Problem } from '../spec/problem.ts'
import { escapeControls } from './screen-text.ts'

/** GitHub shows so many annotations of each kind for a step. */
const SHOWN = 10

/**
 * Workflow commands, errors first. What GitHub would not show is counted on a last line. `pathOf` turns a file's name
 * into its path in the repository.
 */
export function githubAnnotations(problems: readonly Problem[], pathOf: (file: string) => string): string {
  const kinds = (['error', 'warning'] as const).map(kind =>
    problems.filter(({ severity }) => severity === kind),
  )
  const lines = kinds.flatMap(ofKind => ofKind.slice(0, SHOWN).map(problem => command(problem, pathOf)))
  const hidden = kinds.reduce((count, ofKind) => count + Math.max(0, ofKind.length - SHOWN), 0)
  const more = hidden === 0 ? [] : [`and ${hidden} more`]
  return [...lines, ...more].map(line => `${line}\n`).join('')
}

function command(problem: Problem, pathOf: (file: string) => string): string {
  const { severity, code, file, line, col, endLine, message, hint } = problem
  const properties = {
    file: pathOf(file),
    line,
    ...(endLine !== undefined && endLine > line && { endLine }),
    // A column is taken to be one of the only line.
    ...((endLine === undefined || endLine === line) && { col }),
    title: code,
  }
  const text = Object.entries(properties).map(([name, value]) => `${name}=${property(String(value))}`)
  return `::${severity} ${text.join(',')}::${data(hint === undefined ? message : `${message}\n${hint}`)}`
}

/** Line breaks would end the command, and a "%" would begin an escape. */
function data(text: string): string {
  const lines = text.split('\n').map(escapeControls).join('\n')
  return lines.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** GitLab's code quality report (a subset of Code Climate's). A problem keeps its fingerprint while it moves in the file. */
export function codeQuality(problems: readonly Problem[], pathOf: (file: string) => string): string {
  const seen = new Map<string, number>()
  const entries = problems.map(({ severity, code, file, line, path, message, hint }) => {
    const location = pathOf(file)
    const key = [code, location, formatPath(path), message].join('\n')
    const times = seen.get(key) ?? 0
    seen.set(key, times + 1)
    return {
      description: escapeControls(hint === undefined ? message : `${message}. ${hint}`),
      check_name: code,
      fingerprint: hexOf(digestOf(`${key}\n${times}`)),
      severity: severity === 'error' ? 'major' : 'minor',
      location: { path: location, lines: { begin: line } },
    }
  })
  return `${JSON.stringify(entries, undefined, 2)}\n`
}

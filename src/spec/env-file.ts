/**
 * Files of environment variables (`envFile`): `NAME=VALUE` lines, read as data. No shell sees them, nothing is put in
 * for `$`, and one line makes one variable, whatever its value holds.
 */
import { quote } from './problem.ts'

/** What a file says, and what is wrong with it. */
export interface EnvFile {
  /** Of two lines with one name the later counts. */
  readonly variables: Readonly<Record<string, string>>
  readonly mistakes: readonly LineRemark[]
  /** What is allowed, but hardly meant. */
  readonly doubts: readonly LineRemark[]
}

export interface LineRemark {
  /** From 1. */
  readonly line: number
  /** Goes on after "line N ". */
  readonly claim: string
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  $: '$',
}

/** Reads a whole file; lines end with LF or CRLF, and a byte order mark in front is passed over. */
export function parseEnvFile(text: string): EnvFile {
  const variables = new Map<string, string>()
  const mistakes: LineRemark[] = []
  const doubts: LineRemark[] = []
  for (const [i, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const parsed = parseLine(raw.trim())
    if (parsed === undefined) continue
    if (typeof parsed === 'string') mistakes.push({ line: i + 1, claim: parsed })
    else {
      variables.set(parsed.name, parsed.value)
      if (!parsed.hasDollar) continue
      doubts.push({
        line: i + 1,
        claim: `keeps the "$" of ${parsed.name} as it is: nothing is put in for it`,
      })
    }
  }
  return { variables: Object.fromEntries(variables), mistakes, doubts }
}

interface Variable {
  readonly name: string
  readonly value: string
  /** Something that a shell would put a value in for; not where quotes or a backslash say that it is meant. */
  readonly hasDollar: boolean
}

/** A variable, or what the line must be instead; `undefined` for a line that says nothing. */
function parseLine(line: string): Variable | string | undefined {
  if (line === '' || line.startsWith('#')) return undefined
  const assignment = line.replace(/^export[ \t]+/, '')
  const at = assignment.indexOf('=')
  if (at < 0) return 'must be NAME=VALUE: what the host has set is never taken'
  const name = assignment.slice(0, at).trimEnd()
  if (!NAME.test(name))
    return `has the name ${quote(name)}: letters, digits, "_", "." and "-", no digit first`
  const read = readValue(assignment.slice(at + 1).trimStart())
  if (typeof read === 'string') return read
  if (/[\0\p{Surrogate}]/u.test(read.value)) return 'holds a character that no program can be given'
  return { name, ...read }
}

function readValue(text: string): Omit<Variable, 'name'> | string {
  const mark = text[0]
  if (mark !== '"' && mark !== "'") return plain(withoutComment(text))
  const inside = mark === '"' ? /^"((?:[^"\\]|\\.)*)"(.*)$/.exec(text) : /^'([^']*)'(.*)$/.exec(text)
  if (inside === null) return `has no closing ${mark}`
  const [, value = '', rest = ''] = inside
  if (!/^[ \t]*(?:#.*)?$/.test(rest)) return `goes on after the closing ${mark}`
  if (mark === "'") return { value, hasDollar: false }
  return { ...plain(value.replace(/\\./g, '')), value: unescaped(value) }
}

function plain(value: string): Omit<Variable, 'name'> {
  return { value, hasDollar: /\$[({A-Za-z_]/.test(value) }
}

/** An unquoted value ends before a `#` that follows a space or a tab. */
function withoutComment(text: string): string {
  return text.replace(/(?:^|[ \t])#.*$/, '').trimEnd()
}

/** A backslash before anything else stands for itself. */
function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (both, character: string) => ESCAPES[character] ?? both)
}

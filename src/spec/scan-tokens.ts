/** Looks at the tokens of a YAML text: how deep they nest, and whether there are any that are not used here. */
import { CST, Lexer } from 'yaml'
import { type Fault, MAX_FAULTS } from './fault.ts'
import type { Span } from './position.ts'
import { quote } from './problem.ts'
import type { Scan } from './scan.ts'

const MAX_TOKENS = 200_000
const MAX_DEPTH = 64
const BAD_ESCAPE = /\\[^0abefnrtvNLP_xuU "/\\\t\r\n]/g

/** A token, and where it stands. `content` is an unquoted or block scalar, whatever it looks like. */
export interface Token {
  readonly type: CST.TokenType | 'content'
  readonly text: string
  readonly span: Span
}

/** Something in which only one ":" may stand until the next comma or line. */
interface Group {
  readonly start: number
  hasColon: boolean
}

/** Where the scan has got to. */
interface State {
  lineStart: number
  tokens: number
  badEscapes: number
  /** The line, outside of brackets, and every bracket that is open. Never empty. */
  open: Group[]
  /** Columns at which the block collections around begin, at least. */
  columns: number[]
  /** True where a block collection may begin: first on a line or after an indicator. */
  isStart: boolean
  hasDocument: boolean
  hasContent: boolean
  hasAnother: boolean
}

/** Scans a text without control characters. The parser may see it unless a limit or a mistake ended the scan. */
export function scanTokens(text: string): Scan {
  const counts = { lineStart: 0, tokens: 0, badEscapes: 0 }
  const state: State = {
    ...counts,
    open: [{ start: 0, hasColon: false }],
    columns: [],
    isStart: true,
    hasDocument: false,
    hasContent: false,
    hasAnother: false,
  }
  const faults: Fault[] = []
  for (const token of tokensOf(text)) {
    const fault = tokenFault(token, state)
    if (fault !== undefined) faults.push(fault)
    const end = endFault(token, state, faults.length)
    if (end !== undefined) return { faults: [...faults, end], isSafe: false }
    trackLine(token, state)
  }
  return state.open.length > 1
    ? { faults: [...faults, unclosed('bracket', state.open.at(-1)!.start)], isSafe: false }
    : { faults, isSafe: true }
}

/** The lexer sends marks between its tokens, control characters that do not stand in the text. */
export function* tokensOf(text: string): Generator<Token> {
  let offset = 0
  let isContent = false
  for (const token of new Lexer().lex(text)) {
    const type: Token['type'] = isContent ? 'content' : (CST.tokenType(token) ?? 'content')
    isContent = type === 'scalar'
    const isMark = isContent || type === 'doc-mode' || type === 'flow-error-end'
    const end = isMark ? offset : offset + token.length
    if (!isContent) yield { type, text: token, span: [offset, end] }
    offset = end
  }
}

/** A scalar may go over several lines, and what follows it still belongs to the line that it began in. */
function trackLine({ text, span: [start] }: Token, state: State): void {
  const newline = text.lastIndexOf('\n')
  if (newline >= 0) state.lineStart = start + newline + 1
  if (newline < 0 || newline < text.length - 1) return
  state.isStart = true
  if (state.open.length === 1) state.open[0]!.hasColon = false
}

/** What makes it useless or dangerous to go on. */
function endFault({ type, text, span }: Token, state: State, faults: number): Fault | undefined {
  const isQuoted = type === 'single-quoted-scalar' || type === 'double-quoted-scalar'
  if (isQuoted && !isClosed(text)) return unclosed('quote', span[0])
  if (type === 'flow-error-end') return unclosed('bracket', state.open.at(-1)!.start)
  const end = (message: string): Fault => ({ span, message })
  if (Math.max(state.open.length - 1, state.columns.length) > MAX_DEPTH) {
    return end(`collections are nested more than ${MAX_DEPTH} deep`)
  }
  if (state.tokens > MAX_TOKENS) return end(`the file has more than ${MAX_TOKENS} keys, values and signs`)
  return faults + state.badEscapes >= MAX_FAULTS ? end('too many mistakes to go on from here') : undefined
}

function unclosed(what: string, start: number): Fault {
  const hint = 'Close it, and indent every line that belongs to it'
  return { span: [start, start + 1], message: `the ${what} that begins here is not closed`, hint }
}

function isClosed(quoted: string): boolean {
  const sign = quoted[0]!
  if (quoted.length < 2 || !quoted.endsWith(sign)) return false
  if (sign === "'") return (quoted.split("'").length - 1) % 2 === 0
  let backslashes = 0
  while (quoted[quoted.length - 2 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 0
}

/** Takes a token into account, and says what is wrong with it. */
function tokenFault(token: Token, state: State): Fault | undefined {
  const { type, text } = token
  if (type === 'space' || type === 'newline' || type === 'comment') return undefined
  state.tokens++
  if (type === 'doc-mode' || type === 'doc-start') return documentFault(token, state)
  if (type !== 'directive-line') state.hasContent = true
  if (type === 'double-quoted-scalar') state.badEscapes += text.match(BAD_ESCAPE)?.length ?? 0
  trackBlocks(token, state)
  return trackGroups(token, state) ?? featureFault(token)
}

function documentFault({ type, span }: Token, state: State): Fault | undefined {
  const isAnother = type === 'doc-mode' ? state.hasDocument : state.hasContent
  if (type === 'doc-mode') state.hasDocument = true
  else state.hasContent = true
  if (!isAnother || state.hasAnother) return undefined
  state.hasAnother = true
  return { span, message: 'a second document begins here', hint: 'Keep one document in the file' }
}

const INDICATORS: readonly string[] = ['seq-item-ind', 'explicit-key-ind', 'map-value-ind']

/** Each block collection begins in a column of its own, except for a list below a key: the columns bound the depth. */
function trackBlocks({ type, span: [start] }: Token, state: State): void {
  if (state.open.length === 1 && state.isStart) {
    const column = start - state.lineStart
    while (state.columns.length > 0 && state.columns.at(-1)! >= column) state.columns.pop()
    state.columns.push(column)
  }
  state.isStart = INDICATORS.includes(type)
}

/** What the parser refuses too, but only after nesting a collection for each time that it is there. */
function trackGroups({ type, text, span }: Token, { open }: State): Fault | undefined {
  const group = open.at(-1)!
  const isInFlow = open.length > 1
  const isAnother = type === 'map-value-ind' && group.hasColon
  if (type === 'map-value-ind') group.hasColon = true
  if (type === 'comma' && isInFlow) group.hasColon = false
  if (type === 'flow-map-start' || type === 'flow-seq-start') open.push({ start: span[0], hasColon: false })
  if (type === 'seq-item-ind' && isInFlow) return { span, message: 'a "- " inside of brackets' }
  if (isAnother) {
    const hint = 'Put the value in quotes if it holds ": "'
    return { span, message: `a second ":" in one ${isInFlow ? 'item' : 'line'}`, hint }
  }
  if (type !== 'flow-map-end' && type !== 'flow-seq-end') return undefined
  if (isInFlow) return void open.pop()
  const hint = 'Put it in quotes if it is meant as text'
  return { span, message: `nothing was opened that this ${quote(text)} could close`, hint }
}

function featureFault({ type, text, span }: Token): Fault | undefined {
  const asText = `Put it in quotes if it is meant as text: ${quote(text)}`
  switch (type) {
    case 'directive-line':
      return { span, message: 'directives are not used here', hint: 'Remove the line' }
    case 'explicit-key-ind':
      return { span, message: 'keys with "? " in front are not used here', hint: 'Write KEY: VALUE' }
    case 'tag':
      return { span, message: `the tag ${quote(text)} is not used here`, hint: asText }
    case 'anchor':
    case 'alias': {
      const message = `${type === 'anchor' ? 'an anchor' : 'an alias'} (${quote(text)}) is not used here`
      return { span, message, hint: `Write the value out, or use "defaults". ${asText}` }
    }
    default:
      return undefined
  }
}

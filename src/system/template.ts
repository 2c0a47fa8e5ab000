/**
 * Templates of /exports: texts with `$NAME`, `${NAME}` and `$$`, as Python's string.Template has them. What stands in
 * a rendered text can be traced back to the template.
 */
import { CtrbuildError } from '../errors.ts'

/** A template of an image, and what messages call it. */
export interface TemplateFile {
  /** Its path in the image, such as `/exports/service.template`. */
  readonly path: string
  readonly text: string
}

/** Values by the names of variables. */
export type Variables = ReadonlyMap<string, string>

/** A rendered text. */
export interface Rendered {
  readonly text: string
  /** The offset in the template of what stands at an offset of the text; all of a value stands where its variable does. */
  origin(offset: number): number
}

/** A piece of a template: text that stays, or a variable. */
type Piece =
  | { readonly at: number; readonly kind: 'text'; readonly text: string }
  | { readonly at: number; readonly kind: 'variable'; readonly name: string }

/** string.Template's pattern: an escape, a name, a name in braces, or a dollar sign that is none of them. */
const DOLLAR = /\$(?:(\$)|([_a-zA-Z][_a-zA-Z0-9]*)|\{([_a-zA-Z][_a-zA-Z0-9]*)\}|)/g

/** The names of a template's variables, in the order in which they first appear. */
export function variablesOf(template: TemplateFile): readonly string[] {
  return [...new Set(piecesOf(template).flatMap(piece => (piece.kind === 'variable' ? [piece.name] : [])))]
}

/**
 * Puts the values in.
 * @throws CtrbuildError TEMPLATE_INVALID for a `$` that begins nothing, VARIABLE_MISSING with every name that has no value
 */
export function render(template: TemplateFile, values: Variables): Rendered {
  const pieces = piecesOf(template)
  refuseMissing(template, pieces, values)
  const parts = pieces.map(piece => (piece.kind === 'text' ? piece.text : values.get(piece.name)!))
  const starts: number[] = []
  let length = 0
  for (const part of parts) {
    starts.push(length)
    length += part.length
  }
  return {
    text: parts.join(''),
    origin(offset) {
      const i = starts.findLastIndex(start => start <= offset)
      const piece = pieces[i]
      if (piece === undefined) return 0
      return piece.kind === 'variable' ? piece.at : piece.at + (offset - starts[i]!)
    },
  }
}

/** A text as a template that renders to it. */
export function escapeTemplate(text: string): string {
  return text.replaceAll('$', '$$$$')
}

/** `/exports/service.template:3:14`, lines and columns counted from 1. */
export function placeIn({ path, text }: TemplateFile, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `${path}:${before.length}:${before.at(-1)!.length + 1}`
}

function piecesOf(template: TemplateFile): readonly Piece[] {
  const { text } = template
  const pieces: Piece[] = []
  let end = 0
  const keep = (from: number, to: number) => {
    if (from < to) pieces.push({ at: from, kind: 'text', text: text.slice(from, to) })
  }
  for (const match of text.matchAll(DOLLAR)) {
    const at = match.index
    const name = match[2] ?? match[3]
    keep(end, at)
    if (name !== undefined) pieces.push({ at, kind: 'variable', name })
    else if (match[1] !== undefined) pieces.push({ at, kind: 'text', text: '$' })
    else throw looseDollar(template, at)
    end = at + match[0].length
  }
  keep(end, text.length)
  return pieces
}

function looseDollar(template: TemplateFile, at: number): CtrbuildError {
  return new CtrbuildError('TEMPLATE_INVALID', `${placeIn(template, at)}: a "$" that begins no variable`, {
    hint: 'The image has to write "$$" for a dollar sign',
  })
}

function refuseMissing(template: TemplateFile, pieces: readonly Piece[], values: Variables): void {
  const missing = new Map<string, number>()
  for (const piece of pieces) {
    if (piece.kind !== 'variable' || values.has(piece.name) || missing.has(piece.name)) continue
    missing.set(piece.name, piece.at)
  }
  const [first] = missing
  if (first === undefined) return
  const names = [...missing.keys()]
  const what = names.length === 1 ? `the variable ${names[0]} has` : `the variables ${names.join(', ')} have`
  throw new CtrbuildError('VARIABLE_MISSING', `${placeIn(template, first[1])}: ${what} no value`, {
    hint: `Give ${names.length === 1 ? 'it one' : 'each one'} in bundles.yaml: set: { ${names[0]}: … }`,
  })
}

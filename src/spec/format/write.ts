/** Writes what was laid out: a line for each item, two spaces deeper for what is in it. */
import type { Comment, Item, Layout, Piece } from './layout.ts'
import { isImage, leadingKeys } from './order.ts'

/** Lines of an item: the comments before it, and itself. */
interface Written {
  readonly lead: readonly string[]
  readonly body: readonly string[]
}

/** The text of a file whose comments are with their items; `top` are those before all of them. */
export function writeLayout(text: string, { root, mark }: Layout, top: readonly Comment[]): string {
  const isBefore = ({ start }: Comment) => mark !== undefined && start < mark
  const lines = [
    ...apart(top.filter(isBefore), ''),
    ...(mark === undefined ? [] : ['---']),
    ...apart(
      top.filter(comment => !isBefore(comment)),
      '',
    ),
  ]
  const items = piece(root, '', text)
  const gap = top.length > 0 && firstOf(root)?.isApart === true ? [''] : []
  return `${withoutGaps([...lines, ...gap, ...items]).join('\n')}\n`
}

/** No two empty lines in a row, and none at the beginning. A text that ends in empty lines keeps them: it is one line here. */
function withoutGaps(lines: readonly string[]): readonly string[] {
  return lines.filter((line, i) => line !== '' || (i > 0 && !/(^|\n) *$/.test(lines[i - 1]!)))
}

function firstOf(value: Piece): Item | undefined {
  return value.kind === 'text' ? undefined : value.items[0]
}

function apart(comments: readonly Comment[], indent: string): string[] {
  return comments.flatMap(({ text, isApart }) => [...(isApart ? [''] : []), indent + text])
}

/** The items of a mapping or list, each perhaps after an empty line; the first without. */
function piece(value: Piece, indent: string, text: string): string[] {
  if (value.kind === 'text') return []
  const [first] = value.items
  const lines = ordered(value).flatMap((item, i) => {
    const { lead, body } = written(item, indent, text)
    const gap = i > 0 && item !== first && isApart(item) ? [''] : []
    return [...gap, ...lead, ...body]
  })
  return [...lines, ...apart(value.block.tail, indent)]
}

function isApart({ lead, isApart }: Item): boolean {
  return lead.length > 0 ? lead[0]!.isApart : isApart
}

function ordered({ items, block }: Exclude<Piece, { kind: 'text' }>): readonly Item[] {
  const keys = leadingKeys(block.path)
  const rank = ({ key }: Item) => (key === undefined || !keys.includes(key) ? keys.length : keys.indexOf(key))
  return items.toSorted((a, b) => rank(a) - rank(b))
}

function written(item: Item, indent: string, text: string): Written {
  const { key, keySpan, value, block, beside } = item
  const inner = piece(value, `${indent}  `, text)
  const before = [...item.lead, ...beside.slice(0, -1)]
  const last = beside.at(-1)
  const lead = leadLines({ ...item, lead: before }, indent)
  const side = last === undefined ? '' : ` ${last.text}`
  if (key === undefined) return listItem(item, { indent, inner, lead, side, text })
  const name = nameOf(key, text.slice(...keySpan))
  if (value.kind !== 'text') return { lead, body: [`${indent}${name}:${side}`, ...inner] }
  const isBare = isImage([...block.path, key])
  return { lead, body: [`${indent}${name}:${scalar(item, value, indent, text, isBare)}${side}`] }
}

function leadLines({ lead, isApart }: Pick<Item, 'lead' | 'isApart'>, indent: string): string[] {
  const lines = apart(lead, indent)
  const [first, ...rest] = lines
  const own = first === '' ? rest : lines
  return own.length > 0 && isApart ? [...own, ''] : own
}

interface ListItem {
  readonly indent: string
  readonly inner: readonly string[]
  readonly lead: readonly string[]
  readonly side: string
  readonly text: string
}

/** The first line of a collection stands beside the sign; comments that are between them go before it. */
function listItem(item: Item, { indent, inner, lead, side, text }: ListItem): Written {
  const { value } = item
  if (value.kind === 'text')
    return { lead, body: [`${indent}-${scalar(item, value, indent, text, false)}${side}`] }
  const start = inner.findIndex(line => line !== '' && !line.trimStart().startsWith('#'))
  const comments = inner.slice(0, start).filter(line => line !== '')
  const above = [
    ...lead,
    ...(side === '' ? [] : [indent + side.trimStart()]),
    ...comments.map(line => indent + line.trimStart()),
  ]
  return { lead: above, body: [`${indent}- ${inner[start]!.trimStart()}`, ...inner.slice(start + 1)] }
}

/** A value as it is written, with a space before it, its further lines moved as its item is. */
function scalar(
  { block, start: _ }: Item,
  { span, node }: Extract<Piece, { kind: 'text' }>,
  indent: string,
  text: string,
  isBare: boolean,
): string {
  const source = text.slice(...span)
  if (source === '') return ''
  if (isBare && node.kind === 'scalar' && typeof node.value === 'string' && isPlain(node.value))
    return ` ${node.value}`
  const [first, ...rest] = withoutEnd(source)
  return ` ${[first!, ...rest.map(line => moved(line, indent, block.column))].join('\n')}`
}

function moved(line: string, indent: string, column: number | undefined): string {
  if (column === undefined) return `${indent}  ${line.trimStart()}`
  const shift = indent.length - column
  if (shift >= 0) return line === '' ? '' : ' '.repeat(shift) + line
  return line.slice(Math.min(-shift, line.length - line.trimStart().length))
}

/** Lines of a value. Empty lines after a block of text are not part of it, unless it says that they are. */
function withoutEnd(source: string): string[] {
  const lines = source.replace(/\n$/, '').split('\n')
  const isBlock = /^[|>]/.test(lines[0]!)
  if (!isBlock || /^[|>][0-9-]*\+/.test(lines[0]!)) return lines
  const content = lines.slice(1).find(line => line.trim() !== '')
  const width = content === undefined ? Number.POSITIVE_INFINITY : content.length - content.trimStart().length
  while (lines.length > 1 && /^ *$/.test(lines.at(-1)!) && lines.at(-1)!.length <= width) lines.pop()
  return lines
}

/** True for a text that YAML reads as that text without quotes, on one line. */
function isPlain(value: string): boolean {
  if (!/^[A-Za-z0-9](?:[\w./@:+-]*[A-Za-z0-9])?$/.test(value)) return false
  return value.includes('/') || (/^[A-Za-z]/.test(value) && !/^(?:true|false|null)$/i.test(value))
}

function nameOf(key: string, source: string): string {
  return /^[A-Za-z][\w.-]*$/.test(key) && isPlain(key) ? key : source
}

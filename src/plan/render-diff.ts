/** What changes inside a bundle, for people: packages first, then config.json, then files. */
import type { ValueChange } from '../bundle/config-diff.ts'
import type { PackageChange } from '../packages/types.ts'
import { bytesOf, display } from '../tree/node.ts'
import type { BundleDiff } from './bundle-diff.ts'
import { formatBytes } from './bytes.ts'
import type { Paint } from './render.ts'
import { fileLines } from './render-files.ts'

/** Without `all`, so many packages and values are shown. */
const MOST_LINES = 40
/** Characters of a value of config.json. */
const LONGEST_VALUE = 100

/** The whole text, with a newline at the end. `all` leaves nothing out. */
export function renderDiff(diff: BundleDiff, paint: Paint, all: boolean): string {
  const between = `${shown(diff.from)} -> ${shown(diff.to)}`
  const title = paint('bold', diff.name === undefined ? between : `${shown(diff.name)}: ${between}`)
  const sections = [
    section(packagesTitle(diff.packages), limited(packageLines(diff.packages, paint), all), paint),
    section(configTitle(diff.config ?? []), limited(configLines(diff.config ?? [], paint), all), paint),
    section(filesTitle(diff), fileLines(diff.files, paint, all), paint),
    diff.notes.map(note => `${paint('yellow', 'Note:')} ${shown(note)}`),
  ].filter(lines => lines.length > 0)
  const body = sections.length === 0 ? [['No difference.']] : sections
  return [[title], ...body].map(lines => `${lines.join('\n')}\n`).join('\n')
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint('bold', title), ...lines]
}

function limited(lines: readonly string[], all: boolean): string[] {
  if (all || lines.length <= MOST_LINES) return [...lines]
  return [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} more (--all shows them)`]
}

const KINDS = ['upgraded', 'downgraded', 'changed', 'added', 'removed'] as const

function packagesTitle(changes: readonly PackageChange[]): string {
  const counts = KINDS.map(kind => [kind, changes.filter(change => change.kind === kind).length] as const)
  const words = counts.flatMap(([kind, count]) => (count === 0 ? [] : [`${count} ${kind}`]))
  return `Packages: ${words.join(', ')}`
}

function packageLines(changes: readonly PackageChange[], paint: Paint): string[] {
  const ambiguous = namesOfSeveral(changes)
  const name = ({ name, architecture }: PackageChange) =>
    shown(ambiguous.has(name) && architecture !== '' ? `${name}:${architecture}` : name)
  const width = widthOf(changes.map(name))
  return changes.map(change => {
    const { before, after } = change
    const versions = [before, after].filter(version => version !== undefined).map(shown)
    const remark = change.kind === 'downgraded' ? '  downgraded' : ''
    const line = `${name(change).padEnd(width)}  ${versions.join(' -> ')}${remark}`
    return `  ${signed(change, line, paint)}`
  })
}

/** Packages of one name that changed for several architectures. */
function namesOfSeveral(changes: readonly PackageChange[]): ReadonlySet<string> {
  const architectures = new Map<string, string>()
  const several = new Set<string>()
  for (const { name, architecture } of changes) {
    if ((architectures.get(name) ?? architecture) !== architecture) several.add(name)
    architectures.set(name, architecture)
  }
  return several
}

function configTitle(changes: readonly ValueChange[]): string {
  return `config.json: ${changes.length} ${changes.length === 1 ? 'value' : 'values'}`
}

function configLines(changes: readonly ValueChange[], paint: Paint): string[] {
  const width = widthOf(changes.map(({ path }) => shown(path)))
  return changes.map(change => {
    const values = [change.before, change.after].filter(value => value !== undefined).map(valueText)
    return `  ${signed(change, `${shown(change.path).padEnd(width)}  ${values.join(' -> ')}`, paint)}`
  })
}

function valueText(value: unknown): string {
  const text = shown(JSON.stringify(value))
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`
}

function signed(change: { before?: unknown; after?: unknown }, line: string, paint: Paint): string {
  if (change.before === undefined) return paint('green', `+ ${line}`)
  if (change.after === undefined) return paint('red', `- ${line}`)
  return paint('yellow', `~ ${line}`)
}

function filesTitle({ files }: BundleDiff): string {
  const { added, removed, changed, bytes } = files
  const words = Object.entries({ added, removed, changed }).flatMap(([word, count]) =>
    count === 0 ? [] : [`${count} ${word}`],
  )
  const growth = bytes === 0 ? '' : `, ${formatBytes(Math.abs(bytes))} ${bytes > 0 ? 'more' : 'less'}`
  return `Files: ${words.join(', ')}${growth}`
}

/** As wide as most names are; one very long name does not push all others out of sight. */
function widthOf(texts: readonly string[]): number {
  return Math.min(40, Math.max(0, ...texts.map(text => text.length)))
}

function shown(text: string): string {
  return display(bytesOf(text))
}

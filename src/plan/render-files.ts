/** The files that change inside a bundle: a line each, with text that changed; where there are many, counts by folder. */
import { bytesOf, display } from '../tree/node.ts'
import type { BundleDiff, FileChange } from './bundle-diff.ts'
import { formatBytes } from './bytes.ts'
import type { Paint } from './render.ts'

/** Without `all`, more lines than this become counts by folder. */
const MOST_LINES = 40
const MOST_FOLDERS = 25
/** Components of a folder's path that are shown. */
const DEEPEST = 5
/** Lines of a file's text that are shown without `all`. */
const MOST_TEXT = 24

/** Lines, indented by two. A folder that is new or gone stands for what is in it, but with `all`. */
export function fileLines({ entries, leftOut }: BundleDiff['files'], paint: Paint, all: boolean): string[] {
  const rest = leftOut === 0 ? [] : [`  and ${leftOut} more`]
  const grouped = all ? entries.map(alone) : collapsed(entries)
  if (!all && grouped.length > MOST_LINES) return [...folderLines(entries, paint), ...rest]
  return [...grouped.flatMap(group => groupLines(group, paint, all)), ...rest]
}

/** An entry with what is below it, where it is a folder that is new or gone. */
interface Group {
  readonly entry: FileChange
  below: number
  bytes: number
}

function alone(entry: FileChange): Group {
  return { entry, below: 0, bytes: 0 }
}

/** Entries come in the order of a walk, so that what is below a folder follows it. */
function collapsed(entries: readonly FileChange[]): Group[] {
  const groups: Group[] = []
  for (const entry of entries) {
    const group = groups.at(-1)
    if (group !== undefined && isBelow(entry, group.entry)) {
      group.below += 1
      group.bytes += factsOf(entry).size ?? 0
    } else groups.push(alone(entry))
  }
  return groups
}

function isBelow({ kind, path }: FileChange, folder: FileChange): boolean {
  return kind !== 'changed' && kind === folder.kind && path.startsWith(`${folder.path}/`)
}

function factsOf({ before, after }: FileChange) {
  return (after ?? before)!
}

const SIGNS = { added: ['+', 'green'], removed: ['-', 'red'], changed: ['~', 'yellow'] } as const

function groupLines({ entry, below, bytes }: Group, paint: Paint, all: boolean): string[] {
  const [sign, style] = SIGNS[entry.kind]
  const name = factsOf(entry).type === 'dir' && entry.path !== '/' ? `${entry.path}/` : entry.path
  const about = below > 0 ? `${below} below, ${formatBytes(bytes)}` : describe(entry)
  const line = paint(style, `${sign} ${name}`) + (about === '' ? '' : `  ${about}`)
  return [`  ${line}`, ...textLines(entry.patch, paint, all)]
}

function describe({ aspects, before, after }: FileChange): string {
  if (aspects === undefined) {
    const { type, size, target } = (after ?? before)!
    return type === 'symlink' ? `-> ${target}` : type === 'file' ? formatBytes(size ?? 0) : ''
  }
  const [old, now] = [before!, after!]
  const words = {
    type: `${old.type} -> ${now.type}`,
    content: 'content',
    size: `${formatBytes(old.size ?? 0)} -> ${formatBytes(now.size ?? 0)}`,
    target: `${old.target} -> ${now.target}`,
    mode: `mode ${old.mode} -> ${now.mode}`,
    owner: `owner ${old.owner} -> ${now.owner}`,
    xattrs: `attributes ${namesOf(old.xattrs)} -> ${namesOf(now.xattrs)}`,
  }
  return aspects.map(aspect => words[aspect]).join(', ')
}

function namesOf(xattrs: readonly string[] = []): string {
  return xattrs.length === 0 ? 'none' : xattrs.join(' ')
}

function textLines(patch: string | undefined, paint: Paint, all: boolean): string[] {
  const lines = patch?.replace(/\n$/, '').split('\n') ?? []
  const more = all ? 0 : Math.max(0, lines.length - MOST_TEXT)
  const rest = more === 0 ? [] : [`      and ${more} more lines (--all shows them)`]
  return [...lines.slice(0, lines.length - more).map(line => `      ${textLine(line, paint)}`), ...rest]
}

function textLine(line: string, paint: Paint): string {
  const text = display(bytesOf(line.replaceAll('\t', '  ')))
  if (line.startsWith('+')) return paint('green', text)
  return line.startsWith('-') ? paint('red', text) : paint('dim', text)
}

/** Counts by folder: by as much of the path as still gives a list that can be read. */
function folderLines(entries: readonly FileChange[], paint: Paint): string[] {
  const depths = Array.from({ length: DEEPEST }, (_, i) => countsAt(entries, DEEPEST - i))
  const folders = depths.find(({ size }) => size <= MOST_FOLDERS) ?? depths.at(-1)!
  const width = Math.min(48, Math.max(...[...folders.keys()].map(name => name.length)))
  const lines = [...folders].map(([name, counts]) => {
    const words = (['added', 'removed', 'changed'] as const)
      .filter(kind => counts[kind] > 0)
      .map(kind => paint(SIGNS[kind][1], `${SIGNS[kind][0]}${counts[kind]}`))
    return `  ${name.padEnd(width)}  ${words.join(' ')}`
  })
  const more = lines.length - MOST_FOLDERS
  return [
    ...lines.slice(0, MOST_FOLDERS),
    ...(more > 0 ? [`  and ${more} more folders`] : []),
    '  (--all shows every file)',
  ]
}

type Counts = Record<FileChange['kind'], number>

function countsAt(entries: readonly FileChange[], depth: number): Map<string, Counts> {
  const folders = new Map<string, Counts>()
  for (const { path, kind } of entries) {
    const name = `/${path.split('/').slice(1, -1).slice(0, depth).join('/')}`
    const counts = folders.get(name) ?? { added: 0, removed: 0, changed: 0 }
    counts[kind] += 1
    folders.set(name, counts)
  }
  return folders
}

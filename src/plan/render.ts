/** A plan for people: what changes and why, a line each, and a count at the end. */
import { bytesOf, display } from '../tree/node.ts'
import { formatBytes } from './bytes.ts'
import { type DriftReport, PROBLEM_WORDS } from './drift.ts'
import type { Change, Plan } from './types.ts'

/** Colours a piece of text, or leaves it as it is. */
export type Paint = (style: 'bold' | 'green' | 'yellow' | 'red' | 'dim', text: string) => string

const SIGN = {
  create: { sign: '+', style: 'green' },
  update: { sign: '~', style: 'yellow' },
  remove: { sign: '-', style: 'red' },
} as const

/** Further reasons are counted only: the line is to fit a terminal. */
const REASONS_SHOWN = 4

/**
 * The whole text, with a newline at the end. Bundles that stay as they are appear as a count, and files that were changed
 * by hand too, unless `showDrift` asks for them.
 */
export function renderPlan(plan: Plan, paint: Paint, { showDrift = false } = {}): string {
  const changing = plan.changes.filter(({ action }) => action !== 'none')
  const width = Math.max(0, ...changing.map(({ name }) => name.length))
  const paragraphs = [
    changing.flatMap(change => [changeLine(change, width, paint), ...fileLines(change, paint)]),
    ...(showDrift ? plan.drift.map(report => driftLines(report, paint)) : []),
    plan.blockers.map(
      ({ message, hint }) => `${paint('red', 'Blocked:')} ${shown(message)}\n  ${shown(hint)}`,
    ),
    noteLines(plan, paint),
    [conclusion(plan, paint)],
  ]
  return paragraphs
    .filter(lines => lines.length > 0)
    .map(lines => `${lines.join('\n')}\n`)
    .join('\n')
}

function changeLine({ name, action, reasons }: Change, width: number, paint: Paint): string {
  const { sign, style } = SIGN[action as keyof typeof SIGN]
  const more = reasons.length - REASONS_SHOWN
  const words = [...reasons.slice(0, REASONS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])]
    .map(shown)
    .join(', ')
  return `  ${paint(style, `${sign} ${shown(name).padEnd(width)}`)}  ${words}`
}

function fileLines({ files = [] }: Change, paint: Paint): string[] {
  return files.flatMap(({ path, action, patch }) => {
    const { sign, style } = SIGN[action]
    const lines = patch === undefined ? [] : patch.trimEnd().split('\n')
    return [
      `      ${paint(style, `${sign} ${shown(path)}`)}`,
      ...lines.map(line => `          ${paint(STYLE_OF_LINE[line[0] ?? ''] ?? 'dim', shown(line))}`),
    ]
  })
}

const STYLE_OF_LINE: Readonly<Record<string, 'green' | 'red'>> = { '+': 'green', '-': 'red' }

function driftLines({ name, what, files, entries }: DriftReport, paint: Paint): string[] {
  const more = files > entries.length ? [`  and ${files - entries.length} more`] : []
  return [
    paint('bold', `${shown(name)}: ${shown(what)}`),
    ...entries.map(({ path, problem }) => `  ${shown(path)}  ${PROBLEM_WORDS[problem]}`),
    ...more,
  ]
}

function noteLines(plan: Plan, paint: Paint): string[] {
  return [
    ...partialWarnings(plan).map(warning => `${paint('yellow', 'Warning:')} ${shown(warning)}`),
    ...foreignNotes(plan).map(note => `${paint('dim', 'Note:')} ${shown(note)}`),
    ...plan.notes.map(note => `${paint('dim', 'Note:')} ${shown(note)}`),
  ]
}

/** What is in the way of a bundle is a blocker, and told of as one. */
function foreignNotes({ drift, changes, out }: Plan): string[] {
  const names = new Set(changes.map(({ name }) => name))
  return drift
    .filter(({ kind, name }) => kind === 'foreign' && !names.has(name))
    .map(({ name, what }) => `${out}/${name} ${what}, and is left alone`)
}

/** Whoever reads a plan that leaves something out is to know. */
export function partialWarnings({ targets, spared }: Plan): string[] {
  const limited = `the plan is partial: it is limited to ${targets.join(', ')}, and nothing else was compared`
  const kept = `the plan is partial: what is no longer in bundles.yaml stays: ${spared.join(', ')}`
  return [...(targets.length > 0 ? [limited] : []), ...(spared.length > 0 ? [kept] : [])]
}

/** What it comes to, in a sentence or two. */
export function conclusion({ summary }: Plan, paint: Paint): string {
  const { create, update, remove, unchanged, downloadBytes, layersToImport, layersTotal } = summary
  if (create + update + remove === 0) return paint('green', `No changes. ${upToDate(unchanged)}`)
  const stays = unchanged === 0 ? '' : `, ${unchanged} unchanged`
  const counts = `Plan: ${create} to create, ${update} to update, ${remove} to remove${stays}.`
  const layers = `${layersToImport} ${layersToImport === 1 ? 'layer' : 'layers'} of ${layersTotal} to import.`
  return `${paint('bold', counts)} ${formatBytes(downloadBytes)} to download, ${layers}`
}

function upToDate(count: number): string {
  return count === 1 ? '1 bundle is up to date.' : `${count} bundles are up to date.`
}

/** Names and reasons hold words from files: nothing in them may drive the terminal. */
export function shown(text: string): string {
  return display(bytesOf(text))
}

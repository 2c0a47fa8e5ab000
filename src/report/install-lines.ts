/** What an install or uninstall does, for people and as JSON. */
import { canonicalJson } from '../oci/canonical-json.ts'
import { printable } from '../sys/printable.ts'
import type { Paint } from './color.ts'
import { renderDiff } from './text-diff.ts'

/** One path, and what is done about it. */
export interface ShownAction {
  readonly kind: 'create' | 'update' | 'same' | 'remove' | 'gone' | 'kept' | 'foreign'
  readonly path: string
  /** Of a link. */
  readonly target?: string
  /** A file of the distribution's that does not count any more. */
  readonly hides?: string
  /** Both texts, where a text changes. */
  readonly before?: string
  readonly after?: string
}

/** One bundle. */
export interface ShownService {
  readonly name: string
  readonly actions: readonly ShownAction[]
}

/** How it is shown. */
export interface Showing {
  /** Nothing was done: that is what would be. */
  readonly isDry: boolean
  /** What became of an install that was killed. */
  readonly half: string | undefined
  readonly paint: Paint
}

const SIGNS = {
  create: ['+', 'green', ''],
  update: ['~', 'yellow', ''],
  remove: ['-', 'red', ''],
  gone: [' ', 'dim', ', which was gone already'],
  kept: ['!', 'yellow', ' was changed since it was put there, and stays'],
  foreign: ['!', 'red', ' was not put there by ctrbuild'],
} as const

/** A paragraph for each bundle, and a count at the end. */
export function installLines(services: readonly ShownService[], { isDry, half, paint }: Showing): string {
  const paragraphs = services.map(({ name, actions }) => {
    const lines = actions.filter(({ kind }) => kind !== 'same').map(action => actionLines(action, paint))
    return lines.length === 0
      ? `${paint('bold', name)}: everything is in place\n`
      : `${paint('bold', name)}\n${lines.join('')}`
  })
  const all = services.flatMap(({ actions }) => actions)
  const count = (...kinds: readonly ShownAction['kind'][]) =>
    all.filter(({ kind }) => kinds.includes(kind)).length
  const note = half === undefined ? '' : `${paint('dim', 'Note:')} an earlier install ${half}\n`
  const total = `${count('create', 'update')} written, ${count('remove')} removed, ${count('kept')} kept.`
  return `${note}${paragraphs.join('')}${isDry ? 'It would be' : 'Done'}: ${total}\n`
}

function actionLines({ kind, path, target, hides, before, after }: ShownAction, paint: Paint): string {
  const [sign, style, remark] = SIGNS[kind as keyof typeof SIGNS]
  const link = target === undefined ? '' : ` -> ${printable(target)}`
  const line = `  ${paint(style, `${sign} ${printable(path)}`)}${link}${remark}\n`
  const note = hides === undefined ? '' : `    it hides ${hides}\n`
  const diff =
    before === undefined || after === undefined ? '' : renderDiff(path.slice(1), before, after, paint)
  return line + note + diff.replace(/^(?=.)/gm, '    ')
}

/** The same as JSON. */
export function installJson(services: readonly ShownService[]): string {
  return canonicalJson({
    services: services.map(({ name, actions }) => ({
      name,
      actions: actions.map(({ kind, path, target, hides }) => ({ kind, path, target, hides })),
    })),
  })
}

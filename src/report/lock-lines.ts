/** What became of a lock, for people and for programs. */
import type { LockChange, LockedDigests } from '../lock/changes.ts'
import type { ImageName, LockState } from '../lock/check.ts'
import { hexOf } from '../oci/digest.ts'
import type { Paint } from './color.ts'
import { counted } from './format.ts'
import { escapeControls } from './screen-text.ts'

/** A line for each entry that changes, and a count. */
export function renderLockChanges(changes: readonly LockChange[], file: string, paint: Paint): string {
  const lines = changes
    .filter(({ action }) => action !== 'keep')
    .map(change => `${changeLine(change, paint)}\n`)
  const count = (action: LockChange['action']) => changes.filter(change => change.action === action).length
  const name = escapeControls(file)
  if (changes.length === 0) return 'Nothing has to be locked: bundles.yaml pins every image to a digest.\n'
  if (lines.length === 0) {
    return `${name} is up to date: ${counted(changes.length, 'image')}. What tags mean now is asked with --upgrade.\n`
  }
  const words = `${count('add')} added, ${count('move')} moved, ${count('remove')} removed, ${count('keep')} unchanged`
  return `${lines.join('')}\n${name}: ${words}.\n`
}

function changeLine({ action, reference, platform, before, after }: LockChange, paint: Paint): string {
  const name = escapeControls(`${reference} (${platform})`)
  if (before === undefined) return `${paint('green', '+')} ${name} ${short(after!.manifest)}`
  if (after === undefined) return `${paint('red', '-')} ${name} ${short(before.manifest)}`
  return `${paint(action === 'move' ? 'yellow' : 'dim', '~')} ${name} ${movement(before, after)}`
}

/** An index may move for another platform's sake. */
function movement(before: LockedDigests, after: LockedDigests): string {
  if (before.manifest !== after.manifest) return `${short(before.manifest)} -> ${short(after.manifest)}`
  const index = (of: LockedDigests) => (of.index === undefined ? 'none' : short(of.index))
  return `index ${index(before)} -> ${index(after)}, the same image ${short(after.manifest)}`
}

function short(digest: LockedDigests['manifest']): string {
  return `sha256:${hexOf(digest).slice(0, 12)}`
}

/** A line for each image that a lock lacks, or has without need. */
export function renderLockState(state: LockState): string {
  if (state.kind === 'complete') return ''
  const surplus = state.kind === 'missing' ? [] : state.surplus
  const line = (sign: string, what: string) => (image: ImageName) =>
    `${sign} ${escapeControls(`${image.reference} (${image.platform})`)} ${what}\n`
  return [
    ...state.missing.map(line('+', 'is not locked')),
    ...surplus.map(line('-', 'is locked, but not in bundles.yaml')),
  ].join('')
}

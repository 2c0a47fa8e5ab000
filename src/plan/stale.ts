/** Whether a saved plan still fits, and if not, what moved. */
import type { Change, Plan } from './types.ts'

/**
 * Compares a saved plan with one made now of the same wishes. No sentence means that it still fits; then the fresh one
 * is to be applied, since only it knows which blobs have arrived in the meantime.
 */
export function staleReasons(saved: Plan, fresh: Plan): string[] {
  if (saved.observedDigest === fresh.observedDigest) return []
  const now = new Map(fresh.changes.map(change => [change.name, change]))
  const before = new Map(saved.changes.map(change => [change.name, change]))
  const names = [...new Set([...before.keys(), ...now.keys()])].sort()
  const moved = names.flatMap(name => movedReason(name, before.get(name), now.get(name)))
  return moved.length > 0 ? moved : ['the store has other layers than it had then']
}

function movedReason(name: string, saved: Change | undefined, fresh: Change | undefined): string[] {
  if (saved === undefined || fresh === undefined) {
    return [`${name} ${saved === undefined ? 'has appeared' : 'is gone'}`]
  }
  if (saved.action !== fresh.action) return [`${name}: ${told(saved)} then, ${told(fresh)} now`]
  return saved.before?.digest === fresh.before?.digest ? [] : [`${name} was changed by another apply`]
}

function told({ action, reasons }: Change): string {
  return action === 'none' ? 'up to date' : `${action} (${reasons.join(', ')})`
}

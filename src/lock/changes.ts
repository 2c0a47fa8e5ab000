/** What a new lock says otherwise than the one before it. */
import { canonicalJson } from '../oci/canonical-json.ts'
import type { Digest } from '../oci/digest.ts'
import { imageKey } from './images.ts'
import type { Lock, LockedImage } from './types.ts'

/** What a reference led to: the index, where there is one, and the manifest for the platform. */
export interface LockedDigests {
  readonly index?: Digest
  readonly manifest: Digest
}

/** What becomes of one entry. */
export interface LockChange {
  readonly action: 'add' | 'move' | 'remove' | 'keep'
  readonly reference: string
  readonly platform: string
  /** Absent where the entry is new. */
  readonly before?: LockedDigests
  /** Absent where the entry goes. */
  readonly after?: LockedDigests
}

/** Every entry of either lock, sorted by reference, then platform. */
export function lockChanges(before: Lock | undefined, after: Lock | undefined): readonly LockChange[] {
  const old = byKey(before?.images ?? [])
  const now = byKey(after?.images ?? [])
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort()
  return keys.map(key => changeOf(old.get(key), now.get(key)))
}

function byKey(images: readonly LockedImage[]): ReadonlyMap<string, LockedImage> {
  return new Map(images.map(image => [imageKey(image.reference, image.platform), image]))
}

function changeOf(before: LockedImage | undefined, after: LockedImage | undefined): LockChange {
  const { reference, platform } = (after ?? before)!
  return {
    action: actionOf(before, after),
    reference,
    platform,
    ...(before !== undefined && { before: digestsOf(before) }),
    ...(after !== undefined && { after: digestsOf(after) }),
  }
}

function actionOf(before: LockedImage | undefined, after: LockedImage | undefined): LockChange['action'] {
  if (before === undefined) return 'add'
  if (after === undefined) return 'remove'
  return canonicalJson(before) === canonicalJson(after) ? 'keep' : 'move'
}

function digestsOf({ index, manifest }: LockedImage): LockedDigests {
  return { ...(index !== undefined && { index }), manifest: manifest.digest }
}

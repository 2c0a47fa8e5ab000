/** The links in a generation that lead to volumes and bind sources, and the volumes themselves. */
import { chownSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Bundle } from '../bundle/bundle.ts'
import type { MountLink } from '../bundle/types.ts'
import { type Draft, VOLUMES } from './generations.ts'
import type { Work } from './work.ts'

/** Makes the links beside config.json, and what they lead to where the bundle asks for it and it is not there. */
export function makeMountLinks(work: Work, draft: Draft, bundle: Bundle): void {
  for (const link of bundle.links) {
    const source = sourceOf(work, draft, link)
    if (link.to.kind === 'volume') makeVolume(work, source, bundle)
    else if (link.to.create) mkdirSync(source, { recursive: true, mode: 0o755 })
    const path = join(draft.path, link.path)
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    // Relative, so that all of it can be moved; the draft and the finished generation are siblings.
    symlinkSync(relative(dirname(path), source), path)
  }
}

function sourceOf({ places }: Work, draft: Draft, { to }: MountLink): string {
  return to.kind === 'volume'
    ? join(places.out, VOLUMES, draft.name, to.name)
    : resolve(places.base, to.source)
}

/** A new volume belongs to the process that will write to it. One that is there is the user's. */
function makeVolume({ privilege }: Work, path: string, { config }: Bundle): void {
  const made = mkdirSync(path, { recursive: true, mode: 0o755 })
  const { uid, gid } = config.process.user
  if (made !== undefined && privilege.kind === 'root') chownSync(path, uid, gid)
}

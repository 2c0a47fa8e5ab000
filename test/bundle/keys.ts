/** Bundles from the keys that a person writes, for tests of what becomes of them. */
import type { Bundle, BundleSources } from '../../src/bundle/bundle.ts'
import type { Privilege } from '../../src/bundle/types.ts'
import { RUNTIMES } from '../../src/spec/meta.ts'
import type { BundleSpec } from '../../src/spec/types.ts'
import { type Files, goodBundle } from '../spec/check-spec.ts'
import { sampleBundle } from './sample.ts'

/** The bundle `tiny` as bundles.yaml would have it with these keys; its runtimes are runc and crun unless they say so. */
export function specOf(keys: string, files: Files = {}): BundleSpec {
  const runtimes = /^runtimes:/m.test(keys) ? '' : '\nruntimes: [runc, crun]'
  return { ...goodBundle(`${keys}${runtimes}`.trim(), files), name: 'tiny', images: [] }
}

/** A whole bundle of root's, unless said otherwise. */
export function bundleOf(keys: string, sources: Partial<BundleSources> = {}, files: Files = {}): Bundle {
  return sampleBundle({ spec: specOf(keys, files), ...sources })
}

/** A plain user with ids of their own to give. */
export const ANN = {
  kind: 'rootless',
  uid: 1000,
  gid: 1001,
  subids: { uids: [{ start: 100_000, size: 65_536 }], gids: [{ start: 200_000, size: 65_536 }] },
} as const

/** The bundle that some runtime takes, for who asks what the others would say to it. */
export function anyBundleOf(keys: string, privilege: Privilege): Bundle {
  const made = RUNTIMES.flatMap(runtime => {
    try {
      return [bundleOf(`${keys}\nruntimes: [${runtime}]`.trim(), { privilege })]
    } catch {
      return []
    }
  })
  return made[0] ?? bundleOf(keys, { privilege })
}

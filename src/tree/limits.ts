/** How large a layer's tree may become, and what to say of a limit that bundles.yaml can raise. */

/** Largest values that are let through. */
export interface TreeLimits {
  /** Names that a layer may bring, with those of directories that it only implies. */
  readonly entries: number
  /** Names of one path. */
  readonly depth: number
}

/** What no honest layer needs. */
export const TREE_LIMITS: TreeLimits = { entries: 5_000_000, depth: 1024 }

/** What can be done where a key of `limits` in bundles.yaml was in the way. */
export function raiseHint(key: string): string {
  return `Raise limits.${key} in bundles.yaml if the image is to be trusted`
}

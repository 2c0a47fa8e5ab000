/** Where everything lies: the store's folders and the output's. */
import { dirname, join, resolve } from 'node:path'

/** Absolute paths of one bundles.yaml's folders. */
export interface Places {
  /** Folder of bundles.yaml: relative bind sources and local images start here. */
  readonly base: string
  readonly lockFile: string
  readonly store: string
  /** The OSTree repository. */
  readonly repo: string
  /** Layer blobs that wait to be imported, as `sha256/<hex>`. */
  readonly blobs: string
  /** Manifests, indexes and image configurations by digest. */
  readonly documents: string
  /** Locked while an apply changes the store or the output. */
  readonly busy: string
  /** Holds a symlink for each bundle. */
  readonly out: string
}

/** The places of a bundles.yaml at the absolute path `file`; `store` and `out` as written in it. */
export function placesOf(
  file: string,
  { store, out }: { readonly store: string; readonly out: string },
): Places {
  const base = dirname(file)
  const at = resolve(base, store)
  return {
    base,
    lockFile: `${file.replace(/\.ya?ml$/, '')}.lock.json`,
    store: at,
    repo: join(at, 'repo'),
    blobs: join(at, 'blobs'),
    documents: join(at, 'documents'),
    busy: join(at, 'busy'),
    out: resolve(base, out),
  }
}

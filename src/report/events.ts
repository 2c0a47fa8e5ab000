/** What apply tells while it works: one stream of events, drawn by whichever reporter is in use. */

/** One thing that happened. Identifiers are short names for people, such as `redis` or a layer's first 12 hex digits. */
export type Event =
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'warning'; readonly code: string; readonly message: string; readonly hint?: string }
  /** An image's missing layers are being fetched; `bytes` of `total` so far. */
  | { readonly kind: 'fetch'; readonly image: string; readonly bytes: number; readonly total: number }
  | { readonly kind: 'fetched'; readonly image: string; readonly bytes: number; readonly seconds: number }
  /** A layer is being imported; `bytes` of its blob's `total` so far. */
  | {
      readonly kind: 'import'
      readonly layer: string
      readonly image: string
      readonly bytes: number
      readonly total: number
    }
  | {
      readonly kind: 'imported'
      readonly layer: string
      readonly image: string
      readonly bytes: number
      readonly entries: number
      readonly seconds: number
    }
  | { readonly kind: 'merged'; readonly chain: string; readonly entries: number; readonly seconds: number }
  | {
      readonly kind: 'bundle'
      readonly name: string
      readonly action: 'create' | 'update' | 'remove'
      readonly digest: string
    }
  | {
      readonly kind: 'failed'
      readonly step: string
      readonly code: string
      readonly message: string
      readonly hint?: string
    }
  | { readonly kind: 'skipped'; readonly step: string; readonly because: string }
  /** A registry is asked again, after so many seconds. */
  | {
      readonly kind: 'retry'
      readonly image: string
      readonly attempt: number
      readonly seconds: number
      readonly code: string
      readonly message: string
    }
  /** The last one: how many bundles and steps came to what. */
  | {
      readonly kind: 'summary'
      readonly created: number
      readonly updated: number
      readonly removed: number
      readonly failed: number
      readonly skipped: number
      readonly seconds: number
    }

/** Takes events. Closing ends what it draws. */
export interface Reporter {
  event(event: Event): void
  close(): void
}

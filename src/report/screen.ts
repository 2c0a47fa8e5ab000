/** What reporters draw on and measure time with, as values, so that a test can be a terminal. */

/** Something that text is written to, or an archive. `process.stdout` and `process.stderr` are such. */
export interface Screen {
  /** `done` is called when it has been taken, or nobody is there to take it. */
  write(text: string | Uint8Array, done?: (error?: Error | null) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Time. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number
  /** Calls a task again and again, until the function that it returns is called. */
  every(milliseconds: number, task: () => void): () => void
}

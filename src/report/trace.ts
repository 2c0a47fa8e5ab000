/**
 * What took how long, for people who ask why: spans as Chrome's tracing page and Perfetto show them ("Trace Event
 * Format", events `X` and `M`). What runs side by side has a lane of its own, since spans of one lane must nest.
 */

/** Something that takes a while, and in which more can be told apart. */
export interface Trace {
  /** Does a task as a span inside this one, after whatever this one did before. */
  span<T>(name: string, task: (inside: Trace) => T | Promise<T>): Promise<T>
  /** The same for a task that is not waited for. */
  now<T>(name: string, task: () => T): T
  /** Does a task as a span beside this one, in a free lane. */
  beside<T>(name: string, task: (inside: Trace) => T | Promise<T>): Promise<T>
  /** Adds what another thread did on its own. */
  add(span: ThreadSpan): void
}

/** A span that a thread measured. */
export interface ThreadSpan {
  readonly name: string
  readonly thread: number
  /** Milliseconds since 1970, with fractions. */
  readonly began: number
  readonly ended: number
  /** More to be shown of it. */
  readonly details: Readonly<Record<string, string | number>>
}

/** The trace of a whole command. */
export interface CommandTrace extends Trace {
  /** The text of the trace's file, with what has ended so far. */
  text(): string
}

interface Event {
  readonly name: string
  readonly ph: 'X' | 'M'
  readonly pid: number
  readonly tid: number
  /** Microseconds since the process began. */
  readonly ts?: number
  readonly dur?: number
  readonly args?: Readonly<Record<string, string | number>>
}

/** Lanes of threads come after those of steps. */
const FIRST_THREAD = 1000

/** Milliseconds since 1970, with fractions, by a clock that does not jump: in every thread the same. */
export function traceClock(): number {
  return performance.timeOrigin + performance.now()
}

/** What nobody wants to see: it reads no clock, and loads none. */
export const UNTRACED: Trace = {
  span: async (_name, task) => task(UNTRACED),
  now: (_name, task) => task(),
  beside: async (_name, task) => task(UNTRACED),
  add() {},
}

/** Begins the trace of a command whose process began with it: what passed until now is its first span. */
export function traceCommand(command: string): CommandTrace {
  const pid = process.pid
  const origin = performance.timeOrigin
  const events: Event[] = []
  const names = new Map<number, string>()
  const busy = new Set<number>()

  const put = (name: string, tid: number, began: number, ended: number, args?: Event['args']) => {
    const ts = Math.round((began - origin) * 1000)
    const dur = Math.round((ended - origin) * 1000) - ts
    events.push({ name, ph: 'X', pid, tid, ts, dur, ...(args && { args }) })
  }

  function lane(tid: number): Trace {
    return {
      async span(name, task) {
        const began = traceClock()
        try {
          return await task(lane(tid))
        } finally {
          put(name, tid, began, traceClock())
        }
      },
      now(name, task) {
        const began = traceClock()
        try {
          return task()
        } finally {
          put(name, tid, began, traceClock())
        }
      },
      async beside(name, task) {
        let free = 1
        while (busy.has(free)) free += 1
        busy.add(free)
        names.set(free, `steps ${free}`)
        try {
          return await lane(free).span(name, task)
        } finally {
          busy.delete(free)
        }
      },
      add({ name, thread, began, ended, details }) {
        names.set(FIRST_THREAD + thread, `thread ${thread}`)
        put(name, FIRST_THREAD + thread, began, ended, details)
      },
    }
  }

  names.set(0, command)
  put('start', 0, origin, traceClock())
  return {
    ...lane(0),
    text() {
      const lanes = [...names].map(
        ([tid, name]): Event => ({ name: 'thread_name', ph: 'M', pid, tid, args: { name } }),
      )
      return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...lanes, ...events] })}\n`
    },
  }
}

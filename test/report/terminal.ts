/** A terminal for tests: obeys the few sequences that the reporter uses, and fails on any other. */
import type { Screen } from '../../src/report/screen.ts'

export interface Terminal extends Screen {
  readonly columns: number
  readonly rows: number
  /** All lines that were ever on the screen, those that scrolled off first, without what is empty at the end. */
  lines(): string[]
  /** How often it was drawn on. */
  readonly writes: () => number
}

export function terminal(columns: number, rows: number): Terminal {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  let writes = 0
  const put = (character: string) => {
    if (column >= columns) throw new Error(`a line is wider than the terminal: ${lines[row]}`)
    const line = lines[row]!.padEnd(column)
    lines[row] = line.slice(0, column) + character + line.slice(column + 1)
    column++
  }
  const obey: Readonly<Record<string, (count: number) => void>> = {
    A(count) {
      if (row - count < Math.max(0, lines.length - rows)) throw new Error('the cursor left the screen')
      row -= count
    },
    K: () => {
      lines[row] = lines[row]!.slice(0, column)
    },
    J: () => {
      lines.splice(row + 1)
      lines[row] = lines[row]!.slice(0, column)
    },
  }
  return {
    isTTY: true,
    columns,
    rows,
    writes: () => writes,
    lines: () => lines.slice(0, lines.findLastIndex(line => line !== '') + 1),
    write(text) {
      writes++
      for (const [token, count, command] of String(text).matchAll(/\x1b\[(\d*)([A-Z])|./gsu)) {
        if (command !== undefined) obey[command]!(Number(count || 1))
        else if (token === '\r') column = 0
        else if (token === '\n') [row, column] = [row + 1, 0]
        else put(token)
        if (row === lines.length) lines.push('')
      }
    },
  }
}

/** Time that passes when it is told to. */
export interface ManualClock {
  now(): number
  every(milliseconds: number, task: () => void): () => void
  pass(milliseconds: number): void
}

export function manualClock(): ManualClock {
  const timers = new Set<{ next: number; readonly interval: number; readonly task: () => void }>()
  let time = 0
  return {
    now: () => time,
    every(interval, task) {
      const timer = { next: time + interval, interval, task }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    pass(milliseconds) {
      const end = time + milliseconds
      for (;;) {
        const due = [...timers].filter(timer => timer.next <= end).sort((a, b) => a.next - b.next)[0]
        if (due === undefined) break
        time = due.next
        due.next += due.interval
        due.task()
      }
      time = end
    },
  }
}

/** Collects what is written. */
export function sink(): Screen & { text(): string } {
  let written = ''
  return {
    write(text) {
      written += text
    },
    text: () => written,
  }
}

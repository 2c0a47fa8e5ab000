/** How much memory a process and all that it starts use together, sampled from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

const EVERY_MS = 20

/** A sampling that has begun. */
export interface Sampling {
  /** Ends it and gives the most resident bytes that were seen at once; pages that processes share count for each. */
  stop(): number
}

/** Samples the process and its descendants until told to stop. */
export function sampleMemory(pid: number): Sampling {
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, sizeOf(pid))
  }, EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      return peak
    },
  }
}

/** Resident set sizes of a process and its descendants; one that has just ended counts as nothing. */
function sizeOf(pid: number): number {
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))
  return childrenOf(pid).reduce((sum, child) => sum + sizeOf(child), 1024 * Number(resident?.[1] ?? 0))
}

function childrenOf(pid: number): number[] {
  const lists = tasksOf(pid).map(task => read(`/proc/${pid}/task/${task}/children`))
  return lists.flatMap(list => list.split(' ').filter(Boolean).map(Number))
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

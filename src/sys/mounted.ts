/** What is mounted anywhere on this machine, as far as the user may see it: /proc/PID/mountinfo of each mount namespace. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * The folders that mounts were made of, each a path from the root of its own file system (proc_pid_mountinfo(5),
 * field 4). Processes of others, and those that end meanwhile, are passed over.
 */
export function mountedRoots(): ReadonlySet<string> {
  const namespaces = new Set<string>()
  const roots = new Set<string>()
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    const namespace = unlessHidden(() => readlinkSync(`/proc/${pid}/ns/mnt`))
    if (namespace === undefined || namespaces.has(namespace)) continue
    const text = unlessHidden(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8'))
    if (text === undefined) continue
    namespaces.add(namespace)
    for (const line of text.split('\n')) roots.add(unescaped(line.split(' ')[3] ?? ''))
  }
  return roots
}

/** Whatever the reason: a process that cannot be looked at is not ours, or is gone. */
function unlessHidden<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

/** Space, tab, newline and backslash are written as `\ooo`. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}

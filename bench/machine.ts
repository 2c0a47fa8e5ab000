/** What the numbers were measured on, and which of the peers are here. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'

/** A machine, as far as it bears on the numbers. */
export interface Machine {
  readonly processor: string
  readonly processors: number
  readonly memory: number
  readonly kernel: string
  readonly system: string
  readonly node: string
  /** Of each program that is here, as it says itself. */
  readonly versions: Readonly<Record<string, string>>
}

const PROGRAMS = ['skopeo', 'ostree', 'umoci', 'podman', 'tar', 'docker-registry']

/** Looks at this machine. */
export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    memory: totalmem(),
    kernel: release().split('-')[0]!,
    system: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
    node: process.version,
    versions: Object.fromEntries(PROGRAMS.flatMap(program => versionOf(program) ?? [])),
  }
}

/** True where a program can be started. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0" >/dev/null', program]).status === 0
}

/** A user id that is nobody's; undefined for a caller who could not become it. */
export function freeUid(): number | undefined {
  if (process.geteuid!() !== 0) return undefined
  for (let uid = 61_000; ; uid++) if (spawnSync('getent', ['passwd', String(uid)]).status !== 0) return uid
}

function versionOf(program: string): [[string, string]] | undefined {
  if (!isInstalled(program)) return undefined
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return [[program, /\d+(\.\d+)+[^\s']*/.exec(stdout)?.[0] ?? 'unknown']]
}

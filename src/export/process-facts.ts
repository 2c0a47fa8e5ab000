/** What config.json says of a process, in the words that several formats share. */
import { isWithin } from '../bundle/container-path.ts'
import { mountSetting } from '../bundle/mounts.ts'
import type { RuntimeConfig, RuntimeRlimit } from '../bundle/types.ts'

/** From here on a limit is none: RLIM_INFINITY, which JSON readers round. */
const NO_LIMIT = 2 ** 63

/** One limit, its name in lower case without `RLIMIT_`. */
export interface Limit {
  readonly name: string
  readonly soft: number | 'infinity'
  readonly hard: number | 'infinity'
}

export function limitsOf({ process: { rlimits } }: RuntimeConfig): Limit[] {
  return rlimits.map(({ type, soft, hard }) => ({
    name: type.replace(/^RLIMIT_/, '').toLowerCase(),
    soft: countOf(soft),
    hard: countOf(hard),
  }))
}

/** The capabilities that the process may ever have, as `CAP_…`. */
export function capabilitiesOf({ process: { capabilities } }: RuntimeConfig): readonly string[] {
  return capabilities.bounding
}

/** A file system in memory. */
export interface MemoryMount {
  readonly target: string
  /** Permission bits in octal. */
  readonly mode: string
  /** As mount(8) takes it. */
  readonly size: string | undefined
  readonly readonly: boolean
}

/** Those that the bundle asks for, the image's volumes and /tmp; what is below /dev every container has. */
export function memoryMountsOf({ mounts }: RuntimeConfig): MemoryMount[] {
  return mounts
    .filter(({ type, destination }) => type === 'tmpfs' && !isWithin(destination, '/dev'))
    .map(mount => ({
      target: mount.destination,
      mode: mountSetting(mount, 'mode') ?? '1777',
      size: mountSetting(mount, 'size'),
      readonly: mount.options.includes('ro'),
    }))
}

/** Options that mount(8) takes for it. */
export function memoryOptions({ mode, size, readonly }: MemoryMount): string {
  return [`mode=${mode}`, ...(size === undefined ? [] : [`size=${size}`]), ...(readonly ? ['ro'] : [])].join(
    ',',
  )
}

/** Whether the process has a namespace of its own of this type. */
export function hasOwn({ linux }: RuntimeConfig, type: string): boolean {
  return linux.namespaces.some(namespace => namespace.type === type && namespace.path === undefined)
}

/** The signal that asks the process to end, such as `SIGTERM`, where the image names one that Linux has. */
export function stopSignalOf({ annotations }: RuntimeConfig): string | undefined {
  const signal = annotations['org.opencontainers.image.stopSignal']?.toUpperCase()
  if (signal === undefined || !/^(?:SIG)?[A-Z][A-Z0-9]*(?:[+-]\d{1,2})?$|^\d{1,2}$/.test(signal))
    return undefined
  return /^(?:SIG|\d)/.test(signal) ? signal : `SIG${signal}`
}

/** A variable's name and value. */
export function variablesOf({ process: { env } }: RuntimeConfig): (readonly [name: string, value: string])[] {
  return env.map(text => {
    const at = text.indexOf('=')
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
}

function countOf(limit: RuntimeRlimit['soft']): Limit['soft'] {
  return limit >= NO_LIMIT ? 'infinity' : Number(limit)
}

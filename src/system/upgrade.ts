/**
 * Brings the config.json of an older runtime specification up to date. Images made for system containers are from the
 * years before version 1.0, and runtimes refuse or misread what they say.
 */
import { isJsonObject, type Json, type JsonObject } from '../spec/json-text.ts'

/** A config.json of today, and what had to be changed for that, a phrase each. */
export interface Upgraded {
  readonly config: JsonObject
  readonly changes: readonly string[]
}

/** One change: the new value and the phrase, or undefined where it is not needed. */
type Upgrade = (config: JsonObject) => readonly [JsonObject, string] | undefined

const UPGRADES: readonly Upgrade[] = [
  dropPlatform,
  moveCapabilities,
  spreadCapabilities,
  moveOomScore,
  renameBlockWeight,
  dropEmptySeccomp,
  nameSyscalls,
  dropEmptyTexts,
]

/** Does what has to be done. What is of today stays as it is. */
export function upgradeConfig(config: JsonObject): Upgraded {
  const changes: string[] = []
  let current = config
  for (const upgrade of UPGRADES) {
    const made = upgrade(current)
    if (made === undefined) continue
    current = made[0]
    changes.push(made[1])
  }
  return { config: current, changes }
}

/** `platform` went in 1.0.0-rc6. */
function dropPlatform(config: JsonObject): ReturnType<Upgrade> {
  return config.platform === undefined ? undefined : [without(config, 'platform'), 'platform is left out']
}

/** Capabilities stood under `linux` until 0.3. */
function moveCapabilities(config: JsonObject): ReturnType<Upgrade> {
  const linux = objectAt(config, 'linux')
  if (linux?.capabilities === undefined) return undefined
  const process = objectAt(config, 'process') ?? {}
  const moved = { capabilities: linux.capabilities, ...process }
  return [
    { ...config, linux: without(linux, 'capabilities'), process: moved },
    'linux.capabilities became process.capabilities',
  ]
}

/** They were one list until 1.0.0-rc5. */
function spreadCapabilities(config: JsonObject): ReturnType<Upgrade> {
  const process = objectAt(config, 'process')
  const list = process?.capabilities
  if (!Array.isArray(list)) return undefined
  const names = ['bounding', 'effective', 'inheritable', 'permitted', 'ambient']
  const sets = Object.fromEntries(names.map(name => [name, list]))
  return [
    { ...config, process: { ...process, capabilities: sets } },
    'the list of capabilities became five sets',
  ]
}

/** `oomScoreAdj` belongs to the process since 1.0.0-rc6, `disableOOMKiller` to the memory. */
function moveOomScore(config: JsonObject): ReturnType<Upgrade> {
  const linux = objectAt(config, 'linux')
  const resources = objectAt(linux, 'resources')
  if (resources?.oomScoreAdj === undefined && resources?.disableOOMKiller === undefined) return undefined
  const rest = without(without(resources, 'oomScoreAdj'), 'disableOOMKiller')
  const { oomScoreAdj: score, disableOOMKiller: disable } = resources
  const memory =
    disable === true ? { memory: { ...objectAt(resources, 'memory'), disableOOMKiller: true } } : {}
  const process = objectAt(config, 'process') ?? {}
  return [
    {
      ...config,
      process: typeof score === 'number' ? { oomScoreAdj: score, ...process } : process,
      linux: { ...linux, resources: { ...rest, ...memory } },
    },
    'what is said about running out of memory moved out of linux.resources',
  ]
}

/** `blkioWeight` and its kin lost their prefix in 1.0.0-rc6. */
function renameBlockWeight(config: JsonObject): ReturnType<Upgrade> {
  const linux = objectAt(config, 'linux')
  const resources = objectAt(linux, 'resources')
  const blockIO = objectAt(resources, 'blockIO')
  if (blockIO === undefined || !Object.keys(blockIO).some(key => key.startsWith('blkio'))) return undefined
  const renamed = Object.entries(blockIO).map(([key, value]) => {
    const short = key.replace(/^blkio/, '')
    return [short === key ? key : `${short[0]!.toLowerCase()}${short.slice(1)}`, value] as const
  })
  return [
    { ...config, linux: { ...linux, resources: { ...resources, blockIO: Object.fromEntries(renamed) } } },
    'members of linux.resources.blockIO lost the prefix blkio',
  ]
}

/** Go's programs wrote an empty profile where there was none: runc takes it for none, crun refuses it. */
function dropEmptySeccomp(config: JsonObject): ReturnType<Upgrade> {
  const linux = objectAt(config, 'linux')
  const seccomp = objectAt(linux, 'seccomp')
  if (linux === undefined || seccomp === undefined || (seccomp.defaultAction ?? '') !== '') return undefined
  return [{ ...config, linux: without(linux, 'seccomp') }, 'the empty linux.seccomp is left out']
}

/** A rule of seccomp had one `name` until 1.0.0-rc6. */
function nameSyscalls(config: JsonObject): ReturnType<Upgrade> {
  const linux = objectAt(config, 'linux')
  const seccomp = objectAt(linux, 'seccomp')
  const rules = seccomp?.syscalls
  if (!Array.isArray(rules) || !rules.some(rule => isJsonObject(rule) && typeof rule.name === 'string'))
    return undefined
  const named = rules.map((rule: Json) => {
    if (!isJsonObject(rule) || typeof rule.name !== 'string') return rule
    return { names: [rule.name], ...without(rule, 'name') }
  })
  return [
    { ...config, linux: { ...linux, seccomp: { ...seccomp, syscalls: named } } },
    'name of a seccomp rule became names',
  ]
}

/** Empty texts stand for nothing, but not every runtime knows. */
function dropEmptyTexts(config: JsonObject): ReturnType<Upgrade> {
  const empty = (object: JsonObject | undefined) =>
    Object.entries(object ?? {}).flatMap(([key, value]) => (value === '' && EMPTY.includes(key) ? [key] : []))
  const process = objectAt(config, 'process')
  const linux = objectAt(config, 'linux')
  const [ofProcess, ofLinux] = [empty(process), empty(linux)]
  if (ofProcess.length + ofLinux.length === 0) return undefined
  return [
    {
      ...config,
      ...(process && { process: ofProcess.reduce(without, process) }),
      ...(linux && { linux: ofLinux.reduce(without, linux) }),
    },
    `${[...ofProcess, ...ofLinux].join(', ')} without a value ${ofProcess.length + ofLinux.length === 1 ? 'is' : 'are'} left out`,
  ]
}

const EMPTY: readonly string[] = [
  'apparmorProfile',
  'selinuxLabel',
  'cgroupsPath',
  'mountLabel',
  'rootfsPropagation',
]

function objectAt(parent: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = parent?.[key]
  return isJsonObject(value) ? value : undefined
}

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object
  return rest
}

/** What a container may use, as `linux.resources` and `linux.devices` (config-linux.md, "Control groups", "Devices"). */
import type { DeviceSpec, IoLimits, ResourceSpec } from '../spec/settings.ts'
import type { RuntimeDeviceRule, RuntimeResources } from './types.ts'

/** As `runc spec` has it: nothing but the devices that runtimes allow anyway. */
export const DEVICE_RULES: readonly RuntimeDeviceRule[] = [{ allow: false, access: 'rwm' }]

/** What `linux.resources` is made of. */
export interface ResourceSources {
  readonly resources: ResourceSpec | undefined
  readonly devices: readonly DeviceSpec[] | undefined
  /** `linux.resources` of the template. */
  readonly template: RuntimeResources | undefined
  /** Whether the container's rules about devices can be set: no plain user may, nor root in a user namespace needs to. */
  readonly hasDeviceRules: boolean
}

/** `linux.resources`, undefined where nothing is limited. Rules about devices: of those that fit, the last counts. */
export function makeResources({
  resources = {},
  devices = [],
  template,
  hasDeviceRules,
}: ResourceSources): RuntimeResources | undefined {
  const { memory, cpu, pids, io } = resources
  const start = template?.devices ?? (hasDeviceRules ? DEVICE_RULES : [])
  const nodes = hasDeviceRules ? devices.filter(device => device.type !== 'p').map(allow) : []
  const rules = [...start, ...nodes, ...(resources.devices ?? []).map(completeRule)]
  const made = {
    ...template,
    ...(memory && { memory: { ...asObject(template?.memory), ...memory } }),
    ...(cpu && { cpu: { ...asObject(template?.cpu), ...cpu } }),
    ...(pids !== undefined && { pids: { limit: pids } }),
    ...(io && { blockIO: { ...asObject(template?.blockIO), ...blockIO(io) } }),
    ...(rules.length > 0 && { devices: rules }),
  }
  return Object.keys(made).length === 0 ? undefined : made
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** A device node that is there may be used. */
function allow({ type, major, minor }: DeviceSpec): RuntimeDeviceRule {
  return {
    allow: true,
    type: type === 'u' ? 'c' : type,
    ...(major !== undefined && { major }),
    ...(minor !== undefined && { minor }),
    access: 'rwm',
  }
}

/** runc takes a rule without `access` for one about nothing. */
function completeRule(rule: RuntimeDeviceRule): RuntimeDeviceRule {
  return { ...rule, access: rule.access ?? 'rwm' }
}

function blockIO({
  weight,
  readBps,
  writeBps,
  readIops,
  writeIops,
}: NonNullable<ResourceSpec['io']>): object {
  return {
    ...(weight !== undefined && { weight }),
    ...throttle('throttleReadBpsDevice', readBps),
    ...throttle('throttleWriteBpsDevice', writeBps),
    ...throttle('throttleReadIOPSDevice', readIops),
    ...throttle('throttleWriteIOPSDevice', writeIops),
  }
}

function throttle(member: string, limits: IoLimits | undefined): object {
  if (limits === undefined) return {}
  const list = Object.keys(limits)
    .sort()
    .map(device => {
      const [major, minor] = device.split(':').map(Number)
      return { major, minor, rate: limits[device] }
    })
  return { [member]: list }
}

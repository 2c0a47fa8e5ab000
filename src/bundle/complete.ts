/** What a config.json that follows the rules leaves out, put in: absent and empty mean the same to every runtime. */
import type { JsonObject } from '../spec/json-text.ts'
import { tryContainerPath } from './container-path.ts'
import type { CapabilitySets, RuntimeConfig, RuntimeMount } from './types.ts'

const NO_CAPABILITIES: CapabilitySets = {
  bounding: [],
  effective: [],
  inheritable: [],
  permitted: [],
  ambient: [],
}

/** A whole config.json of one without faults. */
export function completeConfig(sound: JsonObject): RuntimeConfig {
  const config = sound as unknown as Partial<RuntimeConfig> & Pick<RuntimeConfig, 'process' | 'linux'>
  const { process: given, root, linux } = config
  return {
    ...(config as RuntimeConfig),
    process: {
      ...given,
      terminal: given.terminal ?? false,
      env: given.env ?? [],
      capabilities: { ...NO_CAPABILITIES, ...given.capabilities },
      rlimits: given.rlimits ?? [],
      noNewPrivileges: given.noNewPrivileges ?? false,
    },
    root: { path: root!.path, readonly: root!.readonly ?? false },
    mounts: (config.mounts ?? []).map(completeMount),
    annotations: config.annotations ?? {},
    linux: {
      ...linux,
      namespaces: linux.namespaces ?? [],
      maskedPaths: linux.maskedPaths ?? [],
      readonlyPaths: linux.readonlyPaths ?? [],
    },
  }
}

/** A mount with type and source, which bwrap-oci asks for, and a plain destination. */
export function completeMount(mount: Partial<RuntimeMount>): RuntimeMount {
  const { destination = '', options = [] } = mount
  const type =
    mount.type ?? (options.some(option => option === 'bind' || option === 'rbind') ? 'bind' : 'none')
  return {
    ...mount,
    destination: tryContainerPath(destination) ?? destination,
    type,
    source: mount.source ?? type,
    options,
  }
}

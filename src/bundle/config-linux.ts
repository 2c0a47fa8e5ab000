/** The `linux` and `hooks` of a config.json (runtime specification, config-linux.md; config.md, "POSIX-platform Hooks"). */
import type { ImageConfig } from '../oci/image.ts'
import { PATH_DEFAULTS } from '../spec/isolation-fields.ts'
import type { Hook } from '../spec/settings.ts'
import type { BundleSpec } from '../spec/types.ts'
import { type Isolation, idMappings } from './isolation.ts'
import { makeResources } from './resources.ts'
import { makeSeccomp } from './seccomp.ts'
import type { Template } from './template.ts'
import type { CapabilitySets, RuntimeConfig, RuntimeHook } from './types.ts'

type Linux = RuntimeConfig['linux']

/** What the Linux part is made from. */
export interface LinuxSources {
  readonly spec: BundleSpec
  readonly image: ImageConfig
  readonly template: Template
  readonly isolation: Isolation
  /** Of the process. */
  readonly capabilities: CapabilitySets
}

/** What of the kernel a container has, and what is kept from it. */
export function makeLinux({ spec, image, template, isolation, capabilities }: LinuxSources): Linux {
  const {
    seccomp: profile,
    resources: start,
    namespaces: _,
    uidMappings: _u,
    gidMappings: _g,
    ...linux
  } = template.linux ?? {}
  const seccomp =
    spec.seccomp === undefined
      ? profile
      : makeSeccomp(spec.seccomp, {
          capabilities: capabilities.bounding ?? [],
          architecture: image.architecture,
        })
  const resources = makeResources({
    resources: spec.resources,
    devices: spec.devices,
    template: start,
    hasDeviceRules: !isolation.hasUsers,
  })
  return {
    ...linux,
    namespaces: isolation.namespaces.map(type => {
      const path = isolation.paths[type]
      return path === undefined ? { type } : { type, path }
    }),
    ...idMappings(isolation),
    ...((spec.devices ?? linux.devices) && { devices: [...(linux.devices ?? []), ...(spec.devices ?? [])] }),
    ...(spec.cgroupsPath !== undefined && { cgroupsPath: spec.cgroupsPath }),
    ...(resources && { resources }),
    ...((spec.sysctl ?? linux.sysctl) && { sysctl: { ...linux.sysctl, ...spec.sysctl } }),
    ...(seccomp && { seccomp }),
    ...(spec.rootfsPropagation !== undefined && { rootfsPropagation: spec.rootfsPropagation }),
    ...(spec.selinux?.mount !== undefined && { mountLabel: spec.selinux.mount }),
    maskedPaths: spec.maskedPaths ?? linux.maskedPaths ?? PATH_DEFAULTS.maskedPaths,
    readonlyPaths: spec.readonlyPaths ?? linux.readonlyPaths ?? PATH_DEFAULTS.readonlyPaths,
  }
}

/** The hooks of a bundle, at each point after those of the template. */
export function makeHooks(
  written: BundleSpec['hooks'],
  before: Readonly<Record<string, readonly RuntimeHook[]>> = {},
): Readonly<Record<string, readonly RuntimeHook[]>> | undefined {
  const points = [...new Set([...Object.keys(before), ...Object.keys(written ?? {})])]
  if (points.length === 0) return undefined
  return Object.fromEntries(
    points.map(point => {
      const own = (written as Readonly<Record<string, readonly Hook[]>> | undefined)?.[point] ?? []
      return [point, [...(before[point] ?? []), ...own.map(makeHook)]]
    }),
  )
}

function makeHook({ env, ...hook }: Hook): RuntimeHook {
  if (env === undefined) return hook
  const names = Object.keys(env).sort()
  return { ...hook, env: names.map(name => `${name}=${env[name]}`) }
}

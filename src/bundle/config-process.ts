/** The `process` of a config.json (runtime specification, config.md, "Process"; image specification, conversion.md). */
import { CtrbuildError } from '../errors.ts'
import type { ImageConfig } from '../oci/image.ts'
import { DEFAULT_CAPABILITIES } from '../spec/capabilities.ts'
import { DEFAULT_RLIMITS } from '../spec/rlimits.ts'
import type { Rlimit } from '../spec/settings.ts'
import type { BundleSpec } from '../spec/types.ts'
import { tryContainerPath } from './container-path.ts'
import type { Template } from './template.ts'
import type { CapabilitySets, RuntimeConfig, RuntimeRlimit } from './types.ts'

type Process = RuntimeConfig['process']

/** RLIM_INFINITY of 64 bits. */
const UNLIMITED = 2n ** 64n - 1n

/** What a process is made from. */
export interface ProcessSources {
  readonly spec: BundleSpec
  readonly image: ImageConfig
  readonly template: Template
  readonly user: Process['user']
  readonly env: readonly string[]
}

/**
 * The process of a bundle.
 * @throws CtrbuildError BUNDLE_INVALID
 */
export function makeProcess({ spec, image, template, user, env }: ProcessSources): Process {
  const { process: given = {} } = template
  const selinuxLabel = spec.selinux?.process
  return {
    ...given,
    terminal: spec.terminal,
    user: { ...(given.user?.umask !== undefined && { umask: given.user.umask }), ...user },
    args: makeArgs(spec, image, given.args),
    env,
    cwd: makeCwd(spec, image, given.cwd),
    capabilities: spec.capabilities
      ? fiveOf(spec.capabilities)
      : (given.capabilities ?? fiveOf(DEFAULT_CAPABILITIES)),
    rlimits: makeRlimits(spec.rlimits, given.rlimits),
    noNewPrivileges: spec.noNewPrivileges ?? given.noNewPrivileges ?? true,
    ...(spec.oomScoreAdj !== undefined && { oomScoreAdj: spec.oomScoreAdj }),
    ...(spec.apparmor !== undefined && { apparmorProfile: spec.apparmor }),
    ...(selinuxLabel !== undefined && { selinuxLabel }),
  }
}

/** bwrap-oci applies the union of all sets to each, and gives root everything when they are empty: so all are the same. */
export function fiveOf(names: readonly string[]): CapabilitySets {
  return { bounding: names, effective: names, inheritable: names, permitted: names, ambient: names }
}

/** Limits as config.json has them, one for each name; what is written counts over what stands there. */
export function makeRlimits(
  written: Readonly<Record<string, Rlimit>> | undefined,
  before: readonly RuntimeRlimit[] = [],
): RuntimeRlimit[] {
  const listed = (limits: Readonly<Record<string, Rlimit>>) =>
    Object.entries(limits).map(([name, { soft, hard }]) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      hard: countOf(hard),
      soft: countOf(soft),
    }))
  const all = [...listed(DEFAULT_RLIMITS), ...before, ...listed(written ?? {})]
  const byType = new Map(all.map(limit => [limit.type, limit]))
  return [...byType.values()].sort((a, b) => (a.type < b.type ? -1 : 1))
}

function countOf(limit: Rlimit['soft']): number | bigint {
  return limit === 'unlimited' ? UNLIMITED : limit
}

/** `args` of the bundle, or Entrypoint and then Cmd of the image (conversion.md, "Verbatim Fields", note 2). */
function makeArgs(spec: BundleSpec, image: ImageConfig, fallback: readonly string[] = []): readonly string[] {
  const ofImage = [...image.run.entrypoint, ...image.run.cmd]
  const args = spec.args ?? (ofImage.length > 0 ? ofImage : fallback)
  if (args[0] === undefined || args[0] === '') {
    throw new CtrbuildError('BUNDLE_INVALID', `bundle ${spec.name} has no command to run`, {
      hint:
        spec.args === undefined
          ? 'The image names none: write args: [PROGRAM, …]'
          : 'Write args: [PROGRAM, …]',
    })
  }
  if (args.every(arg => !arg.includes('\0'))) return args
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `bundle ${spec.name} has an argument with a NUL, which no process can be given`,
    {
      hint: 'Take the NUL out',
    },
  )
}

function makeCwd(spec: BundleSpec, image: ImageConfig, fallback = ''): string {
  const written = spec.cwd ?? (image.run.workingDir === '' ? fallback : image.run.workingDir)
  const cwd = tryContainerPath(written)
  if (cwd !== undefined) return cwd
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `bundle ${spec.name} cannot start in ${JSON.stringify(written)}`,
    {
      hint: 'Set cwd: to an absolute path',
    },
  )
}

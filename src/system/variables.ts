/**
 * The values of the variables that templates of /exports use. Over one another stand: what follows from the bundle,
 * `set:` of bundles.yaml, `defaultValues` of the image, and what holds for every bundle. So an image may say where its
 * configuration is (CONF_DIRECTORY), which the tool that this contract comes from did not let it.
 */
import { createHash } from 'node:crypto'
import { CtrbuildError } from '../errors.ts'
import { CAPABILITIES } from '../spec/capabilities.ts'
import { suggestion } from '../spec/suggest.ts'
import type { Variables } from './template.ts'

/** Whose service it is. */
export type Scope = 'system' | 'user'

/** What values follow from. */
export interface VariableSources {
  readonly name: string
  readonly scope: Scope
  /** Undefined where the reference is not part of what the bundle is made from. */
  readonly imageName: string | undefined
  readonly imageId: string
  /** The program that runs the container. */
  readonly runtime: string
  /** True where the container is started in the background, and known by a file with its process id. */
  readonly detaches: boolean
  readonly set: Readonly<Record<string, string>>
  readonly defaults: ReadonlyMap<string, string>
}

/** Places and ids of the host, as the file that they go into knows them. */
export interface HostFacts {
  readonly destdir: string
  readonly run: string
  readonly state: string
  readonly conf: string
  readonly uid: string
  readonly gid: string
}

/** Stands for the bundle's folder in files that are put in place later: only then it is known where that is. */
export const LATER_DESTDIR = '\ue000DESTDIR\ue001'

const SYSTEM: HostFacts = {
  destdir: LATER_DESTDIR,
  run: '/run',
  state: '/var/lib',
  conf: '/etc',
  uid: '0',
  gid: '0',
}

/** systemd's own variables for a user's places (systemd.unit(5), "Specifiers"; tmpfiles.d(5) has them too). */
const USER: HostFacts = {
  destdir: LATER_DESTDIR,
  run: '%t',
  state: '%h/.data',
  conf: '%h/.config',
  uid: '%U',
  gid: '%G',
}

/** Facts for files that systemd reads. They are the same on every host. */
export function unitFacts(scope: Scope): HostFacts {
  return scope === 'system' ? SYSTEM : USER
}

/** Variables that may be given a value though no template uses them: they have one in every bundle. */
const ALWAYS = [
  'RUN_DIRECTORY',
  'STATE_DIRECTORY',
  'CONF_DIRECTORY',
  'PIDFILE',
  'UUID',
  'ALL_PROCESS_CAPABILITIES',
  'RUNTIME',
  'ATOMIC',
]

/** Every variable that has a value. */
export function valuesOf(sources: VariableSources, facts: HostFacts): Variables {
  const { name, imageName, imageId, runtime, detaches, set, defaults } = sources
  const pidFile = `${facts.run}/container-${name}.pid`
  const given = new Map([['PIDFILE', pidFile], ...defaults, ...Object.entries(set)]).get('PIDFILE')!
  const [run, stop] = [`${facts.destdir}/run`, `${facts.destdir}/stop`]
  return new Map([
    ['RUN_DIRECTORY', facts.run],
    ['STATE_DIRECTORY', facts.state],
    ['CONF_DIRECTORY', facts.conf],
    ['PIDFILE', pidFile],
    ['UUID', uuidOf(name)],
    ['ALL_PROCESS_CAPABILITIES', CAPABILITIES.map(capability => JSON.stringify(capability)).join(',\n')],
    ['RUNTIME', runtime],
    ['ATOMIC', 'ctrbuild'],
    ...defaults,
    ...Object.entries(set),
    ['DESTDIR', facts.destdir],
    ['NAME', name],
    ...(imageName === undefined ? [] : [['IMAGE_NAME', imageName] as const]),
    ['IMAGE_ID', imageId],
    ['HOST_UID', facts.uid],
    ['HOST_GID', facts.gid],
    ['EXEC_START', detaches ? `${run} --detach --pid-file ${given}` : run],
    ['EXEC_STOP', stop],
    // A kill may have left the name taken: "stop" takes away what is left, too.
    ['EXEC_STARTPRE', stop],
    ['EXEC_STOPPOST', stop],
  ])
}

/**
 * Refuses a value for a variable that no template uses and that the image has no value for.
 * @throws CtrbuildError VARIABLE_UNKNOWN
 */
export function refuseUnknown(sources: VariableSources, used: readonly string[]): void {
  const known = [...new Set([...used, ...sources.defaults.keys(), ...ALWAYS])]
  const unknown = Object.keys(sources.set).find(name => !known.includes(name))
  if (unknown === undefined) return
  const hint = suggestion(unknown, known) ?? `The image has ${known.sort().join(', ')}`
  throw new CtrbuildError('VARIABLE_UNKNOWN', `no template of the image has a variable ${unknown}`, { hint })
}

/** A UUID (RFC 9562, version 8) that belongs to the name: the same in every generation. */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(`ctrbuild bundle ${name}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

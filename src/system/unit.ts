/** The unit of a bundle: the image's own with what bundles.yaml says under it, or one that needs no image to say so. */
import type { ImageRunConfig } from '../oci/image.ts'
import type { ServiceSpec } from '../spec/settings.ts'
import { SERVICE_DEFAULTS } from '../spec/system-fields.ts'
import { oneLineOf, unitSentence } from './unit-text.ts'
import { LATER_DESTDIR, type Scope } from './variables.ts'

/** What a unit is made from. */
export interface UnitSources {
  readonly name: string
  readonly scope: Scope
  readonly service: ServiceSpec
  readonly image: ImageRunConfig
  /** Number of the signal that the container is asked to end with. */
  readonly stopSignal: number
}

type Setting = readonly [key: string, value: string | undefined]

/** The unit of a bundle whose image brings none; the bundle's folder is marked. */
export function makeUnit({ name, scope, service, image, stopSignal }: UnitSources): string {
  const { type = SERVICE_DEFAULTS.type, restart = SERVICE_DEFAULTS.restart } = service
  const title = image.labels['org.opencontainers.image.title'] ?? ''
  const description = service.description ?? (oneLineOf(title) || name)
  return [
    `# ${name}.service, made by ctrbuild: changes are gone with the next install.`,
    section('Unit', [['Description', unitSentence(description)], ...unitSettings(service)]),
    section('Service', [
      ['Type', type],
      // It is the runtime that hands on what the container says.
      ['NotifyAccess', type === 'notify' ? 'all' : undefined],
      ['ExecStartPre', `-${STOP}`],
      ['ExecStart', RUN],
      ['ExecStop', STOP],
      ['KillMode', 'mixed'],
      ['SuccessExitStatus', stopStatus(stopSignal)],
      ['Delegate', 'yes'],
      ['Restart', restart],
      ...serviceSettings(service),
    ]),
    section('Install', [['WantedBy', wantedBy(scope, service)]]),
  ].join('\n\n')
}

const RUN = `${LATER_DESTDIR}/run`
/** Asks with the image's stop signal, and takes away what a kill has left. */
const STOP = `${LATER_DESTDIR}/stop`

/** The image's unit, and below it what bundles.yaml says: later settings count over earlier ones, and lists grow. */
export function amendUnit(
  text: string,
  { scope, service, stopSignal }: Pick<UnitSources, 'scope' | 'service' | 'stopSignal'>,
): string {
  const { description, type, restart } = service
  const wanted = scope === 'user' || service.wantedBy !== undefined
  const sections = [
    section('Unit', [
      ['Description', description === undefined ? undefined : unitSentence(description)],
      ...unitSettings(service),
    ]),
    section('Service', [
      ['Type', type],
      ['NotifyAccess', type === 'notify' ? 'all' : undefined],
      ['ExecStartPre', /^\s*ExecStartPre\s*=/m.test(text) ? undefined : `-${STOP}`],
      ['ExecStop', /^\s*ExecStop\s*=/m.test(text) ? undefined : STOP],
      ['SuccessExitStatus', stopStatus(stopSignal)],
      ['Restart', restart],
      ...serviceSettings(service),
    ]),
    // No user has multi-user.target: what the image says is taken back.
    wanted
      ? section('Install', [
          ['WantedBy', ''],
          ['WantedBy', wantedBy(scope, service)],
        ])
      : '',
  ].filter(part => part !== '')
  if (sections.length === 0) return text
  return [text.trimEnd(), '# By ctrbuild, and from bundles.yaml:', ...sections].join('\n\n')
}

/** The units that an enabled one is started by: what `WantedBy` and `RequiredBy` of its text come to. */
export function enablingLinks(text: string): readonly string[] {
  const links = new Map<string, string[]>([
    ['WantedBy', []],
    ['RequiredBy', []],
  ])
  let current = ''
  for (const line of text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map(line => line.trim())) {
    current = /^\[(.*)\]$/.exec(line)?.[1] ?? current
    const [, key, value] = /^(WantedBy|RequiredBy)\s*=\s*(.*)$/.exec(line) ?? []
    if (current !== 'Install' || key === undefined) continue
    if (value === '') links.set(key, [])
    else links.get(key)!.push(...value!.split(/\s+/))
  }
  const folders = [
    ...links.get('WantedBy')!.map(unit => `${unit}.wants`),
    ...links.get('RequiredBy')!.map(unit => `${unit}.requires`),
  ]
  return [...new Set(folders)].filter(folder => /^[A-Za-z0-9:_.@\\-]+$/.test(folder)).sort()
}

/** What a runtime ends with whose container did as it was asked: systemd would call that a failure. */
function stopStatus(signal: number): string {
  return [...new Set([128 + 15, 128 + signal])].join(' ')
}

function wantedBy(scope: Scope, { wantedBy }: ServiceSpec): string {
  return (wantedBy ?? [scope === 'user' ? 'default.target' : 'multi-user.target']).join(' ')
}

function unitSettings({ wants, requires, before, after }: ServiceSpec): readonly Setting[] {
  const lists = { Wants: wants, Requires: requires, Before: before, After: after }
  return Object.entries(lists).map(([key, units]) => [
    key,
    units?.map(unit => unit.replaceAll('%', '%%')).join(' '),
  ])
}

function serviceSettings({ restartSec, timeoutStart, timeoutStop }: ServiceSpec): readonly Setting[] {
  return [
    ['RestartSec', restartSec],
    ['TimeoutStartSec', timeoutStart],
    ['TimeoutStopSec', timeoutStop],
  ]
}

function section(name: string, settings: readonly Setting[]): string {
  const lines = settings.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))
  return lines.length === 0 ? '' : `[${name}]\n${lines.join('\n')}`
}

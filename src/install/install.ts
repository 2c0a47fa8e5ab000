/** Installs and uninstalls services: looks, decides, switches all files at once, and tells systemd. */
import { CtrbuildError } from '../errors.ts'
import { type Action, compare, pathOf } from './compare.ts'
import { type Entry, entriesOf, type Installable } from './entries.ts'
import { lookAt, missingFolders } from './look.ts'
import { type InstallRecord, readRecord, recorded, recordPath, recordText } from './record.ts'
import { type Moves, switchFiles } from './switch.ts'
import type { Systemd } from './systemd.ts'
import { pathOnTarget, type Target, targetPlaces } from './target.ts'

/** What an install does for one bundle. */
export interface ServicePlan {
  readonly name: string
  readonly actions: readonly Action[]
  /** What is recorded afterwards; undefined where it is to be gone. */
  readonly record: InstallRecord | undefined
  readonly before: InstallRecord | undefined
}

/**
 * What installing a bundle's current generation comes to.
 * @throws CtrbuildError INSTALL_PATH; INSTALL_FOREIGN where another project has installed a bundle of this name
 */
export function planInstall(bundle: Installable, target: Target, out: string): ServicePlan {
  const { name, digest } = bundle
  const before = readRecord(target, name)
  const place = pathOnTarget(target, `${out}/${name}`)
  if (before !== undefined && before.bundle !== place)
    throw new CtrbuildError('INSTALL_FOREIGN', `${name} is installed already, from ${before.bundle}`, {
      hint: 'Uninstall it there, or give this bundle another name',
    })
  const entries = entriesOf(bundle, target, out)
  const actions = compare(entries, before?.entries ?? [], path => lookAt(target, path))
  const folders = missingFolders(
    target,
    entries.map(({ path }) => path),
  )
  return {
    name,
    actions,
    before,
    record: recordAfter({ name, bundle: place, digest }, actions, before, folders),
  }
}

/** What uninstalling a bundle comes to; undefined where it is not installed. */
export function planUninstall(name: string, target: Target): ServicePlan | undefined {
  const before = readRecord(target, name)
  if (before === undefined) return undefined
  return {
    name,
    actions: compare([], before.entries, path => lookAt(target, path)),
    before,
    record: undefined,
  }
}

/** True where nothing would be written or removed. */
export function isDone({ actions, before, record }: ServicePlan): boolean {
  const isQuiet = actions.every(({ kind }) => kind === 'same' || kind === 'kept')
  return isQuiet && before !== undefined && record !== undefined && recordText(before) === recordText(record)
}

/** What an install needs to know of the machine that it changes, besides its files. */
export interface Running {
  /** Undefined where none manages the services. */
  readonly systemd: Systemd | undefined
  /** Files have changed before, so that services start anew in any case. */
  readonly afterRepair?: boolean
  /** Makes the generation of a record its bundle's current one again; false where it is gone. */
  readonly pointBack?: (record: InstallRecord) => boolean
}

/**
 * Does what some plans say, all or nothing. Services that run and have changed are started again; one that does not
 * stay up brings back files and generations as they were.
 * @throws CtrbuildError INSTALL_FOREIGN where something stands in the way; SERVICE_FAILED
 */
export async function perform(
  plans: readonly ServicePlan[],
  target: Target,
  { systemd, afterRepair = false, pointBack = () => true }: Running,
): Promise<void> {
  const open = plans.filter(plan => afterRepair || !isDone(plan))
  refuseForeign(open)
  if (open.length === 0) return
  const active = await runningOf(open, systemd)
  const failed: string[] = []
  const isGood = async () => {
    failed.push(...(await tell(open, active, target, systemd)))
    return failed.length === 0
  }
  if (await switchFiles(target, movesOf(open, target), isGood)) return
  // What a unit starts is in its bundle's folder: the old unit alone would start the new generation.
  const lost = open.filter(({ before }) => before !== undefined && !pointBack(before)).map(({ name }) => name)
  const broken = await bringBack(open, active, systemd)
  throw new CtrbuildError('SERVICE_FAILED', `${failed.join(', ')} did not start; ${outcome(lost, broken)}`, {
    hint: `See why: journalctl --unit=${failed[0]}.service`,
  })
}

function outcome(lost: readonly string[], broken: readonly string[]): string {
  const now = lost.length === 0 ? 'everything is as it was before' : 'all files are as they were before'
  const gone = lost.length === 0 ? '' : `, but the generation before is gone: ${lost.join(', ')}`
  return broken.length === 0 ? `${now}${gone}` : `${now}${gone}; not running now: ${broken.join(', ')}`
}

function recordAfter(
  about: Pick<InstallRecord, 'name' | 'bundle' | 'digest'>,
  actions: readonly Action[],
  before: InstallRecord | undefined,
  made: readonly string[],
): InstallRecord {
  const entries = actions.flatMap(action => {
    if (action.kind === 'kept') return action.isWanted ? [action.was] : []
    return 'entry' in action ? [recorded(action.entry)] : []
  })
  const folders = [...new Set([...(before?.folders ?? []), ...made])]
  return { formatVersion: 1, ...about, entries, folders }
}

function refuseForeign(plans: readonly ServicePlan[]): void {
  const foreign = plans.flatMap(({ actions }) => actions).filter(({ kind }) => kind === 'foreign')
  if (foreign.length === 0) return
  const paths = foreign.map(pathOf)
  throw new CtrbuildError(
    'INSTALL_FOREIGN',
    `${paths.join(', ')}: ctrbuild did not put ${paths.length === 1 ? 'it' : 'them'} there`,
    {
      hint: 'Look at it and move it away; for files of the image, hostFiles: false leaves them out',
    },
  )
}

/** Names of the services that run. */
async function runningOf(
  plans: readonly ServicePlan[],
  systemd: Systemd | undefined,
): Promise<ReadonlySet<string>> {
  const running = new Set<string>()
  if (systemd === undefined) return running
  for (const { name, before } of plans) {
    const hasUnit = before?.entries.some(({ path }) => path.endsWith(`/${name}.service`)) === true
    if (hasUnit && (await systemd.isActive(`${name}.service`))) running.add(name)
  }
  return running
}

/** Files first, units after them, the record last; what goes, goes the other way round. */
function movesOf(plans: readonly ServicePlan[], target: Target): Moves {
  const actions = plans.flatMap(plan => plan.actions)
  const placed = actions.flatMap(action =>
    action.kind === 'create' || action.kind === 'update'
      ? [{ entry: action.entry, replaces: action.kind === 'update' }]
      : [],
  )
  const records = plans.flatMap(({ name, before, record }) =>
    record === undefined
      ? []
      : [
          {
            entry: recordEntry(recordPath(target, name), recordText(record)),
            replaces: before !== undefined,
          },
        ],
  )
  const gone = plans.filter(({ record }) => record === undefined).map(({ name }) => recordPath(target, name))
  return {
    removals: [...actions.flatMap(action => (action.kind === 'remove' ? [action.was.path] : [])), ...gone],
    entries: [...placed, ...records],
    folders: missingFolders(
      target,
      [...placed, ...records].map(({ entry }) => entry.path),
    ),
    spentFolders: plans.flatMap(({ before, record }) =>
      record === undefined ? (before?.folders ?? []) : [],
    ),
  }
}

function recordEntry(path: string, text: string): Entry {
  return { kind: 'file', path, content: Buffer.from(text), mode: 0o644 }
}

/** Has systemd read what is new, and starts anew what ran. */
async function tell(
  plans: readonly ServicePlan[],
  active: ReadonlySet<string>,
  target: Target,
  systemd: Systemd | undefined,
): Promise<string[]> {
  if (systemd === undefined) return []
  // Their units are gone, and known to systemd until it reads them anew.
  for (const { name, record } of plans)
    if (record === undefined && active.has(name)) await systemd.stop(`${name}.service`)
  await systemd.reload()
  for (const { name, record } of plans) {
    const tmpfiles = targetPlaces(target).tmpfiles(name)
    if (record?.entries.some(({ path }) => path === tmpfiles)) await systemd.createFiles(tmpfiles)
  }
  const failed = await restartAll(
    plans.filter(({ name, record }) => record !== undefined && active.has(name)),
    systemd,
  )
  // systemd may be trying on: that must not meet the start of what is brought back, which happens in any case.
  for (const name of failed) await systemd.stop(`${name}.service`).catch(() => undefined)
  return failed
}

/** Starts services again, one after another; returns those that do not stay up. */
async function restartAll(plans: readonly ServicePlan[], systemd: Systemd): Promise<string[]> {
  const started: string[] = []
  for (const { name } of plans) if (await systemd.restart(`${name}.service`)) started.push(name)
  const staying = await Promise.all(started.map(name => systemd.staysUp(`${name}.service`)))
  const up = new Set(started.filter((_, i) => staying[i]))
  return plans.map(({ name }) => name).filter(name => !up.has(name))
}

/** Has systemd start what ran before; returns what does not stay up even so. */
async function bringBack(
  plans: readonly ServicePlan[],
  active: ReadonlySet<string>,
  systemd: Systemd | undefined,
): Promise<string[]> {
  if (systemd === undefined) return []
  await systemd.reload()
  return restartAll(
    plans.filter(({ name }) => active.has(name)),
    systemd,
  )
}

/**
 * Puts files in place and takes others away, all or nothing. Everything new is written beside its place first, and a
 * journal says what is to be done; whoever comes after a kill finishes it or takes it back by the journal alone. Every
 * step can be done twice.
 */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isErrno } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { fsyncFolder, writeFileAtomic } from '../sys/atomic.ts'
import type { Entry } from './entries.ts'
import { removeEmptyFolders } from './look.ts'
import { onTarget, type Target, targetPlaces } from './target.ts'

/** What is done to one path of the target. */
interface Move {
  readonly kind: 'put' | 'remove'
  readonly path: string
  /** Whether something stood there before. */
  readonly hadOld: boolean
}

/** Everything that one change of the target does. */
export interface Moves {
  /** In this order. */
  readonly entries: readonly { readonly entry: Entry; readonly replaces: boolean }[]
  /** Before them, in this order. */
  readonly removals: readonly string[]
  /** To be made, outer ones first. */
  readonly folders: readonly string[]
  /** To be removed at the end where they are empty, outer ones first. */
  readonly spentFolders: readonly string[]
}

/**
 * staging: nothing has changed yet. switching: everything new is written, and is put in place. reverting: what was
 * there before is put back. finishing: only what was there before is to be removed.
 */
type Phase = 'staging' | 'switching' | 'reverting' | 'finishing'

interface Journal {
  readonly phase: Phase
  readonly moves: readonly Move[]
  readonly folders: readonly string[]
  readonly spentFolders: readonly string[]
}

/**
 * Makes a change.
 * @param isGood called when all is in place; where it says no, everything is put back
 * @returns whether the change stays
 * @throws the operating system's errors; everything is as before then
 */
export async function switchFiles(
  target: Target,
  changes: Moves,
  isGood: () => Promise<boolean>,
): Promise<boolean> {
  const journal: Journal = {
    phase: 'staging',
    moves: [
      ...changes.removals.map((path): Move => ({ kind: 'remove', path, hadOld: true })),
      ...changes.entries.map(
        ({ entry, replaces }): Move => ({ kind: 'put', path: entry.path, hadOld: replaces }),
      ),
    ],
    folders: changes.folders,
    spentFolders: changes.spentFolders,
  }
  try {
    stage(target, changes, journal)
  } catch (error) {
    unstage(target, journal)
    throw error
  }
  try {
    enter(target, journal, 'switching')
    forward(target, journal)
    if (await isGood()) {
      finish(target, journal)
      return true
    }
  } catch (error) {
    backward(target, journal)
    throw error
  }
  backward(target, journal)
  return false
}

/**
 * Finishes or takes back what a killed install has left half done.
 * @returns what was done, if anything
 */
export function repair(target: Target): 'finished' | 'taken back' | undefined {
  sweepDrafts(dirname(journalPath(target)))
  const journal = readJournal(target)
  if (journal === undefined) return undefined
  switch (journal.phase) {
    case 'staging':
      unstage(target, journal)
      return 'taken back'
    case 'reverting':
      backward(target, journal)
      return 'taken back'
    case 'switching':
      forward(target, journal)
      finish(target, journal)
      return 'finished'
    case 'finishing':
      finish(target, journal)
      return 'finished'
    default:
      return journal.phase satisfies never
  }
}

/** Removes journals that were not written to their end. */
function sweepDrafts(state: string): void {
  if (!exists(state)) return
  for (const name of readdirSync(state))
    if (name.startsWith('.new-')) rmSync(join(state, name), { force: true })
}

/** Whether an install was killed on this target. */
export function isHalfDone(target: Target): boolean {
  return exists(journalPath(target))
}

function stage(target: Target, { entries, folders }: Moves, journal: Journal): void {
  mkdirSync(dirname(journalPath(target)), { recursive: true, mode: 0o755 })
  enter(target, journal, 'staging')
  for (const folder of folders) mkdirSync(onTarget(target, folder), { recursive: true, mode: 0o755 })
  for (const { path } of journal.moves) {
    const { fresh, old } = spotsOf(target, path)
    rmSync(fresh, { force: true })
    rmSync(old, { force: true })
  }
  for (const { entry } of entries) write(entry, spotsOf(target, entry.path).fresh)
  syncFolders(target, journal)
}

function write(entry: Entry, path: string): void {
  if (entry.kind === 'link') {
    symlinkSync(entry.target, path)
    return
  }
  const fd = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(fd, entry.content)
    fchmodSync(fd, entry.mode)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** What is new and not in place goes. */
function unstage(target: Target, journal: Journal): void {
  for (const { path } of journal.moves) rmSync(spotsOf(target, path).fresh, { force: true })
  removeEmptyFolders(target, journal.folders)
  rmSync(journalPath(target), { force: true })
}

function forward(target: Target, journal: Journal): void {
  for (const { kind, path, hadOld } of journal.moves) {
    const { place, fresh, old } = spotsOf(target, path)
    if (kind === 'put' && !exists(fresh)) continue
    // A second name, so that there is no moment without the file.
    if (hadOld && exists(place) && !exists(old)) linkSync(place, old)
    if (kind === 'put') renameSync(fresh, place)
    else rmSync(place, { force: true })
  }
  syncFolders(target, journal)
}

/** What was there comes back, and what was put where nothing was goes. */
function backward(target: Target, journal: Journal): void {
  enter(target, journal, 'reverting')
  for (const { kind, path, hadOld } of journal.moves.toReversed()) {
    const { place, fresh, old } = spotsOf(target, path)
    if (hadOld && exists(old)) {
      renameSync(old, place)
      // Two names of one file are left alone by rename(2).
      rmSync(old, { force: true })
    }
    if (!hadOld && kind === 'put' && !exists(fresh)) rmSync(place, { force: true })
    rmSync(fresh, { force: true })
  }
  syncFolders(target, journal)
  removeEmptyFolders(target, journal.folders)
  rmSync(journalPath(target), { force: true })
}

function finish(target: Target, journal: Journal): void {
  enter(target, journal, 'finishing')
  for (const { path } of journal.moves) rmSync(spotsOf(target, path).old, { force: true })
  removeEmptyFolders(target, journal.spentFolders)
  rmSync(journalPath(target), { force: true })
}

function enter(target: Target, journal: Journal, phase: Phase): void {
  writeFileAtomic(journalPath(target), canonicalJson({ ...journal, phase }))
}

function readJournal(target: Target): Journal | undefined {
  try {
    return JSON.parse(readFileSync(journalPath(target), 'utf8')) as Journal
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

function journalPath(target: Target): string {
  return onTarget(target, `${targetPlaces(target).state}/.journal`)
}

/** Where a path's file is, where its next one waits, and where the one before is kept. */
function spotsOf(
  target: Target,
  path: string,
): { readonly place: string; readonly fresh: string; readonly old: string } {
  const place = onTarget(target, path)
  const besides = (what: string) => join(dirname(place), `.${basename(place)}.ctrbuild-${what}`)
  return { place, fresh: besides('new'), old: besides('old') }
}

function syncFolders(target: Target, { moves }: Journal): void {
  const folders = new Set(moves.map(({ path }) => dirname(onTarget(target, path))))
  for (const folder of folders) if (exists(folder)) fsyncFolder(folder)
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

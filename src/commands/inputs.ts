/** What every command reads first: bundles.yaml, its lock, and what the images it names mean. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { type Places, placesOf } from '../apply/places.ts'
import type { UserPlaces } from '../apply/work.ts'
import { lintSpec } from '../bundle/lint-spec.ts'
import type { Privilege } from '../bundle/types.ts'
import { CtrbuildError, isErrno } from '../errors.ts'
import { lockState, notLocked } from '../lock/check.ts'
import { resolveLock } from '../lock/resolve.ts'
import { parseLock } from '../lock/text.ts'
import type { Lock } from '../lock/types.ts'
import { hostPlatform } from '../oci/platform.ts'
import type { LockSource } from '../plan/types.ts'
import { jsonProblems, renderProblems } from '../report/diagnostics.ts'
import type { CachedSource } from '../source/cached.ts'
import { parseSpec } from '../spec/parse.ts'
import { byPosition, type Problem } from '../spec/problem.ts'
import { bindSources, missingSources } from '../spec/sources.ts'
import type { ImageSpec, Spec } from '../spec/types.ts'
import { writeFileAtomic } from '../sys/atomic.ts'
import { diskError } from '../sys/failure.ts'
import { readTextFile } from '../sys/text-file.ts'
import type { CommandOptions, LockingOptions, Surroundings } from './context.ts'
import { usesColor } from './context.ts'

/** A bundles.yaml without mistakes, and where its things lie. */
export interface SpecFile {
  readonly spec: Spec
  /** What `images` declares, by name. */
  readonly images: ReadonlyMap<string, ImageSpec>
  readonly places: Places
}

/** A bundles.yaml as far as it can be read: what is wrong with it, and what it says where nothing is. */
export interface ExaminedSpec {
  readonly text: string
  /** By position. */
  readonly problems: readonly Problem[]
  /** Undefined where it has mistakes. */
  readonly file: SpecFile | undefined
}

/**
 * Reads bundles.yaml. Its problems and warnings are shown on standard error.
 * @returns undefined where it has mistakes
 * @throws CtrbuildError SPEC_MISSING
 */
export function readSpecFile(options: CommandOptions, surroundings: Surroundings): SpecFile | undefined {
  const { text, problems, file } = examineSpec(options, surroundings)
  showProblems(problems, text, options, surroundings)
  return file
}

/**
 * Reads bundles.yaml and finds all that is wrong with it, here and now.
 * @throws CtrbuildError SPEC_MISSING
 */
export function examineSpec(options: CommandOptions, surroundings: Surroundings): ExaminedSpec {
  const path = resolve(surroundings.cwd, options.file)
  const text = readSpecText(path, options.file)
  const parsed = parseSpec(text, {
    file: options.file,
    platform: hostPlatform(surroundings.arch),
    read: source => readTextFile(resolve(dirname(path), source)),
  })
  if (!parsed.ok) return { text, problems: parsed.problems, file: undefined }
  const places = placesOf(path, parsed.spec)
  const missing = missingSources(bindSources(parsed.spec), {
    exists: source => existsSync(resolve(places.base, source)),
    file: options.file,
    locate: parsed.locate,
  })
  const unfit = lintSpec(parsed.spec, {
    privilege: privilegeOf(surroundings),
    file: options.file,
    locate: parsed.locate,
  })
  const problems = [...parsed.warnings, ...missing, ...unfit].sort(byPosition)
  const isWrong = problems.some(problem => problem.severity === 'error')
  const file = { spec: parsed.spec, images: parsed.images, places }
  return { text, problems, file: isWrong ? undefined : file }
}

/** Shows what is wrong with a text on standard error: as people read it, or as JSON lines beside those of progress. */
export function showProblems(
  problems: readonly Problem[],
  text: string,
  options: CommandOptions,
  { stderr }: Surroundings,
): void {
  if (problems.length === 0) return
  const isJson = options.progress === 'json'
  const color = usesColor(options, stderr)
  stderr.write(isJson ? jsonProblems(problems) : renderProblems(problems, { text, color }))
}

/**
 * The text of bundles.yaml; `name` is what it is called in messages.
 * @throws CtrbuildError SPEC_MISSING
 */
export function readSpecText(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error
    throw new CtrbuildError('SPEC_MISSING', `there is no ${name}`, {
      hint: 'Name the file with --file, or write one to begin with: ctrbuild init',
      cause: error,
    })
  }
}

/** The lock beside a bundles.yaml, or undefined where there is none. */
export function readLockFile(places: Pick<Places, 'lockFile'>): Lock | undefined {
  try {
    return parseLock(readFileSync(places.lockFile, 'utf8'), places.lockFile)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Writes the lock beside a bundles.yaml.
 * @throws CtrbuildError DISK, PERMISSION
 */
export function writeLockFile(places: Places, text: string): void {
  try {
    writeFileAtomic(places.lockFile, text, { mode: 0o644 })
  } catch (error) {
    throw diskError(error, `cannot write ${places.lockFile}`)
  }
}

/** A lock that covers all of a spec. */
export interface SettledLock {
  readonly lock: Lock
  readonly lockSource: LockSource
}

/**
 * The lock, completed in memory where it may be.
 * @throws CtrbuildError LOCK_MISSING, LOCK_OUTDATED where `options.locked`; as ImageSource.resolve
 */
export async function settleLock(
  { spec, places }: SpecFile,
  source: CachedSource,
  options: Pick<LockingOptions, 'locked'>,
  { cpus, signal }: Surroundings,
): Promise<SettledLock> {
  const previous = readLockFile(places)
  const state = lockState(spec, previous)
  if (options.locked && state.kind !== 'complete') throw notLocked(state)
  const lock = await resolveLock(spec, source, { ...(previous && { previous }), limit: cpus + 2, signal })
  return { lock, lockSource: state.kind === 'complete' ? 'file' : 'memory' }
}

/** Who bundles are made for: whoever runs ctrbuild. */
export function privilegeOf({ uid, gid }: Surroundings): Privilege {
  return uid === 0 ? { kind: 'root' } : { kind: 'rootless', uid, gid }
}

/** Where whoever runs ctrbuild keeps things. */
export function userPlacesOf({ env, uid }: Surroundings): UserPlaces {
  return { home: env.HOME || homedir(), run: env.XDG_RUNTIME_DIR || `/run/user/${uid}` }
}

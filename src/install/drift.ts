/** Whether what was installed is still what the bundles say: told by every plan. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentGeneration, STAMP } from '../apply/generations.ts'
import type { Places } from '../apply/places.ts'
import { parseStamp } from '../apply/stamp.ts'
import { CtrbuildError, isErrno } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { compare, pathOf } from './compare.ts'
import { lookAt } from './look.ts'
import { type InstallRecord, installedNames, readRecord } from './record.ts'
import { isHalfDone } from './switch.ts'
import type { Target } from './target.ts'

/** Sentences about what is installed of an output folder's bundles on this machine. */
export function installNotes({ out }: Pick<Places, 'out'>, home: string): readonly string[] {
  return (['system', 'user'] as const).flatMap(scope => {
    const target: Target = { root: '', scope, home }
    const half = isHalfDone(target) ? ['an install was killed: the next "ctrbuild install" repairs that'] : []
    return [
      ...half,
      ...installedNames(target).flatMap(name => notesOn(target, out, readRecord(target, name)!)),
    ]
  })
}

function notesOn(target: Target, out: string, record: InstallRecord): readonly string[] {
  const { name, bundle, digest, entries } = record
  if (bundle !== join(out, name)) return []
  const changed = compare([], entries, path => lookAt(target, path)).flatMap(action => {
    if (action.kind === 'kept') return [`${pathOf(action)} was changed by hand since ${name} was installed`]
    return action.kind === 'gone'
      ? [`${pathOf(action)} of ${name} is gone: "ctrbuild install ${name}" puts it back`]
      : []
  })
  const current = currentDigest(out, name)
  if (current === undefined)
    return [...changed, `${name} is installed and is no bundle any more: "ctrbuild uninstall ${name}"`]
  if (current === digest) return changed
  return [...changed, `what is installed of ${name} is from another generation: "ctrbuild install ${name}"`]
}

function currentDigest(out: string, name: string): Digest | undefined {
  const generation = currentGeneration(out, name)
  if (generation === 'none' || generation === 'foreign') return undefined
  try {
    return parseStamp(readFileSync(join(generation, STAMP), 'utf8')).digest
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof CtrbuildError) return undefined
    throw error
  }
}

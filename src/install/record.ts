/** What was put in place of a bundle: kept on the target, so that nothing is removed that ctrbuild did not write. */
import { readdirSync, readFileSync } from 'node:fs'
import { isErrno } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import type { Entry } from './entries.ts'
import { onTarget, type Target, targetPlaces } from './target.ts'

/** A file or link as it was put. */
export type Recorded =
  | { readonly kind: 'file'; readonly path: string; readonly digest: Digest; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/** Of one bundle. */
export interface InstallRecord {
  readonly formatVersion: 1
  readonly name: string
  /** The bundle's folder as the target knows it. */
  readonly bundle: string
  /** Of the generation that it came from. */
  readonly digest: Digest
  readonly entries: readonly Recorded[]
  /** Folders that were made for them, outer ones first. */
  readonly folders: readonly string[]
}

/** How an entry is recorded. */
export function recorded(entry: Entry): Recorded {
  const { kind, path } = entry
  return kind === 'link' ? entry : { kind, path, digest: digestOf(entry.content), mode: entry.mode }
}

/** Where the record of a bundle lies on its target. */
export function recordPath(target: Target, name: string): string {
  return `${targetPlaces(target).state}/${name}.json`
}

/** The text of a record. */
export function recordText(record: InstallRecord): string {
  return canonicalJson(record)
}

/** The record of a bundle, or undefined where none is installed. */
export function readRecord(target: Target, name: string): InstallRecord | undefined {
  try {
    return JSON.parse(readFileSync(onTarget(target, recordPath(target, name)), 'utf8')) as InstallRecord
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** Names of all bundles that are installed on a target, sorted. */
export function installedNames(target: Target): readonly string[] {
  try {
    const names = readdirSync(onTarget(target, targetPlaces(target).state))
    return names
      .filter(name => /^[A-Za-z0-9][A-Za-z0-9._-]*\.json$/.test(name))
      .map(name => name.slice(0, -'.json'.length))
      .sort()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

/** What a generation has to put in place, with the bundle's folder filled in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentGeneration, STAMP } from '../apply/generations.ts'
import type { Places } from '../apply/places.ts'
import { parseStamp } from '../apply/stamp.ts'
import { CtrbuildError, isErrno } from '../errors.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import type { Stamp } from '../plan/types.ts'
import {
  INSTALL_LIST,
  type InstallItem,
  type InstallList,
  parseInstallList,
} from '../system/install-files.ts'
import { enablingLinks } from '../system/unit.ts'
import { placeText, placeTmpfiles, placeUnit } from '../system/unit-text.ts'
import type { Scope } from '../system/variables.ts'
import { pathOnTarget, type Target, targetPlaces } from './target.ts'

/** Something that is put in place; the path is without the target's root. */
export type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly content: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/** A generation with something to install. */
export interface Installable {
  readonly name: string
  readonly scope: Scope
  /** Absolute path of the generation. */
  readonly generation: string
  /** Of the generation, from its stamp. */
  readonly digest: Digest
  readonly list: InstallList
}

/**
 * The current generation of a bundle; undefined where it has nothing to install.
 * @throws CtrbuildError NOT_APPLIED where there is none; PLAN_INVALID
 */
export function installableOf({ out }: Places, name: string): Installable | undefined {
  const generation = currentGeneration(out, name)
  if (generation === 'none' || generation === 'foreign')
    throw new CtrbuildError('NOT_APPLIED', `there is no bundle ${JSON.stringify(name)} in ${out}`, {
      hint: 'Make it first: ctrbuild apply',
    })
  const text = readIfThere(join(generation, INSTALL_LIST))
  if (text === undefined) return undefined
  const { digest, files } = stampOf(generation)
  const list = parseInstallList(text.toString('utf8'))
  for (const path of [INSTALL_LIST, ...list.items.flatMap(item => ('source' in item ? [item.source] : []))])
    refuseChanged(generation, path, files[path])
  return { name, scope: list.scope, generation, digest, list }
}

/**
 * Everything that a generation puts in place, in an order in which nothing refers to what is not there yet.
 * @throws CtrbuildError INSTALL_PATH
 */
export function entriesOf(
  { name, generation, list }: Installable,
  target: Target,
  out: string,
): readonly Entry[] {
  const { units, tmpfiles } = targetPlaces(target)
  const destdir = pathOnTarget(target, join(out, name))
  const unit = `${units}/${name}.service`
  const entries = list.items.map((item): Entry => {
    if ('link' in item) return { kind: 'link', path: item.place, target: item.link }
    const content = contentOf(item, generation, destdir)
    const path = item.place === 'unit' ? unit : item.place === 'tmpfiles' ? tmpfiles(name) : item.place
    return { kind: 'file', path, content, mode: item.mode }
  })
  const text = entries.find(({ path }) => path === unit)
  const links =
    list.enable && text?.kind === 'file'
      ? enablingLinks(text.content.toString('utf8')).map(
          (folder): Entry => ({ kind: 'link', path: `${units}/${folder}/${name}.service`, target: unit }),
        )
      : []
  return [...entries.filter(entry => entry !== text), ...(text === undefined ? [] : [text]), ...links]
}

function contentOf(
  { source, isTemplate, place }: Extract<InstallItem, { source: string }>,
  generation: string,
  destdir: string,
): Buffer {
  const bytes = readFileSync(join(generation, source))
  if (!isTemplate) return bytes
  const text = bytes.toString('utf8')
  const put = place === 'unit' ? placeUnit : place === 'tmpfiles' ? placeTmpfiles : placeText
  return Buffer.from(put(text, destdir))
}

function stampOf(generation: string): Stamp {
  const path = join(generation, STAMP)
  try {
    return parseStamp(readFileSync(path, 'utf8'))
  } catch (error) {
    if (!(error instanceof CtrbuildError) && !isErrno(error, 'ENOENT')) throw error
    throw new CtrbuildError('NOT_APPLIED', `${path} cannot be read: ${error.message}`, {
      hint: 'Make it anew: ctrbuild apply',
      cause: error,
    })
  }
}

/** What goes to the host as root has to be what was made. */
function refuseChanged(generation: string, path: string, wanted: Digest | undefined): void {
  const bytes = readIfThere(join(generation, path))
  if (bytes !== undefined && digestOf(bytes) === wanted) return
  throw new CtrbuildError('NOT_APPLIED', `${join(generation, path)} is not as it was made`, {
    hint: 'Make it anew: ctrbuild apply',
  })
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

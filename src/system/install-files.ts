/**
 * The part of a generation that `ctrbuild install` puts in place, in the folder `system`: the files, and a list that
 * says where each goes. The bundle's folder is a variable in them, since it is not known before.
 */
import type { BundleFile } from '../bundle/types.ts'
import { CtrbuildError } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import type { HostFile } from './host-files.ts'
import { laterTemplate } from './unit-text.ts'
import type { Scope } from './variables.ts'

/** Folder of a generation. */
export const SYSTEM_FOLDER = 'system'
/** The list, in that folder. */
export const INSTALL_LIST = `${SYSTEM_FOLDER}/install.json`

/** Something to put in place. */
export type InstallItem =
  | {
      /** A file in the generation. */
      readonly source: string
      readonly digest: Digest
      readonly mode: number
      readonly isTemplate: boolean
      /** A unit, lines for tmpfiles.d, or an absolute path of the host. */
      readonly place: 'unit' | 'tmpfiles' | string
    }
  | { readonly link: string; readonly place: string }

/** What is to be put in place of one bundle. */
export interface InstallList {
  readonly formatVersion: 1
  readonly name: string
  readonly scope: Scope
  readonly enable: boolean
  readonly items: readonly InstallItem[]
}

/** What the files of a generation are made from; texts have the mark for the bundle's folder. */
export interface InstallSources {
  readonly name: string
  readonly scope: Scope
  readonly enable: boolean
  readonly unit: string | undefined
  readonly tmpfiles: string | undefined
  readonly hostFiles: readonly HostFile[]
}

/** The files, and the list of them. */
export function installFiles({
  name,
  scope,
  enable,
  unit,
  tmpfiles,
  hostFiles,
}: InstallSources): BundleFile[] {
  const made: readonly (readonly [BundleFile, InstallItem] | readonly [undefined, InstallItem])[] = [
    ...(unit === undefined ? [] : [text(`${name}.service`, unit, 'unit')]),
    ...(tmpfiles === undefined ? [] : [text(`tmpfiles-${name}.conf`, tmpfiles, 'tmpfiles')]),
    ...hostFiles.map(host =>
      host.kind === 'symlink'
        ? ([undefined, { link: host.target, place: host.path }] as const)
        : file(`hostfs${host.path}`, host.content, host.mode, host.isTemplate, host.path),
    ),
  ]
  const list: InstallList = { formatVersion: 1, name, scope, enable, items: made.map(([, item]) => item) }
  return [
    ...made.flatMap(([written]) => (written === undefined ? [] : [written])),
    { path: INSTALL_LIST, mode: 0o644, content: canonicalJson(list) },
  ]
}

function text(path: string, content: string, place: string): readonly [BundleFile, InstallItem] {
  return file(path, `${laterTemplate(content).trimEnd()}\n`, 0o644, true, place)
}

function file(
  path: string,
  content: string | Buffer,
  mode: number,
  isTemplate: boolean,
  place: string,
): readonly [BundleFile, InstallItem] {
  const source = `${SYSTEM_FOLDER}/${path}`
  return [
    // A program of the host is none in here.
    { path: source, mode: 0o644, content },
    { source, digest: digestOf(content), mode, isTemplate, place },
  ]
}

/**
 * Reads a list. It is ctrbuild's own, in a generation that has its digest.
 * @throws CtrbuildError PLAN_INVALID
 */
export function parseInstallList(content: string): InstallList {
  const list = JSON.parse(content) as Partial<InstallList>
  if (list.formatVersion === 1 && Array.isArray(list.items)) return list as InstallList
  throw new CtrbuildError('PLAN_INVALID', `${INSTALL_LIST} is of another version`, {
    hint: 'Apply the bundle again',
  })
}

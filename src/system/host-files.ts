/** Where the files of /exports/hostfs go on the host, under which names, and which of them are templates. */
import { CtrbuildError } from '../errors.ts'
import { EXPORTS, type ExportsManifest, type HostEntry } from './exports.ts'
import { render, type TemplateFile, type Variables } from './template.ts'
import { laterTemplate } from './unit-text.ts'
import { LATER_DESTDIR } from './variables.ts'

/** Something that is put on the host. */
export type HostFile =
  | {
      readonly kind: 'file'
      /** Absolute and normalised. */
      readonly path: string
      readonly mode: number
      readonly content: Buffer
      /** True where the content is a template of the bundle's folder. */
      readonly isTemplate: boolean
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/** What the kernel fills, and where ctrbuild keeps its own record. */
const CLOSED = ['/proc', '/sys', '/dev', '/var/lib/ctrbuild']

/**
 * The host files of a bundle, sorted by path, no path twice.
 * @throws CtrbuildError EXPORTS_INVALID, and as `render`
 */
export function makeHostFiles(
  entries: readonly HostEntry[],
  manifest: ExportsManifest,
  values: Variables,
): readonly HostFile[] {
  const files = entries
    .map(entry => hostFile(entry, manifest, values))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  files.forEach(({ path }, i) => {
    const before = files[i - 1]?.path
    if (before === path) throw invalid(`two files of the image would become ${path} of the host`)
    if (before !== undefined && path.startsWith(`${before}/`))
      throw invalid(`${before} of the host would be a file and a folder`)
  })
  return files
}

/** The templates among them, for what has to be known of their variables. */
export function hostTemplates(
  entries: readonly HostEntry[],
  { templates }: ExportsManifest,
): readonly TemplateFile[] {
  return entries.flatMap(entry =>
    entry.kind === 'file' && templates.has(entry.path) ? [templateOf(entry.path, entry.content)] : [],
  )
}

/** The names that files get, as templates. */
export function renameTemplates({ renameFiles }: ExportsManifest): readonly TemplateFile[] {
  return renameFiles.map(({ to }) => ({ path: `${EXPORTS}/manifest.json (renameFiles)`, text: to }))
}

function hostFile(entry: HostEntry, manifest: ExportsManifest, values: Variables): HostFile {
  const path = hostPath(entry.path, manifest, values)
  if (entry.kind === 'symlink') return { ...entry, path }
  if (!manifest.templates.has(entry.path)) return { ...entry, path, isTemplate: false }
  const { text } = render(templateOf(entry.path, entry.content), values)
  const isTemplate = text.includes(LATER_DESTDIR)
  return { ...entry, path, content: Buffer.from(isTemplate ? laterTemplate(text) : text), isTemplate }
}

function templateOf(path: string, content: Buffer): TemplateFile {
  const at = `${EXPORTS}/hostfs${path}`
  const text = content.toString('utf8')
  if (!Buffer.from(text).equals(content)) throw invalid(`${at} is to be a template, and is not UTF-8`)
  return { path: at, text }
}

/** The longest name of manifest.json's that fits counts: a file's own, or that of a folder around it. */
function hostPath(path: string, manifest: ExportsManifest, values: Variables): string {
  const rename = manifest.renameFiles.find(
    ({ from }) => path === from || path.startsWith(`${from.replace(/\/$/, '')}/`),
  )
  if (rename === undefined) return checked(path)
  const to = render({ path: `${EXPORTS}/manifest.json (renameFiles)`, text: rename.to }, values).text
  return checked(`${to.replace(/\/$/, '')}${path.slice(rename.from.replace(/\/$/, '').length)}`)
}

function checked(path: string): string {
  if (path.includes(LATER_DESTDIR))
    throw invalid("a file of the host cannot be named after the bundle's folder ($DESTDIR)")
  const isPlain = /^(?:\/[^/\x00-\x1f\x7f]+)+$/.test(path) && !/\/\.\.?(?:\/|$)/.test(path)
  if (!isPlain) throw invalid(`no file of the host can be called ${JSON.stringify(path)}`)
  const closed = CLOSED.find(folder => path === folder || path.startsWith(`${folder}/`))
  if (closed !== undefined) throw invalid(`${path}: nothing of an image goes to ${closed} of the host`)
  return path
}

function invalid(message: string): CtrbuildError {
  return new CtrbuildError('EXPORTS_INVALID', message, {
    hint: 'hostFiles: false leaves out what the image has for the host',
  })
}

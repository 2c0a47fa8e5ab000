/** The bundles.yaml for what `atomic` left: what can be carried over as keys, and the rest as comments. */
import { parseReference } from '../oci/reference.ts'
import { RUNTIMES } from '../spec/meta.ts'
import { NAME } from '../spec/names.ts'
import { bytesOf, display } from '../tree/node.ts'
import type { AtomicContainer, AtomicDeployment, AtomicHost, AtomicInfo, AtomicScope } from './types.ts'

/** Variables that have their value by themselves. */
const OWN = [
  ...['DESTDIR', 'NAME', 'IMAGE_NAME', 'IMAGE_ID', 'HOST_UID', 'HOST_GID', 'PIDFILE', 'RUNTIME', 'ATOMIC'],
  ...['EXEC_START', 'EXEC_STOP', 'EXEC_STARTPRE', 'EXEC_STOPPOST', 'ALL_PROCESS_CAPABILITIES'],
]

/** What variables have that nobody set. */
const USUAL: Readonly<Record<AtomicScope, Readonly<Record<string, RegExp>>>> = {
  system: { RUN_DIRECTORY: /^\/run$/, STATE_DIRECTORY: /^\/var\/lib$/, CONF_DIRECTORY: /^\/etc$/ },
  user: { RUN_DIRECTORY: /^\/run\/user\/\d+$/, STATE_DIRECTORY: /\/\.data$/, CONF_DIRECTORY: /\/\.config$/ },
}

/** The whole file. It is valid also where nothing could be carried over. */
export function bundlesText(host: AtomicHost): string {
  const names = bundleNames(host.containers)
  const blocks = host.containers.map(container => blockOf(container, names.get(container)!, host))
  return [
    '# Made by "ctrbuild import-atomic". Read it before it is applied: values of variables may be secrets.',
    '# ctrbuild installs over nothing that is there: uninstall with atomic first.',
    'apiVersion: ctrbuild/v1',
    'kind: Bundles',
    ...(blocks.some(block => block.isBundle) ? ['bundles:'] : ['bundles: {}']),
    ...blocks.flatMap(block => block.lines.map(line => `  ${line}`)),
    '',
  ].join('\n')
}

/** What each container's bundle is called: bundles have lower-case names. */
export function bundleNames(containers: readonly AtomicContainer[]): ReadonlyMap<AtomicContainer, string> {
  const taken = new Set<string>()
  const names = new Map<AtomicContainer, string>()
  // Those whose names can stay keep them.
  const ordered = [...containers].sort((a, b) => Number(NAME.test(b.name)) - Number(NAME.test(a.name)))
  for (const container of ordered) {
    const base =
      container.name
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[._-]+/, '')
        .slice(0, 56) || 'container'
    const name = NAME.test(container.name) ? container.name : base
    let free = name
    for (let n = 2; taken.has(free); n++) free = `${base}-${n}`
    taken.add(free)
    names.set(container, free)
  }
  return names
}

/**
 * A text as an image reference that ctrbuild takes; undefined where it is none.
 * atomic wrote `docker:NAME` for images of a local Docker, and `ostree:NAME` for those that it had already.
 */
export function referenceOf(image: string): string | undefined {
  const text = image.replace(/^(?:docker|ostree|system):(?!\/\/)/, '')
  try {
    return parseReference(text).transport === 'docker' ? text : undefined
  } catch {
    return undefined
  }
}

/** The reference of an image in the repository of atomic, if it is there. */
function storedIn({ repo, images }: AtomicHost, image: string): readonly string[] {
  const { name, tag, digest } = parseReference(image)
  const wanted = digest === undefined ? `${name}:${tag}` : image
  if (repo === undefined || /[^\w./-]/.test(repo) || !images.some(one => one.name === wanted)) return []
  return [`ostree:${wanted}@${repo}`]
}

interface Block {
  readonly isBundle: boolean
  readonly lines: readonly string[]
}

function blockOf(container: AtomicContainer, name: string, host: AtomicHost): Block {
  const { scope } = host
  const current = container.deployments.find(({ isCurrent }) => isCurrent)
  const said = saysOf(container, name, current)
  if (current?.info === undefined) {
    const why = current?.damage ?? 'no deployment is the current one'
    return { isBundle: false, lines: [`# ${shown(container.name)} is left out: ${shown(why)}`] }
  }
  const { info } = current
  const image = referenceOf(info.image)
  if (image === undefined)
    return {
      isBundle: false,
      lines: [`# ${shown(container.name)} is left out: its image is called ${shown(info.image)}`],
    }
  const set = Object.entries(settable(current, scope))
  const runtime = RUNTIMES.find(known => known === info.runtime?.split('/').at(-1))
  return {
    isBundle: true,
    lines: [
      ...said.map(sentence => `# ${sentence}`),
      ...storedIn(host, image).map(reference => `# No registry is needed for "image: ${reference}".`),
      `${name}:`,
      `  image: ${image}`,
      ...(current.hasExports ? ['  system: true'] : ['  service: {}']),
      `  scope: ${scope}`,
      ...(runtime === undefined ? [] : [`  runtimes: [${runtime}]`]),
      ...(set.length === 0 ? [] : ['  set:', ...set.map(([key, value]) => `    ${key}: ${quoted(value)}`)]),
    ],
  }
}

/** What somebody should know of a container that no key can say. */
function saysOf(container: AtomicContainer, name: string, current: AtomicDeployment | undefined): string[] {
  const info = current?.info
  if (info === undefined) return []
  const other = container.deployments.find(({ isCurrent }) => !isCurrent)?.info
  return [
    ...(name === container.name ? [] : [`It was called ${shown(container.name)}.`]),
    ...(container.isPreinstalled ? ['An RPM package brought it: remove that package.'] : []),
    ...(info.revision === undefined
      ? []
      : [`It ran ${shown(info.revision)}: "ctrbuild lock" asks what the tag means now.`]),
    ...(other === undefined || other.revision === info.revision
      ? []
      : [`It could go back to ${shown(other.revision ?? other.image)}.`]),
    ...(info.hasService ? [] : ['It had no service, only files for the host.']),
    ...(info.remote === undefined
      ? []
      : [`Its root file system was ${shown(info.remote)}, which is no image.`]),
    ...(info.rpm === undefined
      ? []
      : [`Its files for the host are in the RPM package ${shown(info.rpm)}: remove that package.`]),
    ...(current!.hasExports ? [] : ['Its image has no /exports: write args, env and mounts here.']),
    ...filesOf(info),
  ]
}

function filesOf({ installedFiles, rpm }: AtomicInfo): string[] {
  if (installedFiles.length === 0 || rpm !== undefined) return []
  const first = installedFiles.slice(0, 5).map(shown).join(', ')
  const more = installedFiles.length > 5 ? ` and ${installedFiles.length - 5} more` : ''
  return [`It put on the host: ${first}${more}.`]
}

/** Values that nobody would get without asking: not atomic's own, not the image's defaults. */
function settable(
  { info, defaults }: AtomicDeployment,
  scope: AtomicScope,
): Readonly<Record<string, string>> {
  const isUsual = (key: string, value: string) =>
    Object.hasOwn(defaults, key) ? value === defaults[key] : (USUAL[scope][key]?.test(value) ?? false)
  return Object.fromEntries(
    Object.entries(info!.values)
      .filter(([key, value]) => !OWN.includes(key) && !isUsual(key, value))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** A text in double quotes (YAML 1.2, "Double-Quoted Style"), in one line and with nothing that is not seen. */
function quoted(text: string): string {
  return escaped(JSON.stringify(text), /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g)
}

function escaped(text: string, characters: RegExp): string {
  return text.replace(characters, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function shown(text: string): string {
  return escaped(display(bytesOf(text)), /[\ufeff\ufffe\uffff]/g).slice(0, 200)
}

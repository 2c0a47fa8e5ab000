/** A process's environment: the image's, what every process needs, and the bundle's over both. */
import { CtrbuildError } from '../errors.ts'
import { bytesOf, display } from '../tree/node.ts'
import type { BundleWarning } from './warning.ts'

/** As `runc spec` and umoci set it, where the image does not. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What an environment is made of. */
export interface EnvironmentSources {
  /** Of the template, under the image's. */
  readonly template: readonly string[]
  /** `Config.Env` of the image. */
  readonly image: readonly string[]
  /** The bundle's own. */
  readonly bundle: Readonly<Record<string, string>>
  /** runc and crun set HOME when the configuration does not, bwrap does not: it is always set here. */
  readonly home: string
  readonly terminal: boolean
}

/**
 * Entries `NAME=VALUE`, sorted by name. Of two with one name the later counts; what the image has set is never
 * replaced by a default (conversion.md, "Verbatim Fields").
 * @throws CtrbuildError BUNDLE_INVALID, IMAGE_INVALID for what no process can be given
 */
export function makeEnvironment(sources: EnvironmentSources): { env: string[]; warnings: BundleWarning[] } {
  const written = sources.image.map(entry => ({ entry, at: entry.indexOf('=') }))
  const usable = written.filter(({ at }) => at > 0)
  const image = usable.map(({ entry, at }) => [entry.slice(0, at), entry.slice(at + 1)] as const)
  const bundle = Object.entries(sources.bundle)
  for (const entry of image) refuseNul(entry, 'IMAGE_INVALID', 'the image')
  for (const entry of bundle) checkEntry(entry)
  const template = sources.template.map(entry => {
    const at = entry.indexOf('=')
    return [entry.slice(0, at), entry.slice(at + 1)] as const
  })
  const all = new Map([...defaultsOf(sources), ...template, ...image, ...bundle])
  const names = [...all.keys()].sort()
  return {
    env: names.map(name => `${name}=${all.get(name)}`),
    warnings: written.filter(({ at }) => at <= 0).map(({ entry }) => ignored(entry)),
  }
}

function defaultsOf({ home, terminal }: EnvironmentSources): [string, string][] {
  const always: [string, string][] = [
    ['PATH', DEFAULT_PATH],
    ['HOME', home],
  ]
  return terminal ? [...always, ['TERM', 'xterm']] : always
}

function checkEntry([name, value]: readonly [string, string]): void {
  refuseNul([name, value], 'BUNDLE_INVALID', 'env:')
  if (name !== '' && !name.includes('=')) return
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `env: has the name ${JSON.stringify(name)}, which no variable can have`,
    {
      hint: 'A name is not empty and has no "="',
    },
  )
}

function refuseNul(
  [name, value]: readonly [string, string],
  code: 'BUNDLE_INVALID' | 'IMAGE_INVALID',
  where: string,
): void {
  if (!name.includes('\0') && !value.includes('\0')) return
  throw new CtrbuildError(
    code,
    `${where} sets the variable ${display(bytesOf(name))} with a NUL, which no process can be given`,
    {
      hint: 'Take the NUL out',
    },
  )
}

function ignored(entry: string): BundleWarning {
  const shown = JSON.stringify(display(bytesOf(entry)).slice(0, 80))
  return {
    code: 'ENV_IGNORED',
    message: `the image's environment entry ${shown} is left out: it is not NAME=VALUE`,
  }
}

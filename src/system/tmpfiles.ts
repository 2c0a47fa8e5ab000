/** The lines of tmpfiles.d(5) of a bundle. */
import { isJsonObject, type Json } from '../spec/json-text.ts'
import type { Variables } from './template.ts'
import { tmpfilesWord } from './unit-text.ts'
import { LATER_DESTDIR, type Scope } from './variables.ts'

/**
 * A line for each folder that a config.json mounts from the places that programs keep their own things in. Only what is
 * missing is made: the owner and mode of what is there stay.
 * @param mounts of a config.json rendered with `values`
 */
export function foldersFor(mounts: Json | undefined, values: Variables, scope: Scope): readonly string[] {
  const list: readonly Json[] = Array.isArray(mounts) ? mounts : []
  const sources = list.flatMap(mount =>
    isJsonObject(mount) && typeof mount.source === 'string' && isBind(mount) ? [mount.source] : [],
  )
  const owner = scope === 'system' ? ':0 :0' : '- -'
  const places = ['RUN_DIRECTORY', 'STATE_DIRECTORY'].map(name => values.get(name)!)
  const lines = sources.flatMap(source => {
    const place = places.find(place => source.startsWith(`${place}/`))
    if (place === undefined || source.includes(LATER_DESTDIR) || /\/\.\.?(?:\/|$)/.test(source)) return []
    const specifier = /^%[a-zA-Z]/.exec(place)?.[0] ?? ''
    return [`d ${specifier}${tmpfilesWord(source.slice(specifier.length))} :0700 ${owner} - -`]
  })
  return [...new Set(lines)].sort()
}

function isBind({ type, options }: Readonly<Record<string, Json>>): boolean {
  return (
    type === 'bind' || (Array.isArray(options) && (options.includes('bind') || options.includes('rbind')))
  )
}

/** dpkg's database: paragraphs of fields (deb-control(5)), in one file or, in images without dpkg, one file a package. */
import type { Package } from './types.ts'

/** Packages that are installed, unpacked ones included; those of which only configuration is left are not. */
export function parseDpkg(text: string): Package[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap(paragraph => {
    const name = field(paragraph, 'Package')
    const version = field(paragraph, 'Version')
    // Files in status.d mostly have no Status: they are there because the package is.
    const state = field(paragraph, 'Status')?.split(/\s+/).at(-1)
    if (!name || !version || state === 'not-installed' || state === 'config-files') return []
    return [{ manager: 'dpkg', name, version, architecture: field(paragraph, 'Architecture') ?? '' }]
  })
}

function field(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t\\r]*$`, 'mi').exec(paragraph)?.[1]
}

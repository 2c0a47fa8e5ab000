/** apk's database: paragraphs of lines such as `P:busybox`, the letter's case counts (apk-tools, "Installed database"). */
import type { Package } from './types.ts'

/** Packages that are installed. */
export function parseApk(text: string): Package[] {
  return text.split(/\n\n+/).flatMap(paragraph => {
    const [name, version] = [line(paragraph, 'P'), line(paragraph, 'V')]
    if (!name || !version) return []
    return [{ manager: 'apk', name, version, architecture: line(paragraph, 'A') ?? '' }]
  })
}

function line(paragraph: string, letter: string): string | undefined {
  return new RegExp(`^${letter}:(.*)$`, 'm').exec(paragraph)?.[1]
}

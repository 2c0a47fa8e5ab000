/** Data in GitHub's Markdown. */
import { shown } from './render.ts'

/**
 * Data from files and images: shown as code, where no mention, reference or emoji is looked for, with every character
 * that Markdown or HTML gives a meaning written as its number.
 */
export function asCode(text: string): string {
  const escaped = shown(text).replace(
    /[^\w ,;./-]|(?<=www)\.|_/gi,
    character => `&#${character.codePointAt(0)};`,
  )
  return `<code>${escaped}</code>`
}

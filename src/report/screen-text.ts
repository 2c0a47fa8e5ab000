/** Text on its way to a terminal: what it does there, and how many columns it takes. */

/** Controls, and what changes the direction of the text around it: a file could draw something else than it says. */
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/u
const UNSAFE_ALL = new RegExp(UNSAFE, 'gu')
const ZERO_WIDTH = /^[\p{Mn}\p{Me}]$/u
/** Unicode Standard Annex 11, wide and full-width, in broad ranges. */
const DOUBLE_WIDTH =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]$/u

/** The text with every character that a terminal would obey as `\xHH` or `\u{HHHH}`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE_ALL, escaped)
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** One character as it is shown, and its columns. A tab is two spaces. */
export function cellOf(character: string): { readonly text: string; readonly width: number } {
  if (character === '\t') return { text: '  ', width: 2 }
  if (UNSAFE.test(character)) return { text: escaped(character), width: escaped(character).length }
  if (ZERO_WIDTH.test(character)) return { text: character, width: 0 }
  return { text: character, width: DOUBLE_WIDTH.test(character) ? 2 : 1 }
}

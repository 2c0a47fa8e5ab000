/** The one place where data becomes part of a unit file that is exported (systemd.syntax(7), systemd.service(5)). */

/** What means nothing to systemd and to Quadlet, wherever it stands. */
const PLAIN = /[^A-Za-z0-9_/.,:=@+\u0080-\u{10ffff}-]/gu

/** A text as one word of a command line, where a dollar sign begins a variable; it may have several lines. */
export function commandWord(text: string): string {
  return word(text, c => (c === '%' ? '%%' : c === '$' ? '$$' : byNumber(c)))
}

/** A text as one word of a list, such as Environment's, where only specifiers are looked for. */
export function listWord(text: string): string {
  return word(text, c => (c === '%' ? '%%' : byNumber(c)))
}

/** Sections as the text of a unit; settings without a value are left out. */
export function unitText(sections: Readonly<Record<string, readonly Setting[]>>): string {
  const parts = Object.entries(sections).map(([name, settings]) => {
    const lines = settings.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))
    return `[${name}]\n${lines.map(line => `${line}\n`).join('')}`
  })
  return parts.join('\n')
}

/** One line of a unit. */
export type Setting = readonly [key: string, value: string | number | undefined]

function word(text: string, spelled: (character: string) => string): string {
  if (text.includes('\0')) throw new TypeError('a unit cannot hold a NUL')
  return text === '' ? '""' : text.replace(PLAIN, spelled)
}

function byNumber(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** The one place where data becomes part of a unit of systemd (systemd.syntax(7), systemd.service(5), "Command lines"). */
import { CtrbuildError } from '../errors.ts'
import { escapeTemplate, render } from './template.ts'
import { LATER_DESTDIR } from './variables.ts'

/** Letters that mean nothing to systemd, wherever they stand. */
const PLAIN = /[^A-Za-z0-9_/.,:=@+\u0080-\u{10ffff}-]/gu

/**
 * A text as one word of a command line. Every other character is written as its number, inside quotes and outside
 * alike; what systemd would look up in itself or in the environment is doubled.
 */
export function unitWord(text: string): string {
  refuseLines(text)
  if (text === '') return '""'
  return text.replace(PLAIN, c => (c === '%' ? '%%' : c === '$' ? '$$' : byNumber(c)))
}

/**
 * A text as part of a field of tmpfiles.d(5). Not every systemd knows characters by number there: what divides fields is
 * quoted.
 */
export function tmpfilesWord(text: string): string {
  refuseLines(text)
  const quoted: Readonly<Record<string, string>> = { '%': '%%', '\\': '\\\\', '"': `'"'`, "'": `"'"` }
  return text.replace(/[%\\"']|\s/g, c => quoted[c] ?? `"${c}"`)
}

/** A text as the value of a setting that is a sentence, such as Description. */
export function unitSentence(text: string): string {
  refuseLines(text)
  const value = text.replaceAll('%', '%%')
  // A backslash at the end would go on in the next line.
  return value.endsWith('\\') ? `${value} ` : value
}

/** A text of an image as one line that can be shown. */
export function oneLineOf(text: string): string {
  return text
    .replace(/[\x00-\x20\x7f-\x9f\u2028\u2029]+/g, ' ')
    .trim()
    .slice(0, 200)
}

/** A text with the mark for the bundle's folder, as a template with the one variable DESTDIR. */
export function laterTemplate(text: string): string {
  return escapeTemplate(text).replaceAll(LATER_DESTDIR, '$' + '{DESTDIR}')
}

/**
 * A unit whose bundle lies in a folder.
 * @param template as `laterTemplate` makes it
 * @param destdir absolute
 * @throws CtrbuildError INSTALL_PATH where no unit can name the folder
 */
export function placeUnit(template: string, destdir: string): string {
  refusePath(destdir)
  const escaped = destdir.replaceAll('%', '%%')
  let isCommand = false
  let goesOn = false
  const lines = template.split('\n').map(line => {
    if (!goesOn) isCommand = /^\s*Exec[A-Za-z]+\s*=/.test(line)
    goesOn = line.endsWith('\\')
    return renderLine(line, isCommand ? unitWord(destdir) : escaped)
  })
  return lines.join('\n')
}

/** Lines for tmpfiles.d whose bundle lies in a folder. */
export function placeTmpfiles(template: string, destdir: string): string {
  refusePath(destdir)
  return renderLine(template, tmpfilesWord(destdir))
}

/** A text that systemd does not read. */
export function placeText(template: string, destdir: string): string {
  return renderLine(template, destdir)
}

function renderLine(template: string, destdir: string): string {
  return render({ path: 'what was made', text: template }, new Map([['DESTDIR', destdir]])).text
}

function byNumber(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function refusePath(path: string): void {
  // systemd takes no program whose path has quotes or a backslash; and in paths it looks for no variables, so that there
  // is no one way to write "$".
  if (!/[$"'\\\x00-\x1f\x7f]/.test(path)) return
  throw new CtrbuildError('INSTALL_PATH', `no unit can name ${JSON.stringify(path)}`, {
    hint: 'Write bundles to a folder without quotes, "$" and backslashes: out: …',
  })
}

function refuseLines(text: string): void {
  if (/[\x00\n]/.test(text)) throw new TypeError('a line of a unit cannot hold NUL or a line break')
}

/** The one place where data becomes part of a shell script. */

/**
 * A text as one word of a POSIX shell, whatever it holds (XCU 2.2.2, "Single-Quotes"). Words of plain letters are
 * quoted too, so that no word is ever a keyword, an assignment or a pattern.
 * A NUL is a mistake of the caller: no program can be given one.
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw new TypeError('a shell word cannot hold a NUL')
  return `'${text.replaceAll("'", `'\\''`)}'`
}

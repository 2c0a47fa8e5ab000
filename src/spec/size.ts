/** Amounts of memory as people write them. */

/** A number of bytes, perhaps with a unit of 1024: `64MiB`, `1G`, `512k`. `MB` is left out, as it means two things. */
export const SIZE = /^[1-9][0-9]{0,15}(?:[kKmMgGtT](?:i[bB]?)?|[bB])?$/

/** Bytes of a text in that grammar. */
export function parseSize(text: string): number {
  const unit = /[kmgt]/.exec(text.toLowerCase())?.[0] ?? ''
  return Number.parseInt(text, 10) * 1024 ** ' kmgt'.indexOf(unit || ' ')
}

/** The difference of two small text files as a unified diff (diffutils, "Detailed Description of Unified Format"). */
import { structuredPatch } from 'diff'

/** Bytes of the largest file that is compared line by line. */
export const LARGEST_TEXT = 64 * 1024
/** Files with more lines changed than this are other files rather: nobody reads such a difference, and it takes long. */
const MOST_EDITS = 500

/** The hunks, without the two lines that name the files; undefined where one is not text, or too much is different. */
export function textPatch(before: Buffer, after: Buffer): string | undefined {
  const [old, now] = [textOf(before), textOf(after)]
  if (old === undefined || now === undefined) return undefined
  const patch = structuredPatch('', '', old, now, '', '', { context: 2, maxEditLength: MOST_EDITS })
  return patch?.hunks
    .map(({ oldStart, oldLines, newStart, newLines, lines }) =>
      [`@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`, ...lines, ''].join('\n'),
    )
    .join('')
}

/** An empty range is named by the line before it, a single line by its number alone. */
function range(start: number, count: number): string {
  return count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`
}

function textOf(bytes: Buffer): string | undefined {
  if (bytes.length > LARGEST_TEXT || bytes.includes(0)) return undefined
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}

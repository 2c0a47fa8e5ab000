/** Amounts of memory as people write them. */
import * as z from 'zod'
import { must } from './rule.ts'

/** A number of bytes, perhaps with a unit of 1024: `64MiB`, `1G`, `512k`. `MB` is left out, as it means two things. */
export const SIZE = /^[1-9][0-9]{0,15}(?:[kKmMgGtT](?:i[bB]?)?|[bB])?$/

/** Bytes of a text in that grammar. */
export function parseSize(text: string): number {
  const unit = /[kmgt]/.exec(text.toLowerCase())?.[0] ?? ''
  return Number.parseInt(text, 10) * 1024 ** ' kmgt'.indexOf(unit || ' ')
}

const HINT = 'K, M, G and T count in 1024, as KiB, MiB, GiB and TiB do'

/** A value that is a number of bytes, read as a number. */
export const size = z
  .union([
    z.int().min(1),
    z.string().regex(SIZE, must('be a size such as 64MiB or 1G', HINT)).transform(parseSize),
  ])
  .refine(Number.isSafeInteger, must('be a size below 8 PiB'))

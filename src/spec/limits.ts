/** The key `limits`: how much of anything a layer may ask for before it is refused. */
import * as z from 'zod'
import { TAR_LIMITS } from '../oci/tar/limits.ts'
import { MAX_DEPTH } from '../tree/path.ts'
import { byDefault } from './meta.ts'
import { size } from './size.ts'

/** Largest values that a layer may reach. What Linux itself limits, such as the bytes of a name, is not among them. */
export interface Limits {
  /** Uncompressed bytes for each byte of the blob. */
  readonly ratio: number
  /** Bytes of the archive, with holes and each entry's attributes written out. */
  readonly layerSize: number
  readonly entries: number
  /** Names of one path. */
  readonly depth: number
  /** Bytes of one header of the archive. */
  readonly headerSize: number
}

/** `limits` of a file that does not say. */
export const LIMIT_DEFAULTS: Limits = {
  ratio: 1000,
  layerSize: TAR_LIMITS.layerSize,
  entries: TAR_LIMITS.entries,
  depth: TAR_LIMITS.depth,
  headerSize: TAR_LIMITS.headerSize,
}

/** The key `limits`. */
export const limits = z
  .strictObject({
    ratio: z
      .int()
      .min(1)
      .meta({ default: LIMIT_DEFAULTS.ratio })
      .describe('How many times the size of its blob a layer may unpack to.')
      .optional(),
    layerSize: size
      .meta(byDefault('16GiB'))
      .describe(
        'The most that a layer may unpack to, with holes and extended attributes written out: bytes, or with a unit as in 64GiB.',
      )
      .optional(),
    entries: z
      .int()
      .min(1)
      .meta({ default: LIMIT_DEFAULTS.entries })
      .describe('How many files, directories and links a layer may bring.')
      .optional(),
    depth: z
      .int()
      .min(1)
      .max(MAX_DEPTH)
      .meta({ default: LIMIT_DEFAULTS.depth })
      .describe('How many directories deep a path may be.')
      .optional(),
    headerSize: size
      .meta(byDefault('1MiB'))
      .describe(
        "The most bytes of one header of a layer's archive: a pax header, a GNU long name or a sparse map.",
      )
      .optional(),
  })
  .transform((given): Limits => ({ ...LIMIT_DEFAULTS, ...(given as Partial<Limits>) }))
  .describe(
    'How much a layer may ask for; one that asks for more is refused. Raise them only for images that are trusted.',
  )

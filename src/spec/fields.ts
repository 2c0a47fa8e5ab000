/**
 * What can be said about a bundle: one zod schema per key, in groups that belong together.
 *
 * A key's schema checks and reads its value alone; what keys mean together is for bundle.ts. Descriptions and
 * defaults end up in the JSON Schema and in the documentation.
 */
import * as z from 'zod'
import { configFields } from './config-fields.ts'
import { isolationFields } from './isolation-fields.ts'
import { becomes, RUNTIMES } from './meta.ts'
import { mountSchema } from './mount-schema.ts'
import { NAMESPACE_DEFAULTS } from './namespaces.ts'
import { PROCESS_DEFAULTS, processFields, rightsFields } from './process-fields.ts'
import { resourceFields } from './resource-fields.ts'
import { distinct } from './rule.ts'
import { systemFields } from './system-fields.ts'

/** What counts for a bundle that says nothing; `undefined` there means: as the image says. */
export const BUNDLE_DEFAULTS = {
  ...PROCESS_DEFAULTS,
  checkout: 'union',
  namespaces: NAMESPACE_DEFAULTS,
  rootfs: 'readonly',
  runtimes: RUNTIMES,
} as const satisfies Record<string, unknown>

/** A registry reference, a reference with a transport, or a name from `images`. */
export const imageText = z.string().min(1)

const rootfsFields = {
  image: z
    .union([imageText, z.array(imageText).min(1)])
    .describe(
      'A name from images, an image reference, or a list of them: layers are stacked in that order, and the configuration of the last one counts.',
    ),
  checkout: z
    .enum(['union', 'union-add'])
    .meta({ default: BUNDLE_DEFAULTS.checkout })
    .describe(
      'How layers are put together: bottom up, later ones replacing (union), or top down, only adding (union-add). The tree is the same.',
    ),
  rootfs: z
    .enum(['readonly', 'copy'])
    .meta({ default: BUNDLE_DEFAULTS.rootfs, ...becomes('root.readonly') })
    .describe(
      'The root file system is hard-linked from the store and cannot be written (readonly), or a writable copy (copy).',
    ),
}

const mountFields = {
  mounts: z
    .array(mountSchema)
    .meta(becomes('mounts'))
    .describe('File systems to mount, in this order: mappings, or texts in short form.'),
}

const runFields = {
  runtimes: distinct(z.enum(RUNTIMES))
    .min(1)
    .meta({ default: BUNDLE_DEFAULTS.runtimes })
    .describe(
      'Programs to write run scripts for; the first one is what "run" starts. What one of them cannot do is told beforehand.',
    ),
  portable: z
    .boolean()
    .meta({ default: false })
    .describe(
      'Make the one config.json that every runtime runs unchanged, for root as for a plain user: in a user namespace with uid 0 alone. What would keep one of them from it is an error.',
    ),
}

/** Every key of a bundle. All may be left out, `image` only where `defaults` has it. */
export const bundleFields = {
  ...rootfsFields,
  ...processFields,
  ...rightsFields,
  ...isolationFields,
  ...mountFields,
  ...resourceFields,
  ...configFields,
  ...runFields,
  ...systemFields,
}

/** A bundle's values, each valid by itself. */
export type BundleFields = { [Key in keyof typeof bundleFields]?: z.output<(typeof bundleFields)[Key]> }

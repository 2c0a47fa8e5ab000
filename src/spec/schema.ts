/** The schema of bundles.yaml as a whole, for documentation and for editors. */
import * as z from 'zod'
import { bundleFields, imageText } from './fields.ts'
import { limits } from './limits.ts'
import { NAME, NAME_HINT } from './names.ts'
import { must } from './rule.ts'

/** `store` and `out` of a file that does not say. */
export const FOLDER_DEFAULTS = { store: '.ctrbuild', out: 'out' } as const
/** `keep` of a file that does not say. */
export const KEEP_DEFAULT = 3

const folder = z.string().regex(/^[^\x00-\x1f\x7f]+$/, must('be a path without control characters'))

/** Every key of an entry of `images`. */
export const imageFields = {
  image: imageText.describe(
    'Image reference: a registry reference, or oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE, dir:DIR, containers-storage:NAME.',
  ),
  platform: z
    .string()
    .describe(
      "Platform to choose from an index: os/architecture[/variant], such as linux/arm64. Default: the host's.",
    )
    .optional(),
  insecure: z
    .boolean()
    .meta({ default: false })
    .describe('Speak to the registry without TLS, or without checking its certificate.')
    .optional(),
}

/** The keys of the file that have a single value. */
export const headerFields = {
  apiVersion: z.literal('ctrbuild/v1').describe('Version of this format.'),
  kind: z.literal('Bundles').describe('What the file declares.'),
  store: folder
    .meta({ default: FOLDER_DEFAULTS.store })
    .describe(
      'Folder of the repository and the caches, relative to the file. On the same file system as out.',
    )
    .optional(),
  out: folder
    .meta({ default: FOLDER_DEFAULTS.out })
    .describe('Folder that bundles are made in, relative to the file.')
    .optional(),
  keep: z
    .int()
    .min(1)
    .max(1000)
    .meta({ default: KEEP_DEFAULT })
    .describe(
      'How many generations of a bundle stay when there is a new one, that one included; `ctrbuild rollback` goes back to one.',
    )
    .optional(),
  limits: limits.optional(),
}

const name = z.string().regex(NAME, must('be a name', NAME_HINT))
const bundleSchema = z.strictObject(bundleFields).partial()

/** The whole file. */
export const specFields = {
  ...headerFields,
  defaults: bundleSchema
    .describe(
      'Merged under every bundle: env, annotations, sysctl and rlimits name by name; any other key counts where a bundle does not have it.',
    )
    .optional(),
  images: z
    .record(name, z.strictObject(imageFields).describe('An image.'))
    .describe('Images by name, for bundles to refer to.')
    .optional(),
  bundles: z.record(name, bundleSchema.describe('A bundle.')).describe('Bundles by name.'),
}

/** The schema of bundles.yaml as a JSON Schema (draft 7), for editors. What keys mean together is not in it. */
export function bundlesJsonSchema(): object {
  const schema = z.strictObject(specFields).meta({ title: 'bundles.yaml of ctrbuild' })
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      if (!('x-default' in jsonSchema)) return
      jsonSchema.default = jsonSchema['x-default']
      delete jsonSchema['x-default']
    },
  })
}

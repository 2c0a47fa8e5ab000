/**
 * What can be said about a bundle: one zod schema per key, in groups that belong together.
 *
 * A key's schema checks and reads its value alone; what keys mean together is for bundle.ts. Descriptions and
 * defaults end up in the JSON Schema and in the documentation.
 */
import * as z from 'zod'
import { containerPath } from './container-path.ts'
import { mountSchema } from './mount-schema.ts'
import { distinct, must, ruleText } from './rule.ts'
import type { Namespace, Runtime } from './types.ts'
import { hasPossibleIds, MAX_ID, USER } from './user.ts'

/** Names of bundles and images: they become file names, host names and runtime ids. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
export const NAME_HINT =
  'Lower-case letters, digits, ".", "_" and "-", at most 63, beginning with a letter or digit'

const RUNTIMES = ['runc', 'crun', 'bwrap-oci', 'bwrap'] as const satisfies readonly Runtime[]
const NAMESPACES = [
  'pid',
  'ipc',
  'uts',
  'mount',
  'network',
  'cgroup',
  'user',
] as const satisfies readonly Namespace[]

/** What counts for a bundle that says nothing; `undefined` there means: as the image says. */
export const BUNDLE_DEFAULTS = {
  checkout: 'union',
  terminal: false,
  namespaces: ['ipc', 'mount', 'pid', 'uts'],
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
    .meta({ default: BUNDLE_DEFAULTS.rootfs })
    .describe(
      'The root file system is hard-linked from the store and cannot be written (readonly), or a writable copy (copy).',
    ),
}

const processFields = {
  args: z
    .array(z.string(), must('be a list', 'For example: [redis-server, --save, ""]'))
    .min(1, must('not be empty', "Leave it out to run the image's own program"))
    .refine(args => args[0] !== '', must('begin with the name of a program'))
    .describe("Program and arguments. Without it: the image's Entrypoint and Cmd."),
  env: z
    .record(
      z.string().regex(/^[^=]+$/, must('not be empty and not hold "="')),
      z.string(),
      must('be a mapping', 'Write each variable as NAME: value'),
    )
    .describe("Environment variables, over the image's own. Values are texts: numbers go in quotes."),
  cwd: containerPath.describe(
    "Working directory: an absolute path in the container. Without it: the image's.",
  ),
  user: z
    .union([
      z.int().min(0).max(MAX_ID).transform(String),
      z
        .string()
        .regex(USER, must('be a user or a uid, perhaps with ":" and a group or gid'))
        .refine(hasPossibleIds, must(`be a user with ids of at most ${MAX_ID}`)),
    ])
    .describe(
      "Who the process runs as: name or uid, perhaps :group or :gid, looked up in the image. Without it: the image's.",
    ),
  terminal: z
    .boolean()
    .meta({ default: BUNDLE_DEFAULTS.terminal })
    .describe('Give the process a terminal of its own.'),
}

const isolationFields = {
  hostname: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      must('be a host name of at most 64 letters, digits, ".", "_" and "-"'),
    )
    .describe("Host name inside. Needs the uts namespace. Without it: the bundle's name."),
  namespaces: distinct(z.enum(NAMESPACES))
    .refine(hasMount, {
      error: ruleText(
        'must hold mount',
        "Without a mount namespace the container's mounts would be the host's own",
      ),
    })
    .meta({ default: BUNDLE_DEFAULTS.namespaces })
    .transform((names): readonly Namespace[] => [...names].sort())
    .describe(
      "Linux namespaces of its own; any other is the host's. mount is required, pid advised. Without network, the host's network.",
    ),
}

const mountFields = {
  mounts: z
    .array(mountSchema)
    .describe('File systems to mount, in this order: mappings, or texts in short form.'),
}

const runFields = {
  runtimes: distinct(z.enum(RUNTIMES))
    .min(1)
    .meta({ default: BUNDLE_DEFAULTS.runtimes })
    .describe('Programs to write run scripts for; the first one is what "run" starts.'),
}

/** Every key of a bundle. All may be left out, `image` only where `defaults` has it. */
export const bundleFields = {
  ...rootfsFields,
  ...processFields,
  ...isolationFields,
  ...mountFields,
  ...runFields,
}

/** A bundle's values, each valid by itself. */
export type BundleFields = { [Key in keyof typeof bundleFields]?: z.output<(typeof bundleFields)[Key]> }

function hasMount(names: readonly Namespace[]): boolean {
  return names.includes('mount')
}

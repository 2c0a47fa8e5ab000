/** The shape of a plan file. Nothing may be missing, and nothing may be there that this version does not know. */
import * as z from 'zod'
import { detailSchema, driftSchema } from './details-schema.ts'
import { mountShape, settingsShape } from './settings-schema.ts'

const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is not a sha256 digest')
/** As in bundles.yaml, and never a path. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is not the name of a bundle')
const count = z.int().nonnegative()
const positive = z.int().min(1)
const privilege = z.enum(['root', 'rootless'])

const platform = z.strictObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() })

const reference = z.strictObject({
  transport: z.enum([
    'docker',
    'oci',
    'oci-archive',
    'docker-archive',
    'dir',
    'containers-storage',
    'ostree',
  ]),
  text: z.string(),
  name: z.string(),
  tag: z.string().optional(),
  repo: z.string().optional(),
  digest: sha256.optional(),
})

const imageSpec = z.strictObject({ reference, platform, insecure: z.boolean() })

const bundleSpec = z.strictObject({
  ...settingsShape,
  name,
  images: z.array(imageSpec).min(1),
  checkout: z.enum(['union', 'union-add']),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()),
  cwd: z.string().optional(),
  user: z.string().optional(),
  hostname: z.string(),
  terminal: z.boolean(),
  mounts: z.array(mountShape),
  namespaces: z.array(z.enum(['pid', 'ipc', 'uts', 'mount', 'network', 'cgroup', 'user'])),
  rootfs: z.enum(['readonly', 'copy']),
  runtimes: z.array(z.enum(['runc', 'crun', 'bwrap-oci', 'bwrap'])).min(1),
})

const lockedBlob = z.strictObject({ digest: sha256, size: count, mediaType: z.string() })
const lockedLayer = z.strictObject({ ...lockedBlob.shape, diffId: sha256 })
const lockedImage = z.strictObject({
  reference: z.string(),
  platform: z.string(),
  index: sha256.optional(),
  manifest: lockedBlob,
  config: lockedBlob,
  layers: z.array(lockedLayer),
})

const named = z.strictObject({
  reference: z.string().describe('As in bundles.yaml.'),
  manifest: sha256.describe("Digest of the platform's manifest."),
})

const change = z.strictObject({
  name: name.describe("The bundle's name."),
  action: z.enum(['create', 'update', 'remove', 'none']).describe('What happens to it.'),
  reasons: z.array(z.string()).describe('Why, in words for people. Empty where the action is none.'),
  before: z
    .strictObject({
      inputs: sha256.describe('Digest of everything that it was made from.'),
      digest: sha256.describe('Digest of its bytes: the root file system, config.json, the scripts.'),
      images: z.array(named).describe('Lowest first.'),
    })
    .describe('What stands there. Absent where nothing does, or where it does not say.')
    .optional(),
  after: z
    .strictObject({
      inputs: sha256.describe('Digest of everything that it will be made from.'),
      images: z.array(named).describe('Lowest first.'),
    })
    .describe('What will stand there. Absent where it is removed.')
    .optional(),
  files: z
    .array(
      z.strictObject({
        path: z.string().describe('In the bundle, such as `system/etcd.service`.'),
        action: z.enum(['create', 'update', 'remove']).describe('What happens to it.'),
        patch: z.string().optional().describe('Where a text changes: as a unified diff without its head.'),
      }),
    )
    .optional()
    .describe(
      'What changes in the files that `install` puts in place. Absent where the image is not there yet.',
    ),
})

const step = {
  id: z.string().describe('Its name within the plan.'),
  needs: z.array(z.string()).describe('Steps that must have succeeded; they come earlier.'),
  reason: z.string().describe('Why, in words for people.'),
}

const anyStep = z.discriminatedUnion('kind', [
  z
    .strictObject({
      ...step,
      kind: z.literal('fetch'),
      image: z.string(),
      layers: z.array(lockedLayer),
      bytes: count,
    })
    .describe("Bring an image's layers that are not in the store."),
  z
    .strictObject({
      ...step,
      kind: z.literal('import'),
      image: z.string(),
      layer: lockedLayer,
      spoiled: z
        .array(z.string().regex(/^[0-9a-f]{64}$/))
        .describe('Checksums of objects that are dropped before, since somebody wrote to them.')
        .optional(),
    })
    .describe('Put a layer into the store.'),
  z
    .strictObject({ ...step, kind: z.literal('merge'), chainId: sha256, chain: z.array(sha256) })
    .describe('Make the union of a stack of layers.'),
  z
    .strictObject({ ...step, kind: z.literal('assemble'), name, action: z.enum(['create', 'update']) })
    .describe('Make a generation of a bundle and switch to it.'),
  z
    .strictObject({ ...step, kind: z.literal('remove'), name })
    .describe('Take a bundle out of the output folder.'),
])

const blocker = z.strictObject({
  code: z.enum(['OUT_FOREIGN', 'PERMISSION']).describe('A code of errors.md.'),
  message: z.string(),
  hint: z.string(),
})

const summary = z.strictObject({
  create: count,
  update: count,
  remove: count,
  unchanged: count,
  downloadBytes: count.describe('Bytes to fetch.'),
  layersToImport: count,
  layersTotal: count.describe("Layers of all the plan's bundles, each counted once."),
})

const image = z.strictObject({
  key: z.string().describe('Its name within the plan.'),
  spec: imageSpec.describe('What was asked for.'),
  locked: lockedImage.describe('What it means.'),
})

const limits = z.strictObject({
  ratio: positive,
  layerSize: positive,
  entries: positive,
  depth: positive,
  headerSize: positive,
})

const BUNDLES = 'All bundles as they should be, sorted by name.'
const SPEC =
  'All of its declaration, defaults filled in, values of variables among it. Its members may change with every version.'

const bundle = z.strictObject({
  name,
  inputs: sha256,
  spec: bundleSpec,
  images: z.array(z.string()).min(1),
  chain: z.array(sha256),
  chainId: sha256,
  config: sha256,
})

/** A whole plan. */
export const planSchema = z.strictObject({
  formatVersion: z.literal(1).describe('Version of this format.'),
  complete: z.boolean().describe('False where `--target` or `--no-prune` left something out.'),
  applyable: z.boolean().describe('False where there are blockers.'),
  blockers: z.array(blocker).describe('Why it cannot be applied.'),
  store: z.string().describe('As in bundles.yaml.'),
  out: z.string().describe('As in bundles.yaml.'),
  keep: z.int().min(1).describe('Generations of each bundle that stay, the new one included.'),
  limits: limits.describe('What a layer may ask for, as in bundles.yaml.'),
  privilege: privilege.describe('Whom the bundles are made for: only they can apply the plan.'),
  imagesDigest: sha256.describe('Digest of the images that bundles.yaml asks for.'),
  lockSource: z
    .enum(['file', 'memory'])
    .describe('Whether bundles.lock.json said what tags mean, or the registries just now.'),
  observedDigest: sha256.describe(
    'Digest of what was found on the machine: where it differs later, the plan is stale.',
  ),
  targets: z.array(name).describe('Names that the plan is limited to, sorted; empty means all.'),
  prune: z.boolean().describe('False under `--no-prune`.'),
  spared: z.array(name).describe('Bundles that stay because of that.'),
  changes: z
    .array(change)
    .describe('What happens to each bundle, sorted by name; those that stay as they are too.'),
  drift: z.array(driftSchema).describe('What somebody else changed in the output folder, sorted by name.'),
  steps: z
    .array(anyStep)
    .describe('What will be done, in an order in which it can be. Empty: applying changes nothing.'),
  summary: summary.describe('Counts.'),
  notes: z.array(z.string()).describe('Sentences for people.'),
  details: z
    .array(detailSchema)
    .describe('What changes inside bundles, under `--details`. Applying does not look at it.')
    .optional(),
  images: z.array(image).describe('All images, sorted by key.'),
  bundles: z.array(bundle).describe(BUNDLES),
})

/**
 * The schema of a plan as a JSON Schema (draft 7), for programs that read plans. Members that it does not name are
 * allowed, since later versions of ctrbuild may add some. What bundles declare is between plan and apply.
 */
export function planJsonSchema(): object {
  const spec = z.record(z.string(), z.unknown()).describe(SPEC)
  const open = planSchema.extend({ bundles: z.array(bundle.extend({ spec })).describe(BUNDLES) })
  return z.toJSONSchema(open.meta({ title: 'Plan of ctrbuild' }), {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
}

/** The shape of a plan file. Nothing may be missing, and nothing may be there that this version does not know. */
import * as z from 'zod'
import { mountShape, settingsShape } from './settings-schema.ts'

const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is not a sha256 digest')
/** As in bundles.yaml, and never a path. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is not the name of a bundle')
const count = z.int().nonnegative()
const privilege = z.enum(['root', 'rootless'])

const platform = z.strictObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() })

const reference = z.strictObject({
  transport: z.enum(['docker', 'oci', 'oci-archive', 'docker-archive', 'dir', 'containers-storage']),
  text: z.string(),
  name: z.string(),
  tag: z.string().optional(),
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

const change = z.strictObject({
  name,
  action: z.enum(['create', 'update', 'remove', 'none']),
  reasons: z.array(z.string()),
  before: z.strictObject({ inputs: sha256, digest: sha256 }).optional(),
  after: z.strictObject({ inputs: sha256 }).optional(),
})

const step = { id: z.string(), needs: z.array(z.string()), reason: z.string() }

const anyStep = z.discriminatedUnion('kind', [
  z.strictObject({
    ...step,
    kind: z.literal('fetch'),
    image: z.string(),
    layers: z.array(lockedLayer),
    bytes: count,
  }),
  z.strictObject({ ...step, kind: z.literal('import'), image: z.string(), layer: lockedLayer }),
  z.strictObject({ ...step, kind: z.literal('merge'), chainId: sha256, chain: z.array(sha256) }),
  z.strictObject({ ...step, kind: z.literal('assemble'), name, action: z.enum(['create', 'update']) }),
  z.strictObject({ ...step, kind: z.literal('remove'), name }),
])

/** A whole plan. */
export const planSchema = z.strictObject({
  formatVersion: z.literal(1),
  complete: z.boolean(),
  applyable: z.boolean(),
  blockers: z.array(
    z.strictObject({ code: z.enum(['OUT_FOREIGN', 'PERMISSION']), message: z.string(), hint: z.string() }),
  ),
  store: z.string(),
  out: z.string(),
  keep: z.int().min(1),
  privilege,
  imagesDigest: sha256,
  lockSource: z.enum(['file', 'memory']),
  observedDigest: sha256,
  targets: z.array(name),
  prune: z.boolean(),
  spared: z.array(name),
  changes: z.array(change),
  steps: z.array(anyStep),
  summary: z.strictObject({
    create: count,
    update: count,
    remove: count,
    unchanged: count,
    downloadBytes: count,
    layersToImport: count,
    layersTotal: count,
  }),
  notes: z.array(z.string()),
  images: z.array(z.strictObject({ key: z.string(), spec: imageSpec, locked: lockedImage })),
  bundles: z.array(
    z.strictObject({
      name,
      inputs: sha256,
      spec: bundleSpec,
      images: z.array(z.string()).min(1),
      chain: z.array(sha256),
      chainId: sha256,
      config: sha256,
    }),
  ),
})

/** The shape of what a plan tells of files: what was changed by hand, and what changes inside a bundle. */
import * as z from 'zod'

const count = z.int().nonnegative()
const text = z.string()

const sides = {
  formatVersion: z.literal(1),
  name: text.optional(),
  from: text.describe('A generation, `wanted` or `nothing`.'),
  to: text.describe('The same.'),
}

const packageChange = z.strictObject({
  kind: z.enum(['added', 'removed', 'upgraded', 'downgraded', 'changed']),
  manager: z.enum(['dpkg', 'apk', 'rpm']),
  name: text,
  architecture: text,
  before: text.optional(),
  after: text.optional(),
})

const valueChange = z.strictObject({
  path: text.describe('Such as `process.env[TZ]`.'),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
})

const facts = z.strictObject({
  type: z.enum(['dir', 'file', 'symlink', 'link']),
  mode: text.optional(),
  owner: text.optional(),
  size: count.optional(),
  target: text.optional(),
  xattrs: z.array(text).optional(),
})

const fileChange = z.strictObject({
  kind: z.enum(['added', 'removed', 'changed']),
  path: text.describe('Escaped where it is not printable text.'),
  pathBytes: text.describe('Its bytes in base64, where it had to be escaped.').optional(),
  aspects: z.array(z.enum(['type', 'content', 'size', 'target', 'mode', 'owner', 'xattrs'])).optional(),
  before: facts.optional(),
  after: facts.optional(),
  patch: text.describe('Hunks of a unified diff.').optional(),
})

const known = z.strictObject({
  ...sides,
  packages: z.array(packageChange),
  config: z.array(valueChange).describe('Of config.json.').optional(),
  files: z.strictObject({
    added: count,
    removed: count,
    changed: count,
    bytes: z.int().describe('By which content grows.'),
    entries: z.array(fileChange),
    leftOut: count.describe('Entries that are not listed.'),
  }),
  notes: z.array(text).describe('What could not be read.'),
})

const lacking = z.strictObject({
  ...sides,
  name: text,
  missing: z.strictObject({
    layers: z.array(z.strictObject({ diffId: text, digest: text, size: count })),
    bytes: count,
  }),
})

/** What changes inside one bundle; or which layers would have to be fetched to know. */
export const detailSchema = z.union([known, lacking])

/** Something in the output folder that was changed by hand. */
export const driftSchema = z.strictObject({
  name: z.string().describe('A name in the output folder.'),
  kind: z
    .enum(['foreign', 'files', 'rootfs'])
    .describe('Not made by ctrbuild; its config.json, scripts or stamp; its root file system.'),
  what: z.string().describe('What happened to it, in words for people.'),
  files: count.describe('Names in its root file system that were changed.'),
  entries: z
    .array(
      z.strictObject({
        path: z.string(),
        problem: z.enum([
          'added',
          'removed',
          'type',
          'replaced',
          'written',
          'lost',
          'content',
          'target',
          'mode',
          'owner',
        ]),
      }),
    )
    .describe('These names, at most 1000 of them.'),
})

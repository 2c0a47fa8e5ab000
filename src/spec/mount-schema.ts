/** One entry of a bundle's `mounts`: the schema of the long form, and the grammar of the short one. */
import * as z from 'zod'
import { mountTarget } from './container-path.ts'
import { must, ruleText } from './rule.ts'
import { parseSize, SIZE } from './size.ts'
import type { MountSpec } from './types.ts'

const BIND_SOURCE = /^(?:\/|\.\.?\/)[^\x00-\x1f\x7f]*$/
const VOLUME_NAME = /^[a-z0-9][a-z0-9._-]{0,254}$/
/** Sticky and writable for all, as /tmp is. */
const TMPFS_MODE = '1777'

const target = mountTarget.describe('Where it is mounted: an absolute path in the container.')
const readonly = z.boolean().default(false).describe('The container cannot write to it.')

const volume = z
  .strictObject({
    type: z
      .literal('volume')
      .describe('A directory that ctrbuild keeps, writable and outliving generations.'),
    source: z
      .string()
      .regex(
        VOLUME_NAME,
        must('be a volume name', 'Lower-case letters, digits, ".", "_" and "-"; use "type: bind" for a path'),
      )
      .describe("The volume's name."),
    target,
    readonly,
  })
  .describe('A named volume.')

const bind = z
  .strictObject({
    type: z.literal('bind').describe('A file or directory of the host.'),
    source: z
      .string()
      .regex(
        BIND_SOURCE,
        must('be a path that begins with "/", "./" or "../"', 'Use "type: volume" for a named volume'),
      )
      .describe('Path on the host: absolute, or relative to the folder of bundles.yaml. It must exist.'),
    target,
    readonly,
    create: z.boolean().default(false).describe('Make an empty directory when nothing is there.'),
  })
  .describe('A file or directory of the host.')

const sizeHint = 'K, M, G and T count in 1024, as KiB, MiB, GiB and TiB do'
const tmpfs = z
  .strictObject({
    type: z.literal('tmpfs').describe('Memory, empty at every start.'),
    target,
    size: z
      .union([
        z.int().min(1),
        z.string().regex(SIZE, must('be a size such as 64MiB or 1G', sizeHint)).transform(parseSize),
      ])
      .refine(Number.isSafeInteger, must('be a size below 8 PiB'))
      .optional()
      .describe(
        "The most it may hold: bytes, or with a unit as in 64MiB. Without it, the kernel's default counts.",
      ),
    mode: z
      .string()
      .regex(/^0?[0-7]{3,4}$/, must('be permission bits in octal, such as "1777"'))
      .default(TMPFS_MODE)
      .transform(text => Number.parseInt(text, 8))
      .describe('Permission bits of its root, octal, in quotes.'),
    readonly,
  })
  .describe('A file system in memory.')

const short = z
  .string()
  .transform((text, context): MountSpec => {
    const mount = parseShortMount(text)
    if (typeof mount !== 'string') return mount
    context.addIssue({ code: 'custom', message: mount })
    return z.NEVER
  })
  .describe(
    'Short form, SOURCE:TARGET[:ro]: a source with "/", "./" or "../" in front is a bind, a plain word a volume.',
  )

/** One entry of `mounts`. */
export const mountSchema = z.union([
  z
    .discriminatedUnion('type', [volume, bind, tmpfs])
    .transform((mount): MountSpec => (mount.type === 'tmpfs' ? { ...mount, size: mount.size } : mount)),
  short,
])

/** Reads `SOURCE:TARGET[:OPTIONS]`, or says what it must be (as a rule's text). */
function parseShortMount(text: string): MountSpec | string {
  const [source = '', rawTarget, options, ...rest] = text.split(':')
  if (rawTarget === undefined || rest.length > 0) {
    const hint = 'For paths with ":" and for tmpfs, write a mapping with "type" and "target"'
    return ruleText('must be SOURCE:TARGET or SOURCE:TARGET:ro', hint)
  }
  const parsed = mountTarget.safeParse(rawTarget)
  if (!parsed.success)
    return ruleText('must be SOURCE:TARGET with an absolute TARGET below "/" and without ".."')
  if (options !== undefined && options !== 'ro' && options !== 'rw') {
    return ruleText('must be SOURCE:TARGET with no other option than ro or rw')
  }
  const common = { source, target: parsed.data, readonly: options === 'ro' }
  if (BIND_SOURCE.test(source)) return { type: 'bind', ...common, create: false }
  if (VOLUME_NAME.test(source)) return { type: 'volume', ...common }
  const hint =
    'A path begins with "/", "./" or "../"; a volume is a word of lower-case letters, digits, ".", "_" and "-"'
  return ruleText('must be SOURCE:TARGET with a path or the name of a volume as SOURCE', hint)
}

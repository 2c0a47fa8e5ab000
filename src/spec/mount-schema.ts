/** One entry of a bundle's `mounts`: the schema of the long form, and the grammar of the short one. */
import * as z from 'zod'
import { mountTarget } from './container-path.ts'
import { HOST_PATH } from './host-file.ts'
import { byDefault } from './meta.ts'
import { mountOptions } from './mount-options.ts'
import { must, ruleText } from './rule.ts'
import { size } from './size.ts'
import type { MountSpec, SystemMountType } from './types.ts'

const VOLUME_NAME = /^[a-z0-9][a-z0-9._-]{0,254}$/
/** Sticky and writable for all, as /tmp is. */
export const TMPFS_MODE = 0o1777

const where = 'Where it is mounted: an absolute path in the container.'
const target = mountTarget.describe(where)
const readonly = z.boolean().default(false).describe('The container cannot write to it.')
const propagation = z
  .enum(['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'])
  .describe(
    'Whether mounts made below it later are seen on the other side too: by neither (private), by the container (slave), by both (shared); with r in front, also below mounts in it. Without it: rprivate.',
  )
  .optional()

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
    options: mountOptions('volume'),
    propagation,
  })
  .describe('A named volume.')

const bind = z
  .strictObject({
    type: z.literal('bind').describe('A file or directory of the host.'),
    source: z
      .string()
      .regex(
        HOST_PATH,
        must('be a path that begins with "/", "./" or "../"', 'Use "type: volume" for a named volume'),
      )
      .describe('Path on the host: absolute, or relative to the folder of bundles.yaml. It must exist.'),
    target,
    readonly,
    create: z.boolean().default(false).describe('Make an empty directory when nothing is there.'),
    options: mountOptions('bind'),
    propagation,
  })
  .describe('A file or directory of the host.')

const tmpfs = z
  .strictObject({
    type: z.literal('tmpfs').describe('Memory, empty at every start.'),
    target,
    size: size
      .optional()
      .describe(
        "The most it may hold: bytes, or with a unit as in 64MiB. Without it, the kernel's default counts.",
      ),
    mode: z
      .string()
      .regex(/^0?[0-7]{3,4}$/, must('be permission bits in octal, such as "1777"'))
      .default(TMPFS_MODE.toString(8))
      .transform(text => Number.parseInt(text, 8))
      .describe('Permission bits of its root, octal, in quotes. At /dev the default is 0755.'),
    readonly,
    options: mountOptions('tmpfs'),
  })
  .describe('A file system in memory.')

/** The kernel's own file systems, which every container has; an entry of its own changes how. */
const SYSTEM: Readonly<
  Record<SystemMountType, readonly [target: string, isReadonly: boolean, what: string]>
> = {
  proc: ['/proc', false, 'Processes and settings of the kernel.'],
  sysfs: [
    '/sys',
    true,
    'Devices of the kernel. Needs the network namespace where there is a user namespace.',
  ],
  mqueue: ['/dev/mqueue', false, 'POSIX message queues. Needs the ipc namespace.'],
  devpts: ['/dev/pts', false, 'Terminals.'],
  cgroup: ['/sys/fs/cgroup', true, 'Control groups.'],
}

function systemMount<Type extends SystemMountType>(type: Type) {
  const [place, isReadonly, what] = SYSTEM[type]
  return z
    .strictObject({
      type: z.literal(type).describe(what),
      target: mountTarget.default(place).meta(byDefault(place)).describe(where),
      readonly: z.boolean().default(isReadonly).describe('The container cannot write to it.'),
      options: mountOptions(type),
    })
    .describe(what)
}

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
    .discriminatedUnion('type', [
      volume,
      bind,
      tmpfs,
      systemMount('proc'),
      systemMount('sysfs'),
      systemMount('mqueue'),
      systemMount('devpts'),
      systemMount('cgroup'),
    ])
    // What was not written is not there, but for the size of a tmpfs, which everybody asks for.
    .transform(
      (mount): MountSpec => (mount.type === 'tmpfs' ? { ...mount, size: mount.size } : mount) as MountSpec,
    ),
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
  if (HOST_PATH.test(source)) return { type: 'bind', ...common, create: false }
  if (VOLUME_NAME.test(source)) return { type: 'volume', ...common }
  const hint =
    'A path begins with "/", "./" or "../"; a volume is a word of lower-case letters, digits, ".", "_" and "-"'
  return ruleText('must be SOURCE:TARGET with a path or the name of a volume as SOURCE', hint)
}

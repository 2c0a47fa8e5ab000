/** The keys of a bundle that say what its container has to itself, and what is kept from it. */
import * as z from 'zod'
import { containerPath } from './container-path.ts'
import { HOST_PATH } from './host-file.ts'
import { becomes, byDefault, RUNC_CRUN } from './meta.ts'
import { namespaces } from './namespaces.ts'
import { distinct, must } from './rule.ts'
import { MAX_ID } from './user.ts'

/** What is hidden and what is read-only where a bundle does not say, as `runc spec` has it. */
export const PATH_DEFAULTS = {
  maskedPaths: [
    '/proc/acpi',
    '/proc/asound',
    '/proc/kcore',
    '/proc/keys',
    '/proc/latency_stats',
    '/proc/sched_debug',
    '/proc/scsi',
    '/proc/timer_list',
    '/proc/timer_stats',
    '/sys/firmware',
  ],
  readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
} as const

const id = z.int().min(0).max(MAX_ID)
const ranges = z
  .array(
    z.strictObject({
      containerID: id.describe('The first id inside.'),
      hostID: id.describe('The id that it is outside.'),
      size: z
        .int()
        .min(1)
        .max(MAX_ID + 1)
        .describe('How many ids from there on.'),
    }),
  )
  .min(1)

function mappings(what: 'uid' | 'gid') {
  return z
    .union([z.literal('auto', must('be auto or a list of ranges')), ranges])
    .meta(becomes(`linux.${what}Mappings`, RUNC_CRUN))
}

const paths = distinct(containerPath).transform((list): readonly string[] => [...list].sort())

/** Host name, namespaces, ids, and what of the kernel can be seen and set. */
export const isolationFields = {
  hostname: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      must('be a host name of at most 64 letters, digits, ".", "_" and "-"'),
    )
    .meta(becomes('hostname'))
    .describe("Host name inside. Needs the uts namespace. Without it: the bundle's name."),
  namespaces,
  uidMappings: mappings('uid').describe(
    'Which users of the host stand behind those inside, in a user namespace: a list of { containerID, hostID, size }, or auto. With auto, root keeps all ids, and a plain user is uid 0 inside with the ids of /etc/subuid from 1 on, for which newuidmap must be installed. Without it: uid 0 alone is mapped, to whoever applies.',
  ),
  gidMappings: mappings('gid').describe(
    'The same for groups, from /etc/subgid. uidMappings and gidMappings go together.',
  ),
  sysctl: z
    .record(
      z.string().regex(/^[a-z0-9_-]+(?:[./][A-Za-z0-9_*:-]+)+$/, must('be such as net.ipv4.ip_forward')),
      z.union([z.int().transform(String), z.string().regex(/^[^\x00\n]+$/, must('be a value of one line'))]),
      must('be a mapping', 'For example: { net.ipv4.ip_forward: 1 }'),
    )
    .meta(becomes('linux.sysctl', RUNC_CRUN))
    .describe(
      'Settings of the kernel, of those that belong to a namespace: net.* needs network, kernel.shm*, kernel.msg*, kernel.sem and fs.mqueue.* need ipc.',
    ),
  seccomp: z
    .union([
      z.enum(['default', 'unconfined']),
      z
        .string()
        .regex(HOST_PATH, must('be default, unconfined or a path', 'A path begins with "/", "./" or "../"')),
    ])
    .meta({ default: 'unconfined', ...becomes('linux.seccomp', RUNC_CRUN) })
    .describe(
      "Which system calls are let through: all (unconfined); those that need no rights or one of the bundle's capabilities, as other container tools have it (default); or what a JSON file says, in the form of linux.seccomp of the runtime specification.",
    ),
  maskedPaths: paths
    .meta({ ...byDefault(PATH_DEFAULTS.maskedPaths), ...becomes('linux.maskedPaths') })
    .describe('Paths in the container that are hidden. A list replaces the default; [] hides nothing.'),
  readonlyPaths: paths
    .meta({ ...byDefault(PATH_DEFAULTS.readonlyPaths), ...becomes('linux.readonlyPaths') })
    .describe('Paths in the container that are read-only. A list replaces the default.'),
  rootfsPropagation: z
    .enum(['private', 'slave', 'shared', 'unbindable'])
    .meta(becomes('linux.rootfsPropagation', RUNC_CRUN))
    .describe(
      "Whether mounts go on from the host's mount namespace to the container's (slave), or both ways (shared).",
    ),
}

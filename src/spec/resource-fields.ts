/** The keys of a bundle that say what its container may use: control groups and devices. */
import * as z from 'zod'
import { containerPath } from './container-path.ts'
import { becomes, RUNC_CRUN } from './meta.ts'
import { must, oneLine } from './rule.ts'
import type { DeviceRule, DeviceSpec, IoLimits, ResourceSpec } from './settings.ts'
import { size } from './size.ts'
import { MAX_ID } from './user.ts'

const sizeOrNone = z.union([size, z.literal('unlimited').transform(() => -1)])

/** Numbers of processors or memory nodes (cpuset(7), "List Format"). */
const numbers = z
  .string()
  .regex(/^[0-9]+(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)*$/, must('be a list of numbers such as "0-3,7"'))

const PERIOD = 100_000

const cpu = z
  .strictObject({
    limit: z
      .number(must('be a number of processors such as 1.5'))
      .min(0.01, must('be at least 0.01'))
      .max(10_000)
      .describe('Processors it may use, such as 1.5. Short for quota and period.')
      .optional(),
    shares: z.int().min(2).max(262_144).describe('Its weight against others; 1024 is usual.').optional(),
    quota: z.int().min(1000).describe('Microseconds it may run in each period.').optional(),
    period: z.int().min(1000).max(1_000_000).describe('Microseconds of a period.').optional(),
    cpus: numbers.describe('Processors it may run on, such as "0-3,7".').optional(),
    mems: numbers.describe('Memory nodes it may use.').optional(),
  })
  .refine(
    ({ limit, quota, period }) => limit === undefined || (quota === undefined && period === undefined),
    must('have limit, or quota and period, and not both'),
  )
  .transform(({ limit, ...rest }) =>
    limit === undefined ? rest : { ...rest, quota: Math.round(limit * PERIOD), period: PERIOD },
  )

const memory = z
  .strictObject({
    limit: sizeOrNone.describe('The most it may hold, such as 512MiB.').optional(),
    reservation: sizeOrNone.describe('What it is pressed back to when memory is short.').optional(),
    swap: sizeOrNone.describe('Memory and swap together; not below limit.').optional(),
  })
  .refine(
    ({ limit = -1, swap = -1 }) => swap < 0 || (limit >= 0 && swap >= limit),
    must('have swap only with a limit, and not below it', 'swap counts memory and swap together'),
  )

const number = z.int().min(0).max(MAX_ID)
const device = z.string().regex(/^[0-9]+:[0-9]+$/, must('be MAJOR:MINOR, such as "8:0"'))
const rates = (rate: z.ZodType<number>) =>
  z.record(device, rate).transform((limits): IoLimits => limits as IoLimits)

const io = z.strictObject({
  weight: z.int().min(10).max(1000).describe('Its weight against others.').optional(),
  readBps: rates(size).describe('Bytes a second to read, by MAJOR:MINOR of a block device.').optional(),
  writeBps: rates(size).describe('Bytes a second to write.').optional(),
  readIops: rates(z.int().min(1)).describe('Reads a second.').optional(),
  writeIops: rates(z.int().min(1)).describe('Writes a second.').optional(),
})

const rule = z
  .strictObject({
    allow: z.boolean().describe('Allow it, or deny it.'),
    type: z.enum(['a', 'c', 'b']).describe('All (a), character (c) or block devices (b).').optional(),
    major: number.describe('Major number. Without it: any.').optional(),
    minor: number.describe('Minor number. Without it: any.').optional(),
    access: z
      .string()
      .regex(/^(?!.*(.).*\1)[rwm]{1,3}$/, must('be made of r, w and m'))
      .describe('Reading (r), writing (w), making nodes (m). Without it: all.')
      .optional(),
  })
  .transform((written): DeviceRule => written as DeviceRule)

const node = z
  .strictObject({
    path: containerPath
      .refine(
        path => path.startsWith('/dev/'),
        must('be below /dev', 'A runtime would make it in the rootfs'),
      )
      .describe('Where it is in the container, below /dev, such as /dev/fuse.'),
    type: z.enum(['c', 'b', 'u', 'p']).describe('Character device (c, u), block device (b) or FIFO (p).'),
    major: number.describe('Major number; not for a FIFO.').optional(),
    minor: number.describe('Minor number; not for a FIFO.').optional(),
    mode: z
      .string()
      .regex(/^0?[0-7]{3}$/, must('be permission bits in octal, such as "0660"'))
      .transform(text => Number.parseInt(text, 8))
      .describe('Permission bits, octal, in quotes.')
      .optional(),
    uid: number.describe('Its owner inside.').optional(),
    gid: number.describe('Its group inside.').optional(),
  })
  .refine(
    ({ type, major, minor }) => type === 'p' || (major !== undefined && minor !== undefined),
    must('have major and minor', '"ls -l /dev" on the host shows them'),
  )
  .transform(
    ({ mode, ...rest }): DeviceSpec =>
      ({ ...rest, ...(mode !== undefined && { fileMode: mode }) }) as DeviceSpec,
  )

/** Control groups and devices. */
export const resourceFields = {
  resources: z
    .strictObject({
      memory: memory.describe('Memory.').optional(),
      cpu: cpu.describe('Processors.').optional(),
      pids: z
        .union([z.int().min(1), z.literal('unlimited').transform(() => -1)])
        .describe('The most processes and threads it may have.')
        .optional(),
      io: io.describe('Block devices.').optional(),
      devices: z
        .array(rule)
        .describe(
          'What may be done with devices, over "nothing but the usual ones"; of rules that fit, the last counts.',
        )
        .optional(),
    })
    .meta(becomes('linux.resources', RUNC_CRUN))
    .transform((written): ResourceSpec => written as ResourceSpec)
    .describe(
      'Limits of its control group. A plain user needs control groups that are delegated, which systemd does for a session.',
    ),
  devices: z
    .array(node)
    .meta(becomes('linux.devices, linux.resources.devices', RUNC_CRUN))
    .describe(
      'Device nodes besides the usual ones, each allowed to be used. In a user namespace the host must have it in the same place.',
    ),
  cgroupsPath: z
    .string()
    .regex(oneLine, must('be a path, or SLICE:PREFIX:NAME for systemd'))
    .regex(/^(?!(?:.*\/)?\.\.(?:\/|$))/, must('be a path without ".."'))
    .meta(becomes('linux.cgroupsPath', RUNC_CRUN))
    .describe(
      "Its control group: a path, or SLICE:PREFIX:NAME where systemd manages them. Without it: the runtime's choice.",
    ),
}

/** The shape of a bundle's settings in a plan file: as bundles.yaml has them once it is read. */
import * as z from 'zod'

const whole = z.int()
const texts = z.array(z.string())
const named = z.record(z.string(), z.string())
const rates = z.record(z.string(), whole)

const amount = z.union([whole, z.literal('unlimited')])
const mappings = z.union([
  z.literal('auto'),
  z.array(z.strictObject({ containerID: whole, hostID: whole, size: whole })),
])

const device = z.strictObject({
  path: z.string(),
  type: z.enum(['c', 'b', 'u', 'p']),
  major: whole.optional(),
  minor: whole.optional(),
  fileMode: whole.optional(),
  uid: whole.optional(),
  gid: whole.optional(),
})

const rule = z.strictObject({
  allow: z.boolean(),
  type: z.enum(['a', 'c', 'b']).optional(),
  major: whole.optional(),
  minor: whole.optional(),
  access: z.string().optional(),
})

const resources = z.strictObject({
  memory: z
    .strictObject({ limit: whole.optional(), reservation: whole.optional(), swap: whole.optional() })
    .optional(),
  cpu: z
    .strictObject({
      shares: whole.optional(),
      quota: whole.optional(),
      period: whole.optional(),
      cpus: z.string().optional(),
      mems: z.string().optional(),
    })
    .optional(),
  pids: whole.optional(),
  io: z
    .strictObject({
      weight: whole.optional(),
      readBps: rates.optional(),
      writeBps: rates.optional(),
      readIops: rates.optional(),
      writeIops: rates.optional(),
    })
    .optional(),
  devices: z.array(rule).optional(),
})

const hooks = z
  .array(
    z.strictObject({
      path: z.string(),
      args: texts.optional(),
      env: named.optional(),
      timeout: whole.optional(),
    }),
  )
  .optional()

const service = z.strictObject({
  description: z.string().optional(),
  before: texts.optional(),
  after: texts.optional(),
  wants: texts.optional(),
  requires: texts.optional(),
  wantedBy: texts.optional(),
  type: z.enum(['simple', 'exec', 'notify', 'oneshot']).optional(),
  restart: z
    .enum(['no', 'on-success', 'on-failure', 'on-abnormal', 'on-abort', 'on-watchdog', 'always'])
    .optional(),
  restartSec: z.string().optional(),
  timeoutStart: z.string().optional(),
  timeoutStop: z.string().optional(),
  enable: z.boolean().optional(),
})

/** Every setting; all may be absent. */
export const settingsShape = {
  capabilities: texts.optional(),
  noNewPrivileges: z.boolean().optional(),
  rlimits: z.record(z.string(), z.strictObject({ soft: amount, hard: amount })).optional(),
  umask: whole.optional(),
  groups: texts.optional(),
  oomScoreAdj: whole.optional(),
  apparmor: z.string().optional(),
  selinux: z.strictObject({ process: z.string().optional(), mount: z.string().optional() }).optional(),
  namespacePaths: named.optional(),
  uidMappings: mappings.optional(),
  gidMappings: mappings.optional(),
  sysctl: named.optional(),
  seccomp: z.union([z.enum(['default', 'unconfined']), z.strictObject({ profile: z.string() })]).optional(),
  maskedPaths: texts.optional(),
  readonlyPaths: texts.optional(),
  rootfsPropagation: z.enum(['private', 'slave', 'shared', 'unbindable']).optional(),
  resources: resources.optional(),
  devices: z.array(device).optional(),
  cgroupsPath: z.string().optional(),
  annotations: named.optional(),
  hooks: z
    .strictObject({
      prestart: hooks,
      createRuntime: hooks,
      createContainer: hooks,
      startContainer: hooks,
      poststart: hooks,
      poststop: hooks,
    })
    .optional(),
  configTemplate: z.string().optional(),
  configPatch: z.string().optional(),
  portable: z.boolean().optional(),
  demandsRuntimes: z.boolean().optional(),
  system: z.boolean().optional(),
  scope: z.enum(['system', 'user']).optional(),
  set: named.optional(),
  service: service.optional(),
  tmpfiles: texts.optional(),
  hostFiles: z.boolean().optional(),
  demandsNamespaces: z.boolean().optional(),
}

const propagation = z.enum(['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared']).optional()
const common = { target: z.string(), readonly: z.boolean(), options: texts.optional() }

/** One mount of a bundle. */
export const mountShape = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('volume'), source: z.string(), propagation }),
  z.strictObject({
    ...common,
    type: z.literal('bind'),
    source: z.string(),
    create: z.boolean(),
    propagation,
  }),
  z.strictObject({
    ...common,
    type: z.literal('tmpfs'),
    size: whole.nonnegative().optional(),
    mode: whole.nonnegative(),
  }),
  z.strictObject({ ...common, type: z.enum(['proc', 'sysfs', 'mqueue', 'devpts', 'cgroup']) }),
])

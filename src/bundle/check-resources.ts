/** Rules of config-linux.md, "Control groups": the member `linux.resources`. */
import {
  all,
  bool,
  int,
  int64,
  list,
  mapOf,
  must,
  object,
  oneOf,
  section,
  text,
  textLike,
  uint16,
  uint32,
  uint64,
} from './rule.ts'

const numbers = textLike('be a list of numbers such as 0-3,7', /^[0-9]+(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)*$/)
const rates = list(object({ 'major!': int64, 'minor!': int64, 'rate!': uint64 }))

/** The member `linux.resources`. */
export const resourcesRule = section(
  'config-linux.md, Control groups',
  object({
    devices: section(
      'config-linux.md, Allowed Device list',
      list(
        object({
          'allow!': bool,
          type: oneOf('a', 'c', 'b'),
          major: int64,
          minor: int64,
          access: all(
            text,
            must('be made of r, w and m', value => /^[rwm]*$/.test(value as string)),
          ),
        }),
      ),
    ),
    memory: section(
      'config-linux.md, Memory',
      object({
        limit: int64,
        reservation: int64,
        swap: int64,
        kernel: int64,
        kernelTCP: int64,
        swappiness: int(0, 100),
        disableOOMKiller: bool,
        useHierarchy: bool,
        checkBeforeUpdate: bool,
      }),
    ),
    cpu: section(
      'config-linux.md, CPU',
      object({
        shares: uint64,
        quota: int64,
        burst: uint64,
        period: uint64,
        realtimeRuntime: int64,
        realtimePeriod: uint64,
        cpus: numbers,
        mems: numbers,
        idle: int64,
      }),
    ),
    blockIO: section(
      'config-linux.md, Block IO',
      object({
        weight: uint16,
        leafWeight: uint16,
        weightDevice: list(object({ 'major!': int64, 'minor!': int64, weight: uint16, leafWeight: uint16 })),
        throttleReadBpsDevice: rates,
        throttleWriteBpsDevice: rates,
        throttleReadIOPSDevice: rates,
        throttleWriteIOPSDevice: rates,
      }),
    ),
    hugepageLimits: section(
      'config-linux.md, Huge page limits',
      list(object({ 'pageSize!': textLike('be such as 2MB', /^[1-9][0-9]*[KMG]B$/), 'limit!': uint64 })),
    ),
    network: section(
      'config-linux.md, Network',
      object({ classID: uint32, priorities: list(object({ 'name!': text, 'priority!': uint32 })) }),
    ),
    pids: section('config-linux.md, PIDs', object({ 'limit!': int64 })),
    rdma: section('config-linux.md, RDMA', mapOf(object({ hcaHandles: uint32, hcaObjects: uint32 }))),
    unified: section('config-linux.md, Unified', mapOf(text)),
  }),
)

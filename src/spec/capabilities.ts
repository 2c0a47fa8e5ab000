/** Capabilities of Linux (capabilities(7)), and what `add` and `drop` make of a container's set. */
import * as z from 'zod'
import { becomes, byDefault } from './meta.ts'
import { ruleText } from './rule.ts'
import { suggestion } from './suggest.ts'

/** Those that `runc spec` gives. */
export const DEFAULT_CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']

/** All that Linux 5.9 and later have (linux/capability.h), by number. */
export const CAPABILITIES: readonly string[] = `
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
  .trim()
  .split(/\s+/)
  .map(name => `CAP_${name}`)

const capability = z.string().transform((text, context): string => {
  const name = text.toUpperCase().replace(/^(?:CAP_)?/, 'CAP_')
  if (name === 'CAP_ALL' || CAPABILITIES.includes(name)) return name
  const short = CAPABILITIES.map(known => known.slice('CAP_'.length))
  const hint = suggestion(name.slice('CAP_'.length), short) ?? 'For example NET_ADMIN, or ALL for all of them'
  context.addIssue({ code: 'custom', message: ruleText('must be a capability of Linux', hint) })
  return z.NEVER
})

/** The key `capabilities`. Comes out as the set that is left. */
export const capabilities = z
  .strictObject({
    add: z
      .array(capability)
      .default([])
      .describe('Capabilities to add, with or without CAP_ in front; ALL adds all.'),
    drop: z
      .array(capability)
      .default([])
      .describe('Capabilities to take away; ALL leaves only what add names.'),
  })
  .check(context => {
    const { add, drop } = context.value
    add.forEach((name, i) => {
      if (!drop.includes(name)) return
      const message = ruleText('is dropped too', 'Keep it in one of the two lists')
      context.issues.push({ code: 'custom', message, path: ['add', i], input: name })
    })
  })
  .meta({ ...byDefault({ add: [], drop: [] }), ...becomes('process.capabilities') })
  .transform(resolve)
  .describe(
    'What the process may do of what only root may. Starts from AUDIT_WRITE, KILL and NET_BIND_SERVICE; all five sets of the process are the same.',
  )

function resolve({ add, drop }: { add: readonly string[]; drop: readonly string[] }): readonly string[] {
  const start = add.includes('CAP_ALL') ? CAPABILITIES : drop.includes('CAP_ALL') ? [] : DEFAULT_CAPABILITIES
  const left = start.filter(name => !drop.includes(name))
  const all = new Set([...left, ...add.filter(name => name !== 'CAP_ALL')])
  return [...all].sort()
}

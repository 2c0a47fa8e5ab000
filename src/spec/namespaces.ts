/** The key `namespaces`: a list of those that a container has of its own, or a mapping where some are joined. */
import * as z from 'zod'
import { becomes, byDefault } from './meta.ts'
import { distinct, must, ruleText } from './rule.ts'
import type { Namespace } from './types.ts'

/** The namespaces of a bundle that does not say. */
export const NAMESPACE_DEFAULTS = ['ipc', 'mount', 'pid', 'uts'] as const satisfies readonly Namespace[]

/** The namespaces of a container. */
export interface Namespaces {
  /** Sorted. */
  readonly names: readonly Namespace[]
  /** Of those that are joined, the files that stand for them. */
  readonly paths: Readonly<Record<string, string>>
}

const NAMES = [
  'pid',
  'ipc',
  'uts',
  'mount',
  'network',
  'cgroup',
  'user',
] as const satisfies readonly Namespace[]

const MEANING: Readonly<Record<Namespace, string>> = {
  pid: 'Its own processes.',
  ipc: 'Its own message queues, semaphores and shared memory.',
  uts: 'Its own host name.',
  mount: 'Its own mounts; cannot be joined.',
  network: 'Its own network.',
  cgroup: 'Its own root of the control groups.',
  user: 'Its own users and groups.',
}

const path = z
  .string()
  .regex(
    /^\/[^\x00-\x1f\x7f]*$/,
    must('be an absolute path', 'For example /run/netns/web or /proc/1234/ns/net'),
  )
  .describe('File that stands for the namespace to join.')

const own = z.null(must('be empty or { path: … }'))
const shape: Record<string, z.ZodType<null | { path: string } | undefined>> = Object.fromEntries(
  NAMES.map(name => {
    const value = name === 'mount' ? own : z.union([own, z.strictObject({ path })])
    return [name, value.describe(MEANING[name]).optional()]
  }),
)

const list = distinct(z.enum(NAMES)).transform(
  (names): Namespaces => ({ names: [...names].sort(), paths: {} }),
)

const map = z.strictObject(shape).transform((written): Namespaces => {
  const names = NAMES.filter(name => Object.hasOwn(written, name)).sort()
  const joined = names.flatMap(name => (written[name] ? [[name, written[name].path] as const] : []))
  return { names, paths: Object.fromEntries(joined) }
})

/** The key `namespaces`. */
export const namespaces = z
  .union([list, map], must('be a list or a mapping'))
  .refine(({ names }) => names.includes('mount'), {
    error: ruleText(
      'must hold mount',
      "Without a mount namespace the container's mounts would be the host's own",
    ),
  })
  .meta({ ...byDefault(NAMESPACE_DEFAULTS), ...becomes('linux.namespaces') })
  .describe(
    "Linux namespaces of its own; any other is the host's. mount is required, pid advised. Without network, the host's network. As a mapping, { path: FILE } joins one that is there.",
  )

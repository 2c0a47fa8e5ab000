/** A bundle as a Kubernetes Pod that runs the image which `--format oci` makes of it (Kubernetes API, Pod v1). */
import { stringify } from 'yaml'
import { MOUNTS } from '../bundle/mounts.ts'
import { digestOf, hexOf } from '../oci/digest.ts'
import type { MountSpec } from '../spec/types.ts'
import { type Fate, warnOfKeys, warnOfMounts } from './declared.ts'
import { capabilitiesOf, hasOwn, type MemoryMount, memoryMountsOf, variablesOf } from './process-facts.ts'
import type { ExportSubject, ExportWarning } from './subject.ts'

/** The manifest. `image` is what the exported image is called where the pod runs. */
export function podText(subject: ExportSubject, image: string): string {
  const { config, spec } = subject
  const { process: run } = config
  const name = labelOf(subject.name)
  const memory = memoryMountsOf(config)
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      containers: [
        {
          name,
          image,
          command: run.args.map(literal),
          env: variablesOf(config).map(([key, value]) => ({ name: key, value: literal(value) })),
          workingDir: run.cwd,
          ...(run.terminal && { tty: true }),
          ...limits(subject),
          securityContext: {
            runAsUser: run.user.uid,
            runAsGroup: run.user.gid,
            readOnlyRootFilesystem: config.root.readonly,
            allowPrivilegeEscalation: !run.noNewPrivileges,
            capabilities: {
              drop: ['ALL'],
              add: capabilitiesOf(config).map(cap => cap.replace(/^CAP_/, '')),
            },
          },
          ...list('volumeMounts', [...memory, ...spec.mounts.filter(isVolume)].map(volumeMount)),
        },
      ],
      ...(config.hostname !== undefined && { hostname: labelOf(config.hostname) }),
      ...(!hasOwn(config, 'network') && { hostNetwork: true }),
      ...(!hasOwn(config, 'pid') && { hostPID: true }),
      ...(!hasOwn(config, 'ipc') && { hostIPC: true }),
      securityContext: {
        ...list('supplementalGroups', run.user.additionalGids ?? []),
        ...list(
          'sysctls',
          Object.entries(config.linux.sysctl ?? {}).map(([key, value]) => ({ name: key, value })),
        ),
        seccompProfile: { type: spec.seccomp === 'default' ? 'RuntimeDefault' : 'Unconfined' },
      },
      ...list('volumes', [...memory.map(memoryVolume), ...spec.mounts.filter(isVolume).map(volumeOf(name))]),
      restartPolicy: 'Always',
    },
  }
  return stringify(pod, { lineWidth: 0 })
}

/** What Kubernetes does otherwise. */
export function warnOfPod({ spec, config, name }: ExportSubject): ExportWarning[] {
  const renamed: ExportWarning[] =
    labelOf(name) === name
      ? []
      : [{ code: 'EXPORT_CHANGED', key: 'name', message: `the pod is called ${labelOf(name)}` }]
  const fates: Readonly<Record<string, Fate>> = {
    capabilities: 'carried',
    noNewPrivileges: 'carried',
    hostname:
      labelOf(spec.hostname) === spec.hostname
        ? 'carried'
        : { code: 'EXPORT_CHANGED', message: `is ${labelOf(spec.hostname)}` },
    terminal: 'carried',
    sysctl: 'carried',
    groups: 'carried',
    rootfs: 'carried',
    seccomp:
      typeof spec.seccomp === 'object'
        ? { code: 'EXPORT_LEFT_OUT', message: 'a profile has to be on the node: nothing is confined' }
        : 'carried',
    namespaces: hasOwn(config, 'network')
      ? { code: 'EXPORT_CHANGED', message: 'the pod has a network, and the bundle has none' }
      : 'carried',
    resources: { code: 'EXPORT_CHANGED', message: 'only the limits of memory and processors are carried' },
  }
  return [...renamed, ...warnOfKeys(spec, 'a pod', fates), ...warnOfMounts(spec, judge)]
}

function judge(mount: MountSpec): Fate {
  switch (mount.type) {
    case 'volume':
      return {
        code: 'EXPORT_CHANGED',
        message: 'is a claim for a persistent volume, which somebody has to make',
      }
    case 'bind':
      return mount.source.startsWith('/')
        ? { code: 'EXPORT_HOST', message: `${mount.source} has to be there on the node` }
        : {
            code: 'EXPORT_LEFT_OUT',
            message: `${mount.source} is relative to bundles.yaml, and no node has it`,
          }
    case 'tmpfs':
      return { code: 'EXPORT_CHANGED', message: `is kept in memory, with the mode that Kubernetes gives it` }
    default:
      return { code: 'EXPORT_CHANGED', message: `the node mounts ${mount.type} as it sees fit` }
  }
}

function isVolume(mount: MountSpec): mount is MountSpec & { type: 'volume' | 'bind' } {
  return mount.type === 'volume' || (mount.type === 'bind' && mount.source.startsWith('/'))
}

function volumeMount(mount: Pick<MountSpec, 'target' | 'readonly'>): object {
  return { name: volumeName(mount), mountPath: mount.target, ...(mount.readonly && { readOnly: true }) }
}

function volumeOf(pod: string): (mount: MountSpec & { type: 'volume' | 'bind' }) => object {
  return mount => {
    const name = volumeName(mount)
    return mount.type === 'volume'
      ? { name, persistentVolumeClaim: { claimName: labelOf(`${pod}-${mount.source}`) } }
      : { name, hostPath: { path: mount.source } }
  }
}

function memoryVolume(mount: MemoryMount): object {
  // A part of the memory is nothing that Kubernetes can say.
  const size = mount.size !== undefined && /^\d+$/.test(mount.size) ? Number(mount.size) : undefined
  return {
    name: volumeName(mount),
    emptyDir: { medium: 'Memory', ...(size !== undefined && { sizeLimit: size }) },
  }
}

/** One name for each target. */
function volumeName({ target }: Pick<MountSpec, 'target'>): string {
  const words = labelOf(target).slice(0, 40).replace(/-+$/, '')
  return `${words === '' ? MOUNTS : words}-${hexOf(digestOf(target)).slice(0, 8)}`
}

function limits({ spec }: ExportSubject): object {
  const { memory, cpu } = spec.resources ?? {}
  const processors =
    cpu?.quota === undefined || cpu.quota <= 0 ? undefined : cpu.quota / (cpu.period ?? 100_000)
  const most = {
    ...(memory?.limit !== undefined && memory.limit > 0 && { memory: memory.limit }),
    ...(processors !== undefined && { cpu: `${Math.max(1, Math.round(processors * 1000))}m` }),
  }
  return Object.keys(most).length === 0 ? {} : { resources: { limits: most } }
}

/** `$(NAME)` would be replaced, and `$$` is one: what would be read so is written so that it is not. */
function literal(text: string): string {
  return text.replace(/\$(?=\$|\([-._a-zA-Z][-._a-zA-Z0-9]*\))/g, '$$$$')
}

/** A DNS label of a text (RFC 1123). */
function labelOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
}

function list(key: string, items: readonly unknown[]): object {
  return items.length === 0 ? {} : { [key]: items }
}

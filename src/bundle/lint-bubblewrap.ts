/** What bubblewrap cannot do, whether it is started by bwrap-oci or by ctrbuild's own script. */
import type { Path } from '../spec/problem.ts'
import { isWithin } from './container-path.ts'
import { type Finding, givenRlimits, hasResources, type Subject } from './lint-subject.ts'

/** Members that only one of the two leaves out. */
export type Member = 'rlimits' | 'additionalGids'

/** What is left out in silence; `also` says what else this one leaves out. */
export function ignoredByBubblewrap(subject: Subject, also: readonly Member[]): readonly Finding[] {
  const { process: given, linux, hooks } = subject.config
  const { umask, additionalGids = [] } = given.user
  const members: readonly (readonly [holds: boolean, at: Path, what: string])[] = [
    [
      also.includes('rlimits') && givenRlimits(subject).length > 0,
      ['process', 'rlimits'],
      'limits of the process',
    ],
    [
      also.includes('additionalGids') && additionalGids.length > 0,
      ['process', 'user', 'additionalGids'],
      'further groups',
    ],
    [hooks !== undefined, ['hooks'], 'hooks'],
    [umask !== undefined, ['process', 'user', 'umask'], 'the umask'],
    [given.oomScoreAdj !== undefined, ['process', 'oomScoreAdj'], 'oomScoreAdj'],
    [given.apparmorProfile !== undefined, ['process', 'apparmorProfile'], 'the AppArmor profile'],
    [hasResources(subject), ['linux', 'resources'], 'limits of resources'],
    [linux.cgroupsPath !== undefined, ['linux', 'cgroupsPath'], 'the control group'],
    [(linux.devices ?? []).length > 0, ['linux', 'devices'], 'devices'],
    [linux.sysctl !== undefined, ['linux', 'sysctl'], 'settings of the kernel'],
    [linux.rootfsPropagation !== undefined, ['linux', 'rootfsPropagation'], 'the propagation of the root'],
  ]
  const ignored = members.flatMap(([holds, at, what]): Finding[] =>
    holds ? [{ effect: 'ignores', at, claim: `ignores ${what}` }] : [],
  )
  return [
    ...ignored,
    ...(given.terminal
      ? [
          {
            effect: 'changes',
            at: ['process', 'terminal'],
            claim: "hands on the caller's terminal and makes no new one",
          } as const,
        ]
      : []),
    ...(given.noNewPrivileges
      ? []
      : [
          {
            effect: 'changes',
            at: ['process', 'noNewPrivileges'],
            claim: 'always keeps setuid programs from giving rights',
          } as const,
        ]),
  ]
}

/**
 * What bubblewrap may not be asked to make: it follows links below `/oldroot` to the host while it puts the root
 * together, and what is bound into the container may have such links, made by the container itself.
 */
export function linksOfOthers({ config }: Subject): readonly Finding[] {
  const bound = config.mounts.filter(({ type, source }) => type === 'bind' && source.startsWith('mounts/'))
  const around = (path: string) =>
    bound.find(({ destination }) => destination !== path && isWithin(path, destination))?.destination
  const inner = config.mounts.flatMap(({ destination }): Finding[] => {
    const outer = around(destination)
    if (outer === undefined) return []
    const claim = `would follow links in ${outer} to mount ${destination}, also out to the host`
    return [{ effect: 'refuses', at: ['mounts', destination], claim }]
  })
  const { cwd } = config.process
  const outer = around(cwd)
  if (outer === undefined) return inner
  return [
    ...inner,
    { effect: 'needs', at: ['process', 'cwd'], claim: `needs ${cwd} to be in what is mounted on ${outer}` },
  ]
}

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { makeSeccomp } from '../../src/bundle/seccomp.ts'
import { BY_ARCHITECTURE, HARMLESS, PRIVILEGED, REFUSED } from '../../src/bundle/syscalls.ts'
import { CAPABILITIES } from '../../src/spec/capabilities.ts'

interface Profile {
  readonly defaultAction: string
  readonly architectures?: readonly string[]
  readonly syscalls: readonly {
    readonly names: readonly string[]
    readonly action: string
    readonly args?: readonly object[]
    readonly includes?: { readonly caps?: readonly string[]; readonly arches?: readonly string[] }
  }[]
}

function profile(capabilities: readonly string[], architecture = 'amd64'): Profile {
  return makeSeccomp('default', { capabilities, architecture }) as Profile
}

/** System calls that are let through without a look at their arguments. */
function allowed({ syscalls }: Profile): readonly string[] {
  return syscalls.flatMap(({ names, action, args = [] }) =>
    action === 'SCMP_ACT_ALLOW' && args.length === 0 ? names : [],
  )
}

test('no system call is in two lists', () => {
  const all = [
    ...HARMLESS,
    ...REFUSED,
    ...PRIVILEGED.flatMap(([, names]) => names),
    ...['clone', 'clone3', 'personality', 'socket'],
  ]
  expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([])
  for (const names of Object.values(BY_ARCHITECTURE))
    expect(all).not.toEqual(expect.arrayContaining([names[0]]))
})

test('a capability lets through what it is needed for, and no other one does', () => {
  const base = allowed(profile([]))
  expect(allowed(profile(['CAP_KILL']))).toEqual(base)
  const more = (capability: string) => allowed(profile([capability])).filter(name => !base.includes(name))
  expect(more('CAP_SYS_CHROOT')).toEqual(['chroot'])
  expect(more('CAP_SYS_TIME')).toEqual(['clock_settime', 'clock_settime64', 'settimeofday', 'stime'])
  expect(more('CAP_SYS_ADMIN')).toEqual(
    expect.arrayContaining(['clone', 'clone3', 'mount', 'unshare', 'bpf']),
  )
  expect(allowed(profile(CAPABILITIES))).not.toEqual(expect.arrayContaining(['keyctl']))
})

test('architectures come with those whose programs they run', () => {
  expect(profile([]).architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
  expect(profile([], 'arm64').architectures).toEqual(['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'])
  expect(profile([], 'riscv64').architectures).toBeUndefined()
  expect(allowed(profile([]))).toContain('arch_prctl')
  expect(allowed(profile([], 'arm64'))).not.toContain('arch_prctl')
})

/** Debian: golang-github-containers-common. */
const THEIRS = '/usr/share/containers/seccomp.json'

describe('beside the profile of podman and CRI-O', () => {
  /** Newer than their profile in Debian 12, or let through by Docker's: none reaches beyond the process. */
  const NEWER = [
    'cachestat',
    'fchmodat2',
    'futex_requeue',
    'futex_wait',
    'futex_waitv',
    'futex_wake',
    'io_pgetevents',
    'io_pgetevents_time64',
    'map_shadow_stack',
    'mseal',
  ]

  test('nothing is let through that theirs refuses', ctx => {
    if (!existsSync(THEIRS)) ctx.skip(`${THEIRS} is not there`)
    const theirs = JSON.parse(readFileSync(THEIRS, 'utf8')) as Profile
    const always = theirs.syscalls.filter(
      ({ action, includes }) => action === 'SCMP_ACT_ALLOW' && includes?.caps === undefined,
    )
    const known = new Set(always.flatMap(({ names }) => names))
    const beyond = allowed(profile([])).filter(name => !known.has(name))
    expect(beyond.toSorted()).toEqual(NEWER)
  })
})

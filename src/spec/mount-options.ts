/** The `options` of a mount: words of mount(8) that all kinds have, and settings of one kind of file system. */
import * as z from 'zod'
import { ruleText } from './rule.ts'
import { suggestion } from './suggest.ts'
import type { MountSpec } from './types.ts'

/** Words that stand against each other: the later one of a group counts. */
const GROUPS = [
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['exec', 'noexec'],
  ['sync', 'async'],
  ['dirsync'],
  ['diratime', 'nodiratime'],
  ['atime', 'noatime', 'relatime', 'norelatime', 'strictatime', 'nostrictatime'],
] as const

const BIND = ['bind', 'rbind'] as const
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['ro', 'rw', 'rro'].map(word => [word, 'readonly'])),
  ...Object.fromEntries(
    ['private', 'slave', 'shared'].flatMap(word => [
      [word, 'propagation'],
      [`r${word}`, 'propagation'],
    ]),
  ),
}

/** Settings `NAME=VALUE` by kind of mount, of those that have no key (tmpfs(5), devpts and proc of the kernel). */
const SETTINGS: Readonly<Record<MountSpec['type'], readonly string[]>> = {
  volume: [],
  bind: [],
  tmpfs: ['nr_inodes', 'uid', 'gid', 'huge', 'mpol'],
  proc: ['hidepid', 'subset', 'gid'],
  sysfs: [],
  mqueue: [],
  devpts: ['uid', 'gid', 'mode', 'ptmxmode', 'max'],
  cgroup: [],
}

/** The schema of `options` for one kind of mount. */
export function mountOptions(type: MountSpec['type']) {
  const isBind = type === 'bind' || type === 'volume'
  const words: readonly string[] = [
    ...GROUPS.flat(),
    ...(isBind ? BIND : []),
    ...(type === 'devpts' ? ['newinstance'] : []),
  ]
  const option = z
    .string()
    .refine(text => words.includes(text) || SETTINGS[type].some(name => isSettingOf(name, text)), {
      error: issue =>
        ruleText(`must be an option of a ${type} mount`, hintFor(String(issue.input), words, SETTINGS[type])),
    })
  return z
    .array(option)
    .describe('Further options as in mount(8), such as noexec. Over those that ctrbuild gives it anyway.')
    .optional()
}

/** Options with further ones over them: of a group, and of settings with one name, the last counts. */
export function overlayOptions(
  options: readonly string[],
  further: readonly string[] = [],
): readonly string[] {
  const bySubject = new Map(options.map(option => [subjectOf(option), option]))
  for (const option of further) bySubject.set(subjectOf(option), option)
  return [...bySubject.values()]
}

function subjectOf(option: string): string {
  const group = [...GROUPS, BIND].find(words => (words as readonly string[]).includes(option))
  return group?.[0] ?? option.replace(/=.*/s, '=')
}

function isSettingOf(name: string, text: string): boolean {
  return text.startsWith(`${name}=`) && /^[A-Za-z0-9:=-]+$/.test(text.slice(name.length + 1))
}

function hintFor(text: string, words: readonly string[], settings: readonly string[]): string {
  const key = Object.hasOwn(ELSEWHERE, text) ? ELSEWHERE[text] : undefined
  if (key !== undefined) return `Use the key "${key}"`
  return (
    suggestion(text, words) ?? `Known options: ${[...words, ...settings.map(name => `${name}=`)].join(', ')}`
  )
}

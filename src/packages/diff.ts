/** What happened to the packages of one root file system on its way to another. */
import type { Package, PackageChange, PackageManager } from './types.ts'
import { type CompareVersions, compareDpkgVersions, compareRpmVersions } from './version.ts'

const COMPARE: Readonly<Record<PackageManager, CompareVersions | undefined>> = {
  dpkg: compareDpkgVersions,
  rpm: compareRpmVersions,
  apk: undefined,
}

/** Every change, sorted by name. A package may be there in several versions, as kernels are. */
export function diffPackages(before: readonly Package[], after: readonly Package[]): PackageChange[] {
  const [old, now] = [grouped(before), grouped(after)]
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort()
  return keys.flatMap(key => changesOf(old.get(key) ?? [], now.get(key) ?? []))
}

function grouped(packages: readonly Package[]): Map<string, Package[]> {
  const groups = new Map<string, Package[]>()
  for (const one of packages) {
    const key = [one.name, one.architecture, one.manager].join('\0')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else if (!group.some(({ version }) => version === one.version)) group.push(one)
  }
  return groups
}

function changesOf(old: readonly Package[], now: readonly Package[]): PackageChange[] {
  const gone = old.filter(({ version }) => !now.some(one => one.version === version))
  const come = now.filter(({ version }) => !old.some(one => one.version === version))
  if (gone.length === 1 && come.length === 1 && old.length === 1) return [changeOf(gone[0]!, come[0]!)]
  return [
    ...gone.map(({ version, ...one }) => ({ ...one, kind: 'removed' as const, before: version })),
    ...come.map(({ version, ...one }) => ({ ...one, kind: 'added' as const, after: version })),
  ]
}

function changeOf({ version: before, ...one }: Package, { version: after }: Package): PackageChange {
  const order = COMPARE[one.manager]?.(before, after) ?? 0
  const kind = order < 0 ? 'upgraded' : order > 0 ? 'downgraded' : 'changed'
  return { ...one, kind, before, after }
}

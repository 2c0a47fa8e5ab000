/** `ctrbuild uninstall`: takes away what install has put in place, but for what was changed since. */
import { planUninstall } from '../install/install.ts'
import { installedNames } from '../install/record.ts'
import type { Target } from '../install/target.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { targetOf } from './install.ts'
import { installOn } from './install-on.ts'
import { usage } from './usage.ts'

export interface UninstallOptions extends CommandOptions {
  readonly names: readonly string[]
  readonly root: string | undefined
  readonly dryRun: boolean
  readonly json: boolean
  readonly lockTimeout: number
}

/** Needs no bundles.yaml: what was put in place is recorded there. @throws CtrbuildError USAGE; as perform */
export async function uninstall(options: UninstallOptions, surroundings: Surroundings): Promise<number> {
  const targets = (['system', 'user'] as const).map(scope => targetOf(scope, options, surroundings))
  const known = targets.map(target => ({ target, names: installedNames(target) }))
  const unknown = options.names.find(name => !known.some(({ names }) => names.includes(name)))
  if (unknown !== undefined) {
    const all = known.flatMap(({ names }) => names)
    const hint = all.length === 0 ? 'Nothing is installed' : `Installed are ${all.slice(0, 20).join(', ')}`
    throw usage(`${JSON.stringify(unknown)} is not installed`, hint)
  }
  for (const { target, names } of known) await uninstallFrom(target, names, options, surroundings)
  return 0
}

async function uninstallFrom(
  target: Target,
  installed: readonly string[],
  options: UninstallOptions,
  surroundings: Surroundings,
): Promise<void> {
  const names = [...new Set(options.names)].filter(name => installed.includes(name))
  if (names.length === 0) return
  await installOn(
    target,
    () => names.flatMap(name => planUninstall(name, target) ?? []),
    options,
    surroundings,
  )
}

/** The part that install and uninstall share: one target, looked at and changed under its lock. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Action } from '../install/compare.ts'
import { perform, type ServicePlan } from '../install/install.ts'
import { pointBack } from '../install/point-back.ts'
import { isHalfDone, repair } from '../install/switch.ts'
import { systemdOf } from '../install/systemd.ts'
import { onTarget, type Target, targetPlaces } from '../install/target.ts'
import { installJson, installLines, type ShownAction } from '../report/install-lines.ts'
import { diskError } from '../sys/failure.ts'
import { lockFile } from '../sys/lock.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { userPlacesOf } from './inputs.ts'

/** How a target is changed, and how that is told. */
export interface InstallingOptions extends CommandOptions {
  readonly dryRun: boolean
  readonly json: boolean
  readonly lockTimeout: number
}

/**
 * Finishes or takes back what a killed install left, then does what the plans say, and shows it.
 * @throws CtrbuildError as perform; STORE_BUSY, PERMISSION, DISK
 */
export async function installOn(
  target: Target,
  makePlans: () => readonly ServicePlan[],
  options: InstallingOptions,
  surroundings: Surroundings,
): Promise<void> {
  const show = (plans: readonly ServicePlan[], half: string | undefined) => {
    const shown = plans.map(({ name, actions }) => ({
      name,
      actions: actions.map(action => shownAction(target, action)),
    }))
    const { stdout } = surroundings
    stdout.write(
      options.json
        ? installJson(shown)
        : installLines(shown, { isDry: options.dryRun, half, paint: painter(options, stdout) }),
    )
  }
  if (options.dryRun)
    return show(makePlans(), isHalfDone(target) ? 'was killed: the next one repairs that' : undefined)
  try {
    const state = onTarget(target, targetPlaces(target).state)
    mkdirSync(state, { recursive: true, mode: 0o755 })
    const lock = await lockFile(
      join(state, '.lock'),
      { exclusive: true, timeout: options.lockTimeout, holder: `ctrbuild, process ${process.pid}` },
      surroundings.signal,
    )
    try {
      const systemd = systemdOf(target, userPlacesOf(surroundings).run)
      const repaired = repair(target)
      if (repaired !== undefined) await systemd?.reload()
      const plans = makePlans()
      await perform(plans, target, { systemd, afterRepair: repaired === 'finished', pointBack })
      show(plans, repaired === undefined ? undefined : `was killed, and was ${repaired} first`)
    } finally {
      lock.release()
    }
  } catch (error) {
    throw diskError(error, `cannot install to ${target.root || '/'}`)
  }
}

function shownAction(target: Target, action: Action): ShownAction {
  const { kind } = action
  if (!('entry' in action)) return { kind, path: action.was.path }
  const { entry } = action
  const { path } = entry
  if (kind === 'create') {
    const hidden = path.replace(/^\/etc\/systemd\//, '/usr/lib/systemd/')
    const hides = hidden !== path && existsSync(`${target.root}${hidden}`) ? { hides: hidden } : {}
    return { kind, path, ...(entry.kind === 'link' && { target: entry.target }), ...hides }
  }
  if (kind !== 'update' || entry.kind === 'link') return { kind, path }
  const [before, after] = [readFileSync(onTarget(target, path)), entry.content]
  const isText = ![before, after].some(bytes => bytes.includes(0))
  return { kind, path, ...(isText && { before: before.toString('utf8'), after: after.toString('utf8') }) }
}

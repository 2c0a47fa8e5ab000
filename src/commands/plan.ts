/** `ctrbuild plan`: shows what apply would change. */
import { join, resolve } from 'node:path'
import { observe } from '../apply/observe.ts'
import { previewServices } from '../apply/preview.ts'
import { EXIT_STATUS, isErrno } from '../errors.ts'
import { installNotes } from '../install/drift.ts'
import { openRepo } from '../ostree/repo.ts'
import { desire } from '../plan/desire.ts'
import { formatPlan } from '../plan/file.ts'
import { plan as makePlan } from '../plan/plan.ts'
import { type Paint, renderPlan } from '../plan/render.ts'
import type { Plan } from '../plan/types.ts'
import { tellerOf } from '../report/tell.ts'
import { writeFileAtomic } from '../sys/atomic.ts'
import { diskError } from '../sys/failure.ts'
import { type PlanOptions, painter, type Surroundings } from './context.ts'
import { privilegeOf, readSpecFile, settleLock, userPlacesOf } from './inputs.ts'
import { openSource } from './open-source.ts'
import { usage } from './usage.ts'

/** Ends with 2 where there are changes and `detailedExitcode` asks for it. */
export async function plan(options: PlanOptions, surroundings: Surroundings): Promise<number> {
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return EXIT_STATUS.SPEC_INVALID
  const { spec, places } = file
  const source = openSource(places, options.offline, tellerOf(options, surroundings))
  const { lock, lockSource } = await settleLock(file, source, options, surroundings)
  const desired = desire(spec, lock, privilegeOf(surroundings).kind)
  const observed = observe(places, desired)
  const choices = { targets: options.targets, prune: options.prune, lockSource }
  const privilege = privilegeOf(surroundings)
  const userPlaces = userPlacesOf(surroundings)
  const objects = [join(places.repo, 'objects')]
  const { files, notes } = await previewServices(
    { source, places, privilege, userPlaces, objects, signal: surroundings.signal },
    openRepo(places.repo),
    desired,
    observed,
    makePlan(desired, observed, choices),
  )
  const plain = makePlan(desired, observed, {
    ...choices,
    files,
    notes: [...notes, ...installNotes(places, userPlaces.home)],
  })
  const made = options.details
    ? await (await import('./plan-details.ts')).withDetails(plain, { places, desired }, options, surroundings)
    : plain
  if (options.out !== undefined) save(resolve(surroundings.cwd, options.out), formatPlan(made))
  const paint = painter(options, surroundings.stdout)
  const text = options.json
    ? formatPlan(made)
    : (await detailsText(made, paint)) + renderPlan(made, paint, options)
  surroundings.stdout.write(text)
  return options.detailedExitcode && hasChanges(made) ? 2 : 0
}

/** What renders details is loaded where there are some. */
async function detailsText(plan: Plan, paint: Paint): Promise<string> {
  if (plan.details === undefined) return ''
  const { renderDetails } = await import('../plan/render-details.ts')
  return renderDetails(plan, paint)
}

/** For its owner alone: a plan holds the values of variables. */
function save(path: string, text: string): void {
  try {
    writeFileAtomic(path, text, { mode: 0o600 })
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR'))
      throw usage(
        `the plan cannot be saved to ${path}: ${error.message}`,
        'Name a file in a folder that is there',
      )
    throw diskError(error, `cannot write ${path}`)
  }
}

function hasChanges({ steps }: Plan): boolean {
  return steps.length > 0
}

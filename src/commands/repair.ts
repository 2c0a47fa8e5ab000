/** `ctrbuild verify --repair`: brings back what is damaged or missing, from where the lock says it came from. */
import { documentRefs, forgetDamage, isForgotten, type Stack } from '../apply/forget.ts'
import { removeGeneration } from '../apply/generations.ts'
import { observe } from '../apply/observe.ts'
import { relinkFiles } from '../apply/relink.ts'
import { generationsInUse } from '../apply/retire.ts'
import type { NamedGeneration } from '../apply/verify.ts'
import { EXIT_STATUS } from '../errors.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { desire } from '../plan/desire.ts'
import { plan } from '../plan/plan.ts'
import type { Desired, DesiredBundle, Observed } from '../plan/types.ts'
import type { ApplyOptions, Surroundings } from './context.ts'
import { privilegeOf, readSpecFile, type SpecFile, settleLock } from './inputs.ts'
import { openSource } from './open-source.ts'
import { performApply } from './perform-apply.ts'
import { lockRepo, withStoreLock } from './store-lock.ts'
import { type Look, lookAt, summary, text, type VerifyOptions } from './verify.ts'

/**
 * Verifies deeply, takes out what is damaged, and applies the bundles that it concerns as bundles.yaml and its lock have
 * them. Older generations get sound files; those that cannot be mended are removed.
 * @throws CtrbuildError LOCK_MISSING, LOCK_OUTDATED, STORE_BUSY; as performApply
 */
export async function repair(options: VerifyOptions, surroundings: Surroundings): Promise<number> {
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return EXIT_STATUS.SPEC_INVALID
  const { places } = file
  const source = openSource(places, options.offline)
  const { lock } = await settleLock(file, source, { locked: true }, surroundings)
  const desired = desire(file.spec, lock, privilegeOf(surroundings).kind)
  const deeply = { names: [], deep: true }
  const locking = { verb: 'verify --repair', lockTimeout: options.lockTimeout }
  // Of JSON there is one document; what happens on the way is for people.
  const around = options.json ? { ...surroundings, stdout: surroundings.stderr } : surroundings
  const [before, reasons] = await withStoreLock(places, locking, surroundings, async () => {
    const look = await lookAt(places, deeply, surroundings)
    return [look, await takeOut(look, desired, options, surroundings, file)] as const
  })
  if (!options.json && before.findings.length > 0) around.stdout.write(text(before, options, around))
  const status = reasons.size === 0 ? 0 : await applyAgain(file, desired, reasons, options, around)
  if (status !== 0) return status
  return withStoreLock(places, locking, surroundings, async () => {
    if (before.repo !== undefined) relinkFiles(before.repo, before.wrongFiles)
    const removed = removeUnmendable(await lookAt(places, deeply, surroundings), places.out)
    const after = await lookAt(places, deeply, surroundings)
    const problems = before.findings
    surroundings.stdout.write(
      options.json
        ? canonicalJson({
            formatVersion: 1,
            ...summary(after),
            deep: true,
            problems,
            removed,
            remaining: after.findings,
          })
        : [...removed.map(gone), text(after, options, surroundings)].join(''),
    )
    return after.findings.length === 0 ? 0 : EXIT_STATUS.FAILED
  })
}

/** Removes what is damaged from the store. Gives the bundles that have to be made again, with the reason. */
async function takeOut(
  look: Look,
  desired: Desired,
  { lockTimeout }: VerifyOptions,
  surroundings: Surroundings,
  { places }: SpecFile,
): Promise<ReadonlyMap<string, string>> {
  const { repo, generations, findings } = look
  const images = desired.images.map(image => image.locked)
  const stacks: Stack[] = [
    ...generations.flatMap(({ stamp }) => (stamp === undefined ? [] : [stamp])),
    ...desired.bundles.map(({ chainId, chain }) => ({ chainId, layers: chain })),
  ]
  let lost: ReadonlySet<string> = new Set()
  if (repo !== undefined && findings.length > 0) {
    const lock = await lockRepo(places, { exclusive: true, lockTimeout }, surroundings)
    try {
      lost = forgetDamage(repo, look, { images, stacks })
    } finally {
      lock.release()
    }
  }
  const standing = new Set(generations.filter(({ isCurrent }) => isCurrent).map(({ name }) => name))
  return new Map(
    desired.bundles
      .filter(({ name }) => standing.has(name))
      .flatMap(bundle => {
        const reason = reasonFor(bundle, desired, look, lost)
        return reason === undefined ? [] : [[bundle.name, reason] as const]
      }),
  )
}

function reasonFor(
  bundle: DesiredBundle,
  desired: Desired,
  { generations, findings }: Look,
  lost: ReadonlySet<string>,
): string | undefined {
  if (isForgotten(lost, { chainId: bundle.chainId, layers: bundle.chain })) return 'its layers were damaged'
  const images = desired.images.filter(({ key }) => bundle.images.includes(key)).map(({ locked }) => locked)
  const documents = images.flatMap(({ reference, config }) =>
    documentRefs({ reference, config: config.digest }),
  )
  if (documents.some(ref => lost.has(ref))) return "its image's documents were damaged"
  const current = generations.find(one => one.name === bundle.name && one.isCurrent)
  const isDamaged = findings.some(one => one.bundle === bundle.name && one.generation === current?.number)
  return isDamaged ? 'verify found it damaged' : undefined
}

function applyAgain(
  { places }: SpecFile,
  desired: Desired,
  reasons: ReadonlyMap<string, string>,
  options: VerifyOptions,
  surroundings: Surroundings,
): Promise<number> {
  const targets = [...reasons.keys()].sort()
  const choices = { targets, prune: false, lockSource: 'file' } as const
  const makePlan = () => plan(desired, withDamage(observe(places, desired), reasons), choices)
  const applying: ApplyOptions = {
    ...options,
    targets,
    prune: false,
    locked: true,
    planFile: undefined,
    jobs: undefined,
    keep: undefined,
    install: false,
    trace: undefined,
    summary: undefined,
  }
  return performApply({ places, lockText: undefined, makePlan }, applying, surroundings)
}

function withDamage(observed: Observed, reasons: ReadonlyMap<string, string>): Observed {
  const bundles = new Map(observed.bundles)
  for (const [name, reason] of reasons) {
    const bundle = bundles.get(name)
    if (bundle !== undefined) bundles.set(name, { ...bundle, damage: bundle.damage ?? reason })
  }
  return { ...observed, bundles }
}

/** Removes generations that are damaged still, but for current ones and those that something runs in. */
function removeUnmendable({ findings, generations }: Look, out: string): NamedGeneration[] {
  const inUse = generationsInUse()
  const isDamaged = ({ name, number }: NamedGeneration) =>
    findings.some(one => one.bundle === name && one.generation === number)
  const hopeless = generations.filter(one => !one.isCurrent && isDamaged(one) && !inUse(one.name, one.number))
  for (const { name, number } of hopeless) removeGeneration(out, name, number)
  return hopeless
}

function gone({ name, number }: NamedGeneration): string {
  return `${name} ${number}: could not be mended, and is removed\n`
}

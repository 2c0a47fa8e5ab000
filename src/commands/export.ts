/** `ctrbuild export`: a bundle in a form that other programs take. */
import { join, resolve } from 'node:path'
import { readExported } from '../apply/exported.ts'
import type { Generation } from '../apply/history.ts'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { bundleMembers, warnOfArchive } from '../export/bundle-archive.ts'
import { warnOfImage } from '../export/oci-image.ts'
import { podText, warnOfPod } from '../export/pod.ts'
import { warnOfPortable } from '../export/portable-unit.ts'
import { quadletText, warnOfQuadlet } from '../export/quadlet.ts'
import type { ExportSubject, ExportWarning } from '../export/subject.ts'
import { openRepo } from '../ostree/repo.ts'
import { diskError } from '../sys/failure.ts'
import { printable } from '../sys/printable.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import type { Delivery } from './delivery.ts'
import type { ExportFormat } from './export-formats.ts'
import { historyOf } from './history.ts'
import { readPlaces } from './read-places.ts'
import { lockRepo } from './store-lock.ts'
import { writeArchive, writeText } from './write-archive.ts'
import { writeLayout } from './write-layout.ts'
import { writePortable } from './write-portable.ts'

export interface ExportOptions extends CommandOptions {
  readonly name: string
  readonly format: ExportFormat
  /** File or folder to write; undefined is standard output. */
  readonly output: string | undefined
  /** Undefined: the current one. */
  readonly generation: number | undefined
  /** What the image of a pod is called; undefined: the bundle's name on this machine. */
  readonly image: string | undefined
  /** Milliseconds to wait for a garbage collection that goes on in the store. */
  readonly lockTimeout: number
}

interface Format {
  warn(subject: ExportSubject): readonly ExportWarning[]
  write(delivery: Delivery): Promise<void>
}

const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  tar: { warn: warnOfArchive, write: delivery => writeArchive(delivery, bundleMembers(delivery.subject)) },
  oci: { warn: warnOfImage, write: writeLayout },
  portable: { warn: warnOfPortable, write: writePortable },
  quadlet: {
    warn: warnOfQuadlet,
    write: delivery => writeText(delivery, quadletText(delivery.subject, delivery.rootfs)),
  },
  'k8s-pod': {
    warn: warnOfPod,
    write: delivery => writeText(delivery, podText(delivery.subject, delivery.image)),
  },
}

/**
 * Exports a generation. What the format cannot carry is said on standard error.
 * @throws CtrbuildError USAGE, GENERATION_MISSING, OBJECT_DAMAGED, STORE_BUSY, OUT_FOREIGN, DISK, PERMISSION
 */
export async function exportBundle(options: ExportOptions, surroundings: Surroundings): Promise<number> {
  const { name, format, output, lockTimeout } = options
  const places = readPlaces(options, surroundings)
  if (places === undefined) return EXIT_STATUS.SPEC_INVALID
  const generation = chosenOf(historyOf(places, name), options)
  const repo = openRepo(places.repo)
  if (repo === undefined) throw new CtrbuildError('REPO_INVALID', `there is no store at ${places.store}`)
  // Nothing may be collected while it is read.
  const lock = await lockRepo(places, { exclusive: false, lockTimeout }, surroundings)
  try {
    const subject = readExported(repo, name, generation)
    const { warn, write } = FORMATS[format]
    for (const warning of warn(subject)) tell(warning, options, surroundings)
    await write({
      subject,
      repo,
      rootfs: join(options.generation === undefined ? join(places.out, name) : generation.path, 'rootfs'),
      image: options.image ?? `localhost/${name}:latest`,
      output: output === undefined ? undefined : resolve(surroundings.cwd, output),
      surroundings,
    })
    return 0
  } catch (error) {
    throw diskError(error, `cannot write ${output ?? 'to standard output'}`)
  } finally {
    lock.release()
  }
}

function chosenOf(history: readonly Generation[], { name, generation }: ExportOptions): Generation {
  const chosen = history.find(one => (generation === undefined ? one.isCurrent : one.number === generation))
  if (chosen !== undefined) return chosen
  const what = generation === undefined ? 'no current generation' : `no generation ${generation}`
  throw new CtrbuildError('GENERATION_MISSING', `${name} has ${what}`, {
    hint: `"ctrbuild history ${name}" shows which there are`,
  })
}

function tell(
  { code, key, message }: ExportWarning,
  { progress }: ExportOptions,
  { stderr }: Surroundings,
): void {
  stderr.write(
    progress === 'json'
      ? `${JSON.stringify({ kind: 'warning', code, key, message })}\n`
      : `warning ${code}: ${printable(`${key}: ${message}`)}\n`,
  )
}

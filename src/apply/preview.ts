/** What a plan would make of the files that `install` puts in place: shown before anything is made. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import type { Repo } from '../ostree/types.ts'
import { type FileChange, fileChanges } from '../plan/file-changes.ts'
import type { Desired, DesiredBundle, Observed, Plan } from '../plan/types.ts'
import { INSTALL_LIST, SYSTEM_FOLDER } from '../system/install-files.ts'
import { hasSystem } from '../system/system.ts'
import { describeBundle, type Scene } from './describe.ts'
import { currentGeneration } from './generations.ts'
import { readChain } from './sides.ts'

/** What is known of the bundles that change, by name. */
export interface Preview {
  readonly files: ReadonlyMap<string, readonly FileChange[]>
  /** Why a service could not be made, in sentences. */
  readonly notes: readonly string[]
}

/** Looks at those bundles that change and whose layers are in the store: of the others nothing is known yet. */
export async function previewServices(
  scene: Scene,
  repo: Repo | undefined,
  desired: Desired,
  observed: Observed,
  { changes }: Pick<Plan, 'changes'>,
): Promise<Preview> {
  const files = new Map<string, readonly FileChange[]>()
  const notes: string[] = []
  const wanted = new Map(desired.bundles.map(bundle => [bundle.name, bundle]))
  for (const { name, action } of changes) {
    if (action === 'none') continue
    const before = filesBefore(scene.places.out, name, observed)
    const bundle = wanted.get(name)
    try {
      const after = action === 'remove' ? NO_FILES : await filesAfter(scene, repo, desired, bundle!)
      const changed = after === undefined ? [] : fileChanges(before, after)
      if (changed.length > 0) files.set(name, changed)
    } catch (error) {
      if (!(error instanceof CtrbuildError)) throw error
      notes.push(`${name} cannot be made: ${error.message}`)
    }
  }
  return { files, notes }
}

type Files = ReadonlyMap<string, string | Buffer>
const NO_FILES: Files = new Map()

function filesBefore(out: string, name: string, observed: Observed): Files {
  const generation = currentGeneration(out, name)
  const paths = Object.keys(observed.bundles.get(name)?.stamp?.files ?? {}).filter(isShown)
  return new Map(
    paths.flatMap(path => {
      try {
        return [[path, readFileSync(join(generation, path))] as const]
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return []
        throw error
      }
    }),
  )
}

/** Undefined where it is not known: the image has to be fetched first. */
async function filesAfter(
  scene: Scene,
  repo: Repo | undefined,
  desired: Desired,
  bundle: DesiredBundle,
): Promise<Files | undefined> {
  const tree = readChain(repo, bundle.chainId, bundle.chain)
  if (Array.isArray(tree)) return undefined
  const image = desired.images.find(({ key }) => key === bundle.images.at(-1))!
  const { config } = await scene.source.documents(image.spec, image.locked, scene.signal)
  if (!hasSystem(bundle.spec, parseImageConfig(config.bytes))) return NO_FILES
  const { files } = await describeBundle(scene, bundle, image, tree)
  return new Map(files.filter(({ path }) => isShown(path)).map(({ path, content }) => [path, content]))
}

/** The list follows from the files. */
function isShown(path: string): boolean {
  return path.startsWith(`${SYSTEM_FOLDER}/`) && path !== INSTALL_LIST
}

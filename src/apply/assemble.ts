/** A bundle's generation: the rootfs, config.json, scripts, links to mounts, and last the stamp. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Bundle, bundleDigest } from '../bundle/bundle.ts'
import { warnOfOwners } from '../bundle/owners.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import { checkoutTree } from '../ostree/checkout.ts'
import type { AssembleStep, DesiredBundle, Stamp } from '../plan/types.ts'
import type { Trace } from '../report/trace.ts'
import type { Dir } from '../tree/node.ts'
import { describeBundle, identityOf, type Scene } from './describe.ts'
import { beginGeneration, COPIED, type Draft, removeTree, STAMP } from './generations.ts'
import { makeMountLinks } from './mount-links.ts'
import { rootfsOf } from './rootfs-tree.ts'
import { stampText } from './stamp.ts'
import { unionOf } from './unions.ts'
import { imageOf, type Union, type Work } from './work.ts'

/** A bundle that only has to be made. */
interface Described {
  readonly desired: DesiredBundle
  readonly action: AssembleStep['action']
  readonly bundle: Bundle
  readonly union: Union
  readonly digest: Digest
}

/** Performs an assemble step: the generation is complete afterwards, and waits to be switched to. */
export async function assembleBundle(work: Work, step: AssembleStep, trace: Trace): Promise<void> {
  const described = await work.serial(() => describe(work, step))
  await work.checkouts(() => trace.span('assemble', inside => makeGeneration(work, described, inside)))
}

async function describe(work: Work, { name, action }: AssembleStep): Promise<Described> {
  const desired = work.plan.bundles.find(bundle => bundle.name === name)!
  const union = unionOf(work, desired.chainId)
  const image = imageOf(work, desired.images.at(-1)!)
  const bundle = await describeBundle(sceneOf(work), desired, image, union.root)
  const identity = await identityOf(sceneOf(work), desired, image, union.root, bundle)
  const owners = warnOfOwners(bundle.config, work.privilege, union.root)
  for (const { code, message, hint } of [...bundle.warnings, ...owners]) {
    work.reporter.event({
      kind: 'warning',
      code,
      message: `${name}: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  return { desired, action, bundle, union, digest: bundleDigest(identity, union) }
}

async function makeGeneration(work: Work, described: Described, trace: Trace): Promise<void> {
  const { desired, action, bundle, union, digest } = described
  const rootfs = rootfsOf(union.root, bundle.points)
  const draft = beginGeneration(work.places.out, desired.name)
  try {
    await trace.span('check out', () => checkOut(work, desired, rootfs, draft))
    for (const { path, mode, content } of bundle.files) {
      mkdirSync(dirname(join(draft.path, path)), { recursive: true, mode: 0o755 })
      writeFileSync(join(draft.path, path), content, { mode, flag: 'wx' })
    }
    makeMountLinks(work, draft, bundle)
    writeFileSync(join(draft.path, STAMP), stampText(stampOf(work, desired, digest, bundle)), {
      mode: 0o644,
      flag: 'wx',
    })
    work.drafts.push({ draft, action, digest })
  } catch (error) {
    removeTree(draft.path)
    throw error
  }
}

async function checkOut(work: Work, desired: DesiredBundle, rootfs: Dir, draft: Draft): Promise<void> {
  const { stage, signal, reporter, readers, links } = work
  const { fallback } = await checkoutTree(rootfs, join(draft.path, 'rootfs'), {
    objects: sceneOf(work).objects,
    mode: stage.repo.mode,
    copy: desired.spec.rootfs === 'copy',
    signal,
    link: job => links(() => readers.link(job)),
  })
  if (fallback !== undefined)
    writeFileSync(join(draft.path, COPIED), `${fallback}\n`, { mode: 0o644, flag: 'wx' })
  if (fallback === undefined || fallback === 'EMLINK') return
  reporter.event({
    kind: 'warning',
    code: fallback,
    message: `${draft.name}: files were copied, since the file system does not link them from the store`,
    hint: 'Put store and out on one file system, and let one user own both',
  })
}

/** New objects are in the stage, those that were there before in the repository. */
function sceneOf(work: Work): Scene {
  const { stage } = work
  return { ...work, objects: [stage.path, join(stage.repo.path, 'objects')] }
}

function stampOf(work: Work, desired: DesiredBundle, digest: Digest, { files, points }: Bundle): Stamp {
  return {
    formatVersion: 1,
    name: desired.name,
    inputs: desired.inputs,
    digest,
    privilege: work.privilege.kind,
    chainId: desired.chainId,
    layers: desired.chain,
    config: desired.config,
    images: desired.images.map(key => {
      const { reference, manifest } = imageOf(work, key).locked
      return { reference, manifest: manifest.digest }
    }),
    spec: desired.spec,
    points,
    files: Object.fromEntries(files.map(({ path, content }) => [path, digestOf(content)])),
  }
}

/**
 * Parts of ctrbuild alone, each called as apply calls it, in a process of its own:
 *
 *     driver.js import BLOB DIFFID REPO     one layer into a new repository, durable and with its refs
 *     driver.js checkout REPO FOLDER        the only union of a repository, once more
 *
 * It prints the seconds that the part took, without starting Node and reading the listing.
 */
import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DiffId, Digest } from '../src/oci/digest.ts'
import { TAR_LIMITS } from '../src/oci/tar/limits.ts'
import { checkoutTree } from '../src/ostree/checkout.ts'
import { commitLayer } from '../src/ostree/commit-layer.ts'
import { importLayer, type LayerBlob } from '../src/ostree/import-layer.ts'
import { readListing } from '../src/ostree/listings.ts'
import { objectWriter } from '../src/ostree/object-writer.ts'
import { startReaders } from '../src/ostree/readers.ts'
import { listRefs } from '../src/ostree/refs.ts'
import { initRepo, openRepo } from '../src/ostree/repo.ts'
import { beginStage, discard, publish } from '../src/ostree/stage.ts'
import { syncFs } from '../src/sys/atomic.ts'
import { decodeListing } from '../src/tree/listing.ts'

const { signal } = new AbortController()

async function importOne(path: string, diffId: DiffId, folder: string): Promise<number> {
  const began = performance.now()
  const stage = beginStage(initRepo(folder, process.geteuid!() === 0 ? 'bare' : 'bare-user'), 'bench')
  const writer = objectWriter(stage)
  const readers = startReaders(1)
  const digest = `sha256:${basename(path)}` as Digest
  const { size } = statSync(path)
  const blob: LayerBlob = { path, name: 'layer', digest, size, diffId, compression: 'gzip' }
  const limits = { ...TAR_LIMITS, ratio: 1000 }
  const layer = await importLayer(blob, { writer, readers, limits, signal, progress: () => undefined })
  const refs = commitLayer(writer, blob, layer)
  await syncFs(stage.path)
  publish(stage, refs)
  await readers.close()
  discard(stage)
  return performance.now() - began
}

async function checkoutOnly(folder: string, destination: string): Promise<number> {
  const repo = openRepo(resolve(folder))!
  const [ref] = listRefs(repo, 'ctrbuild/union/').keys()
  const root = decodeListing(readListing(repo, ref!)!)
  const began = performance.now()
  await checkoutTree(root, destination, {
    objects: [join(repo.path, 'objects')],
    mode: repo.mode,
    copy: false,
    signal,
  })
  return performance.now() - began
}

const [part, ...args] = process.argv.slice(2)
const milliseconds =
  part === 'import'
    ? await importOne(args[0]!, args[1] as DiffId, resolve(args[2]!))
    : await checkoutOnly(args[0]!, resolve(args[1]!))
process.stdout.write(`seconds: ${(milliseconds / 1000).toFixed(4)}\n`)
// As ctrbuild itself: timers that nobody needs any more are not waited for.
process.exit()

/** A layer imported by ctrbuild is, object by object and bit by bit, what libostree makes of the same tar. */
import { execFileSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { initRepo } from '../../src/ostree/repo.ts'
import type { RepoMode } from '../../src/ostree/types.ts'
import { countTree } from '../../src/tree/stats.ts'
import { ostree, ostreeRepo } from '../ostree/repositories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { padded, type TarInput, tarHeader, writeTar } from '../support/tar-writer.ts'
import { memoryFolder } from './ostree-folder.ts'
import { importTars, listOf, MODES, objectsOf, ostreeImport } from './ostree-import.ts'
import { randomLayer } from './ostree-random-layer.ts'

const LAYERS = Number(process.env.LAYERS ?? 30)
const SEED = Number(process.env.SEED ?? 1)
/** What takes minutes runs in `make oracle` only. */
const isThorough = process.env.REQUIRE_TOOLS === '1'
const IMAGES = fileURLToPath(new URL('../../examples/images', import.meta.url))
const HOLES = `
  printf begin >a; truncate -s 10M a; printf end >>a
  truncate -s 5M b; printf x >>b; truncate -s 9M b
  pack() { tar --create --sparse --hole-detection=raw --mtime=@0 "$@" a b; }
  pack --file=gnu.tar --format=gnu
  for version in 0.0 0.1 1.0; do pack --file=posix-$version.tar --format=posix --sparse-version=$version; done`
const DEMO = ['busybox', 'redis', 'nginx', 'etcd']

/** Imports tars both ways; every commit and then every object must be the same, and fsck must find nothing. */
function compare(what: string, folder: string, mode: RepoMode, tars: ReadonlyMap<string, string>): void {
  const ours = initRepo(join(folder, 'ours'), mode)
  const theirs = ostreeRepo(folder, mode)
  let entries = 0
  for (const [ref, { commit, root, dropped }] of importTars(ours, tars)) {
    const wanted = ostreeImport(
      theirs,
      ref,
      tars.get(ref)!,
      dropped.map(({ path }) => path),
    )
    // Listings say more than checksums do.
    if (commit !== wanted) expect(listOf(ours, commit), ref).toBe(listOf(theirs, wanted))
    expect(commit, ref).toBe(wanted)
    entries += countTree(root).entries
  }
  const objects = objectsOf(ours)
  expect(objects).toEqual(objectsOf(theirs))
  expect(ostree(ours.path, 'fsck')).toContain('no errors found')
  for (const { path } of [ours, theirs]) rmSync(path, { recursive: true })
  const sum = `${tars.size} of ${tars.size} layers equal, ${entries} entries, ${objects.size} objects`
  console.log(`libostree, ${mode}, ${what}: ${sum}`)
}

describe.each(MODES)('in a %s repository', mode => {
  test(`${LAYERS} random layers`, { timeout: 60_000 + LAYERS * 1000 }, async ctx => {
    needs(ctx, 'ostree')
    const folder = await memoryFolder()
    const seeds = Array.from({ length: LAYERS }, (_, i) => SEED + i)
    const tars = seeds.map(seed => tarOf(folder, `seed${seed}`, randomLayer(seed)))
    compare('random', folder, mode, new Map(tars))
  })

  test("the demo's images", { timeout: 300_000 }, async ctx => {
    needs(ctx, 'ostree')
    if (!existsSync(join(IMAGES, 'index.json'))) ctx.skip('make demo has not made its images')
    const folder = await memoryFolder()
    const tars = demoLayers().map(digest => {
      const path = join(folder, `demo-${digest.slice(0, 12)}.tar`)
      writeFileSync(path, gunzipSync(readFileSync(join(IMAGES, 'blobs/sha256', digest))))
      return [`demo-${digest}`, path] as const
    })
    expect(tars).toHaveLength(8)
    compare('demo', folder, mode, new Map(tars))
  })

  test('devices and pipes, which both leave out', async ctx => {
    needs(ctx, 'ostree')
    const folder = await memoryFolder()
    const tar = tarOf(folder, 'devices', [
      { path: './', type: 'dir' },
      { path: './dev/', type: 'dir', mode: 0o711 },
      { path: './dev/null', type: 'char', mode: 0o666 },
      { path: './dev/sda', type: 'block', device: [8, 0] },
      { path: './dev/pipe', type: 'fifo' },
      { path: './dev/file', type: 'file', content: Buffer.from('kept') },
      { path: './only/for/it/pipe', type: 'fifo' },
      { path: './also/for/pipe', type: 'fifo' },
      { path: './also/file', type: 'file' },
    ])
    compare('devices', folder, mode, new Map([tar]))
  })

  test('files with holes, as GNU tar packs them', async ctx => {
    needs(ctx, 'ostree', 'tar', 'truncate')
    const folder = await memoryFolder()
    execFileSync('sh', ['-ec', HOLES], { cwd: folder })
    const names = ['gnu', 'posix-0.0', 'posix-0.1', 'posix-1.0']
    const tars = names.map(name => [name, join(folder, `${name}.tar`)] as const)
    for (const [, tar] of tars) expect(readFileSync(tar).length).toBeLessThan(1 << 20)
    compare('sparse', folder, mode, new Map(tars))
  })

  test('a layer of 500 MB', { timeout: 600_000 }, async ctx => {
    needs(ctx, 'ostree')
    if (!isThorough) ctx.skip('runs in make oracle')
    const folder = await temporaryFolder()
    compare('500 MB', folder, mode, new Map([['large', largeTar(join(folder, 'large.tar'))]]))
  })

  test('a whole Debian', { timeout: 900_000 }, async ctx => {
    needs(ctx, 'ostree')
    if (!isThorough) ctx.skip('runs in make oracle')
    const folder = await temporaryFolder()
    compare('Debian', folder, mode, new Map([['debian', await debianTar(ctx)]]))
  })
})

function tarOf(folder: string, name: string, members: readonly TarInput[]): [ref: string, path: string] {
  const path = join(folder, `${name}.tar`)
  writeFileSync(path, writeTar(members))
  return [name, path]
}

/** Digests of the layers of all images in the demo's layout, each once, without their algorithm. */
function demoLayers(): string[] {
  const read = (path: string) => JSON.parse(readFileSync(join(IMAGES, path), 'utf8'))
  const blob = (digest: string) => `blobs/sha256/${digest.slice(7)}`
  const manifests: { digest: string; annotations: Record<string, string> }[] = read('index.json').manifests
  const tags = manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'])
  expect(tags.toSorted()).toEqual(DEMO.toSorted())
  const layers = manifests.flatMap(({ digest }) => read(blob(digest)).layers as { digest: string }[])
  return [...new Set(layers.map(({ digest }) => digest.slice(7)))]
}

/** One file of 300 MB, one of 100 MB, and 2000 of 50 kB, of bytes that repeat nothing. */
function largeTar(path: string): string {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  const zeros = Buffer.alloc(1 << 20)
  const fd = openSync(path, 'w')
  const add = (name: string, size: number) => {
    writeSync(fd, tarHeader({ name, typeflag: '0', size, mode: 0o755 }))
    for (let left = size; left > 0; left -= zeros.length)
      writeSync(fd, padded(noise.update(zeros.subarray(0, Math.min(left, zeros.length)))))
  }
  add('large', 300_000_000)
  add('medium', 100_000_000)
  for (let i = 0; i < 2000; i++) add(`small/${i % 40}/${i}`, 50_000)
  writeSync(fd, Buffer.alloc(1024))
  closeSync(fd)
  return path
}

let debian: Promise<string> | undefined

/** The tar named by DEBIAN_TAR, or one that mmdebstrap makes of the release that this machine runs. */
function debianTar(ctx: Parameters<typeof needs>[0]): Promise<string> {
  needs(ctx, 'mmdebstrap')
  debian ??= makeDebian()
  return debian
}

async function makeDebian(): Promise<string> {
  if (process.env.DEBIAN_TAR !== undefined) return process.env.DEBIAN_TAR
  const tar = join(await temporaryFolder(), 'debian.tar')
  const [, suite = 'stable'] = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  execFileSync('mmdebstrap', ['--quiet', '--variant=minbase', suite, tar], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return tar
}

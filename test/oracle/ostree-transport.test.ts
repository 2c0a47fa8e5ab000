/**
 * skopeo's `ostree:` transport, which is gone, and the atomic program kept images in a repository in a way of their own.
 * Our repository is one of theirs: a reader that knows only their way, and the ostree program, finds everything. And
 * theirs is one of ours: it is read, and an apply takes it over.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { readCommit, readContent, readTree } from '../../src/ostree/read.ts'
import { listRefs, readRef, unescapeImageName } from '../../src/ostree/refs.ts'
import { openRepo } from '../../src/ostree/repo.ts'
import type { Checksum, Repo } from '../../src/ostree/types.ts'
import { ostree, ostreeRepo } from '../ostree/repositories.ts'
import type { BuiltImage } from '../support/image.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { memoryFolder } from './ostree-folder.ts'
import { MODES } from './ostree-import.ts'

const f = (path: string, content = path): TarInput => ({ path, type: 'file', content: Buffer.from(content) })
const LAYERS = [
  [{ path: 'etc/', type: 'dir' }, f('etc/passwd', 'root:x:0:0::/:/bin/sh\n'), f('etc/old'), f('tool')],
  [{ path: 'etc/', type: 'dir' }, f('etc/.wh.old', ''), { path: 'etc/l', type: 'symlink', target: 'passwd' }],
] satisfies TarInput[][]
const TARS = LAYERS.map(writeTar)
const NAME = 'oci:images:one'
const ZEROS = '0'.repeat(64)

beforeEach(ctx => needs(ctx, 'skopeo', 'ostree'))

async function projectWithImage(): Promise<{ project: Project; image: BuiltImage }> {
  const project = await newProject(await memoryFolder())
  const config = { Cmd: ['/tool'], Labels: { 'atomic.type': 'system' } }
  const image = await project.layout.add({ layers: TARS, config }, 'one')
  await project.write(`bundles: { one: { image: "${NAME}" } }\n`)
  return { project, image }
}

/** A value of a commit's metadata: only text is printed in quotes. */
function metadata(repo: string, ref: string, key: string): string {
  const printed = ostree(repo, 'show', `--print-metadata-key=${key}`, ref)
  expect(printed, `${key} of ${ref} is text`).toMatch(/^'.*'$/s)
  return printed.slice(1, -1)
}

const hex = ({ digest }: { digest: string }) => digest.slice('sha256:'.length)

describe('our repository', () => {
  test('is read by whoever knows the transport only', async () => {
    const { project, image } = await projectWithImage()
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    const repo = join(project.folder, '.ctrbuild/repo')
    const refs = ostree(repo, 'refs', '--list', 'ociimage').split('\n')
    const blobs = [image.config, ...image.layers].map(hex)
    expect(refs.toSorted()).toEqual(
      [...blobs, 'oci_3Aimages_3Aone'].map(name => `ociimage/${name}`).toSorted(),
    )

    // atomic: from the name to the manifest, to the layers; the article: the manifest as a file.
    const text = metadata(repo, 'ociimage/oci_3Aimages_3Aone', 'docker.manifest')
    expect(ostree(repo, 'cat', 'ociimage/oci_3Aimages_3Aone', '/manifest.json')).toBe(text)
    expect(metadata(repo, 'ociimage/oci_3Aimages_3Aone', 'docker.digest')).toBe(image.manifest.digest)
    expect(metadata(repo, 'ociimage/oci_3Aimages_3Aone', 'signatures')).toBe('0')
    const manifest = JSON.parse(text) as { schemaVersion: number; layers: { digest: string; size: number }[] }
    expect(manifest.schemaVersion).toBe(2)
    expect(manifest.layers.map(hex)).toEqual(image.layers.map(hex))
    for (const [i, layer] of manifest.layers.entries()) {
      const ref = `ociimage/${hex(layer)}`
      expect(metadata(repo, ref, 'docker.size')).toBe(String(layer.size))
      expect(metadata(repo, ref, 'docker.uncompressed_size')).toBe(String(TARS[i]!.length))
      expect(metadata(repo, ref, 'docker.uncompressed_digest')).toBe(image.diffIds[i])
    }
    const config = `ociimage/${hex(image.config)}`
    expect(metadata(repo, config, 'docker.size')).toBe(String(image.config.size))
    expect(JSON.parse(ostree(repo, 'cat', config, '/content')).config.Labels).toEqual({
      'atomic.type': 'system',
    })
  })

  test('has commits and trees as the transport made them, but for the time', async () => {
    const { project, image } = await projectWithImage()
    await project.run(['apply'])
    const repo = openRepo(join(project.folder, '.ctrbuild/repo'))!
    for (const [ref, commit] of listRefs(repo, 'ociimage/')) {
      expect(readCommit(repo, commit), ref).toMatchObject({
        parent: 'zeros',
        subject: '',
        body: '',
        timestamp: 0,
      })
      expect(ostree(repo.path, 'show', ref)).toContain(`Parent:  ${ZEROS}`)
    }
    const list = (ref: string) => ostree(repo.path, 'ls', '-R', ref).replaceAll(/ +/g, ' ').split('\n')
    expect(list(`ociimage/${hex(image.config)}`)).toEqual([
      'd00700 0 0 0 /',
      `-00644 0 0 ${image.config.size} /content`,
    ])
    expect(list('ociimage/oci_3Aimages_3Aone')).toEqual([
      'd00755 0 0 0 /',
      `-00644 0 0 ${image.manifest.size} /manifest.json`,
    ])
    expect(list(`ociimage/${hex(image.layers[1]!)}`)).toEqual([
      'd00755 0 0 0 /',
      'd00755 0 0 0 /etc',
      '-00644 0 0 0 /etc/.wh.old',
      'l00777 0 0 0 /etc/l -> passwd',
    ])
  })
})

describe.each(MODES)('a %s repository of the transport', mode => {
  /** Writes an image's commits as skopeo did: with the ostree program, and no more. */
  function writeAsSkopeo(repo: string, folder: string, image: BuiltImage, documents: Documents): void {
    const commit = (name: string, source: string, values: Record<string, string>) => {
      const strings = Object.entries(values).map(([key, value]) => `--add-metadata-string=${key}=${value}`)
      const argv = [
        '--no-bindings',
        `--parent=${ZEROS}`,
        '--timestamp=@1500000000',
        '--tar-autocreate-parents',
        // As when root pulled, whoever runs the test.
        '--owner-uid=0',
        '--owner-gid=0',
      ]
      ostree(repo, 'commit', ...argv, `--branch=ociimage/${name}`, ...strings, source)
    }
    const folderWith = (name: string, content: string, permissions: number) => {
      mkdirSync(join(folder, name), { mode: permissions })
      writeFileSync(join(folder, name, name), content, { mode: 0o644 })
      return `--tree=dir=${join(folder, name)}`
    }
    for (const [i, layer] of image.layers.entries()) {
      writeFileSync(join(folder, `${i}.tar`), TARS[i]!)
      commit(hex(layer), `--tree=tar=${join(folder, `${i}.tar`)}`, {
        'docker.size': String(layer.size),
        'docker.uncompressed_size': String(TARS[i]!.length),
        'docker.uncompressed_digest': image.diffIds[i]!,
        'tarsplit.output': 'H4sIAAAAAAAA',
      })
    }
    const size = { 'docker.size': String(image.config.size) }
    commit(hex(image.config), folderWith('content', documents.config, 0o700), size)
    commit('oci_3Aimages_3Aone', folderWith('manifest.json', documents.manifest, 0o755), {
      'docker.manifest': documents.manifest,
      signatures: '0',
      'docker.digest': image.manifest.digest,
    })
  }

  test('is read', async () => {
    const { project, image } = await projectWithImage()
    const repo = ostreeRepo(project.folder, mode)
    const documents = await documentsOf(project, image)
    writeAsSkopeo(repo.path, project.folder, image, documents)
    const refs = listRefs(repo, 'ociimage/')
    expect([...refs.keys()].map(ref => unescapeImageName(ref.slice('ociimage/'.length))).toSorted()).toEqual(
      [...[image.config, ...image.layers].map(hex), NAME].toSorted(),
    )
    const named = readCommit(repo, refs.get('ociimage/oci_3Aimages_3Aone')!)
    expect(named.metadata['docker.manifest']).toBe(documents.manifest)
    expect(named.parent).toBe('zeros')
    expect(fileIn(repo, refs.get('ociimage/oci_3Aimages_3Aone')!, 'manifest.json')).toBe(documents.manifest)
    expect(fileIn(repo, refs.get(`ociimage/${hex(image.config)}`)!, 'content')).toBe(documents.config)
    const layer = readRef(repo, `ociimage/${hex(image.layers[0]!)}`)!
    expect(readCommit(repo, layer).metadata).toMatchObject({
      'docker.size': String(image.layers[0]!.size),
      'tarsplit.output': 'H4sIAAAAAAAA',
    })
    const root = readTree(repo, layer)
    expect([...root.children.keys()]).toEqual(['tool', 'etc'])
  })

  test('is taken over by an apply', async ctx => {
    const { project: mine, image } = await projectWithImage()
    mkdirSync(join(mine.folder, '.ctrbuild'), { mode: 0o700 })
    const made = ostreeRepo(join(mine.folder, '.ctrbuild'), mode)
    writeAsSkopeo(made.path, mine.folder, image, await documentsOf(mine, image))
    renameSync(made.path, join(mine.folder, '.ctrbuild/repo'))
    const project = mode === 'bare' ? mine : await asPlainUser(ctx, mine)
    const repo = openRepo(join(project.folder, '.ctrbuild/repo'))!
    const roots = rootsOf(repo)
    const objects = objectsIn(repo)
    expect(await project.run(['apply'])).toMatchObject({ status: 0 })
    // The same trees under the same refs, and not one of their objects written again.
    expect(rootsOf(repo)).toEqual(roots)
    for (const [name, inode] of objects) expect(objectsIn(repo).get(name), name).toBe(inode)
    expect(ostree(repo.path, 'fsck')).toContain('no errors found')
  })
})

interface Documents {
  readonly manifest: string
  readonly config: string
}

async function documentsOf(project: Project, image: BuiltImage): Promise<Documents> {
  const read = async (placed: { digest: string }) =>
    (await project.tool('cat', `images/blobs/sha256/${hex(placed)}`)).stdout
  return { manifest: await read(image.manifest), config: await read(image.config) }
}

function fileIn(repo: Repo, commit: Checksum, name: string): string {
  const file = readTree(repo, commit).children.get(name)
  if (file?.kind !== 'file') throw new Error(`there is no file ${name}`)
  return readContent(repo, file.checksum as Checksum, 1 << 20).toString()
}

function rootsOf(repo: Repo): Map<string, string> {
  return new Map(
    [...listRefs(repo, 'ociimage/')].map(([ref, commit]) => [ref, readCommit(repo, commit).tree]),
  )
}

function objectsIn({ path }: Repo): Map<string, number> {
  const objects = join(path, 'objects')
  const names = readdirSync(objects, { recursive: true, encoding: 'utf8' }).filter(name => name.includes('.'))
  return new Map(names.map(name => [name, lstatSync(join(objects, name)).ino]))
}

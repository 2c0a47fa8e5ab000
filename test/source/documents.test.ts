import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockedImage } from '../../src/lock/locked-image.ts'
import { digestOf } from '../../src/oci/digest.ts'
import { cachedSource } from '../../src/source/cached.ts'
import { type DocumentStore, documentStore } from '../../src/source/documents.ts'
import { readDocument } from '../../src/source/read-document.ts'
import type { ImageSource, ResolvedImage } from '../../src/source/types.ts'
import type { ImageSpec } from '../../src/spec/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { imageSpec, resolvedImage } from '../support/lock.ts'
import { remember } from '../support/observer.ts'
import { problemOf } from '../support/problem.ts'

const signal = new AbortController().signal
const folder = await temporaryFolder()
let folders = 0

function newStore(): { store: DocumentStore; path: string } {
  const path = join(folder, String(folders++))
  return { store: documentStore(path), path }
}

async function filesBelow(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

test('a document is got by the digest of its bytes', async () => {
  const { store } = newStore()
  const bytes = Buffer.from('{"a": 1}')
  expect(await store.get(digestOf(bytes))).toBeUndefined()
  expect(await store.put(bytes)).toBe(digestOf(bytes))
  expect(await store.put(bytes)).toBe(digestOf(bytes))
  expect(await store.get(digestOf(bytes))).toEqual(bytes)
})

test('a damaged document is not there, and can be put again', async () => {
  const { store, path } = newStore()
  const bytes = Buffer.from('{"a": 1}')
  await store.put(bytes)
  for (const file of await filesBelow(join(path, 'content-v2'))) {
    await writeFile(file, (await readFile(file, 'utf8')).replace('1', '2'))
  }
  expect(await store.get(digestOf(bytes))).toBeUndefined()
  await store.put(bytes)
  expect(await store.get(digestOf(bytes))).toEqual(bytes)
})

test('a document is read where cacache keeps it', async () => {
  const { store, path } = newStore()
  const bytes = Buffer.from('{"a": 1}')
  expect(readDocument(path, digestOf(bytes))).toBeUndefined()
  await store.put(bytes)
  expect(readDocument(path, digestOf(bytes))).toEqual(bytes)
  for (const file of await filesBelow(join(path, 'content-v2'))) await writeFile(file, '{"a": 2}')
  expect(readDocument(path, digestOf(bytes))).toBeUndefined()
})

const answer = resolvedImage(['a', 'b'])
const tag = imageSpec('redis:7')
const pinned = imageSpec(`redis:7@${answer.manifest.digest}`)
const local = imageSpec('oci:images:redis')

/** Gives one image for every name, and remembers what it was asked. */
function setUp(options: { offline: boolean; found?: ResolvedImage }) {
  const asked: ImageSpec[] = []
  const fetched: ImageSpec[] = []
  const inner: ImageSource = {
    async resolve(image) {
      asked.push(image)
      return options.found ?? answer
    },
    async fetch(image) {
      fetched.push(image)
    },
  }
  const { store } = newStore()
  return { source: cachedSource(inner, store, options), store, asked, fetched }
}

test('a tag is asked for each time, a digest once', async () => {
  const { source, asked } = setUp({ offline: false })
  await source.resolve(tag, signal)
  await source.resolve(tag, signal)
  expect(asked).toEqual([tag, tag])
  expect(await source.resolve(pinned, signal)).toEqual(answer)
  expect(asked).toHaveLength(2)
})

test('documents of a locked image are read from the store, or else asked for by digest', async () => {
  const { source, asked } = setUp({ offline: false })
  const locked = lockedImage(answer, tag)
  const { manifest, config } = answer
  expect(await source.documents(tag, locked, signal)).toMatchObject({ manifest, config })
  expect(asked.map(image => image.reference.digest)).toEqual([manifest.digest])
  expect(await source.documents(tag, locked, signal)).toEqual({ manifest, config })
  expect(asked).toHaveLength(1)
})

test('a local image that is another one than when it was locked is refused', async () => {
  const { source } = setUp({ offline: false, found: resolvedImage(['c']) })
  expect(await problemOf(() => source.documents(local, lockedImage(answer, local), signal))).toContain(
    'DIGEST_MISMATCH',
  )
})

test('offline, registries are not asked, and what is known is enough', async () => {
  const { source, store, asked, fetched } = setUp({ offline: true })
  const locked = lockedImage(answer, tag)
  expect(await problemOf(() => source.resolve(tag, signal))).toContain('OFFLINE: image redis:7')
  expect(await problemOf(() => source.documents(tag, locked, signal))).toContain('OFFLINE')
  expect(await problemOf(() => source.fetch(tag, locked, locked.layers, remember(), signal))).toContain(
    '2 of its layers',
  )
  await source.fetch(tag, locked, [], remember(), signal)
  expect(fetched).toHaveLength(1)

  await Promise.all([store.put(answer.manifest.bytes), store.put(answer.config.bytes)])
  expect(await source.resolve(pinned, signal)).toEqual(answer)
  expect((await source.documents(tag, locked, signal)).config).toEqual(answer.config)
  expect(asked).toEqual([])
})

test('offline, local images are read as ever', async () => {
  const { source, asked } = setUp({ offline: true })
  const locked = lockedImage(await source.resolve(local, signal), local)
  await source.fetch(local, locked, locked.layers, remember(), signal)
  expect(asked).toEqual([local])
})

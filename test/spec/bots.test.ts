/**
 * Dependabot and Renovate edit bundles.yaml as they edit manifests of Kubernetes: by the rules that they publish, they
 * find every image of what fmt writes, and change that line alone.
 */
import { readFileSync } from 'node:fs'
import { assert, describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { formatSpec } from '../../src/spec/format/format.ts'
import { good } from './check-spec.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const NEW_DIGEST = `sha256:${'cd'.repeat(32)}`

const SPEC = `apiVersion: ctrbuild/v1
kind: Bundles
images: { hub: { image: "redis:7-alpine@${DIGEST}" }, ghcr: { "image": ghcr.io/example/app:1.2.3 }, own: { image: 'registry.example.org:5000/team/app:2' } }
bundles:
  cache: { args: [a], image: hub }
  web: { image: [own, ghcr] }
  app:
    # Pinned.
    image:
      "ghcr.io/example/other@${DIGEST}"
`
const FORMATTED = formatSpec(SPEC, 'f')
assert(FORMATTED.ok)
const TEXT = FORMATTED.text
/** Images that have a version, as they are written. */
const IMAGES = [
  `redis:7-alpine@${DIGEST}`,
  'ghcr.io/example/app:1.2.3',
  'registry.example.org:5000/team/app:2',
  `ghcr.io/example/other@${DIGEST}`,
]

/** Dependabot's docker ecosystem: shared_file_parser.rb, file_parser.rb and shared_file_updater.rb. */
const DEPENDABOT = {
  file: /^[^.].*\.ya?ml$/i,
  image:
    /^(?:(?<registry>(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])(?:\.(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))+(?::\d+)?)\/)?(?<name>[a-z\d]+(?:(?:[._]|__|-*)[a-z\d]+)*(?:\/[a-z\d]+(?:(?:[._]|__|-*)[a-z\d]+)*)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@sha256:(?<digest>[0-9a-f]{64}))?/,
  line: (image: string) => new RegExp(`^\\s*(?:-\\s)?image:\\s+${image}(?=\\s|$)`, 'gm'),
}

/** Every text that is called `image`, at any depth. */
function deepImages(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = (value as { image?: unknown }).image
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(value).flatMap(deepImages)]
}

/** The image as Dependabot puts it together again from what it read; undefined for one without a version. */
function dependabotName(image: string): string | undefined {
  const { registry, name, tag, digest } = DEPENDABOT.image.exec(image)?.groups ?? {}
  if (tag === undefined && digest === undefined) return undefined
  const prefix = registry === undefined || registry === 'docker.io' ? '' : `${registry}/`
  return `${prefix}${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@sha256:${digest}`}`
}

/** Renovate's kubernetes manager: extract.ts. */
const RENOVATE = {
  file: /(^|\/)bundles\.ya?ml$/,
  header: [/\s*apiVersion\s*:/, /\s*kind\s*:/],
  line: /^\s*-?\s*image:\s*['"]?((?:(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][0-9a-fA-F]{32,}))?)['"]?\s*/,
}

function renovateImages(text: string): string[] {
  return text.split(/\r?\n/).flatMap(line => RENOVATE.line.exec(line)?.[1] ?? [])
}

/** The spec with one image in place of another: what a pull request should come to. */
function meant(image: string, update: string) {
  return good(SPEC.replace(image, update))
}

describe('Dependabot', () => {
  test('takes the file, and finds every image in it', () => {
    expect('bundles.yaml').toMatch(DEPENDABOT.file)
    expect(Object.keys(parseYaml(TEXT))).toEqual(expect.arrayContaining(['apiVersion', 'kind']))
    const found = deepImages(parseYaml(TEXT)).map(dependabotName)
    expect(found.filter(name => name !== undefined)).toEqual(IMAGES)
  })

  test.each(IMAGES)('changes the line of %s', image => {
    const update = image.includes('@') ? image.replace(DIGEST, NEW_DIGEST) : image.replace(/\d+$/, '9')
    const name = dependabotName(image)!
    const changed = TEXT.replace(DEPENDABOT.line(name), line => line.replace(name, update))
    expect(good(changed)).toEqual(meant(image, update))
    expect(good(changed)).not.toEqual(good(TEXT))
  })

  test('leaves docker.io out when it looks for the line, so that there it is left out in the file', () => {
    expect(dependabotName('docker.io/library/redis:7')).toBe('library/redis:7')
    expect('image: docker.io/library/redis:7').not.toMatch(DEPENDABOT.line('library/redis:7'))
    expect(dependabotName('redis:7')).toBe('redis:7')
  })
})

describe('Renovate', () => {
  test('takes the file once it is told its name, and finds every image in it', () => {
    expect('deploy/bundles.yaml').toMatch(RENOVATE.file)
    for (const pattern of RENOVATE.header) expect(TEXT).toMatch(pattern)
    // Names from "images" look like images without a tag: examples/ci/renovate.json leaves those alone.
    expect(renovateImages(TEXT)).toEqual([...IMAGES.slice(0, 3), 'hub', IMAGES[3]])
  })

  test.each(IMAGES)('changes the line of %s', image => {
    const update = `${image.replace(/@.*/, '')}@${NEW_DIGEST}`
    const changed = TEXT.split('\n').map(line =>
      RENOVATE.line.exec(line)?.[1] === image ? line.replace(image, update) : line,
    )
    expect(good(changed.join('\n'))).toEqual(meant(image, update))
  })
})

test('both find the images of the demo and of the README', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const readme = /```yaml\n(apiVersion[^`]*)```/.exec(read('README.md'))![1]!
  for (const text of [readme, read('bundles.yaml')]) {
    const images = deepImages(parseYaml(text))
    expect(images.length).toBeGreaterThan(0)
    for (const image of images) expect(text).toMatch(DEPENDABOT.line(image))
    const isRegistry = (image: string) => /^[\w.-]+\/\S+$/.test(image)
    expect(renovateImages(text)).toEqual(expect.arrayContaining(images.filter(isRegistry)))
  }
})

describe('the configurations of examples/ci', () => {
  const read = (path: string) => readFileSync(new URL(`../../examples/ci/${path}`, import.meta.url), 'utf8')

  test('Renovate takes bundles.yaml, and leaves names from "images" alone', () => {
    const { kubernetes, packageRules, extends: presets } = JSON.parse(read('renovate.json'))
    const [pattern] = kubernetes.managerFilePatterns as string[]
    expect(pattern).toBe(`/${RENOVATE.file.source.replaceAll('\\/', '/')}/`)
    expect(presets).toContain('docker:pinDigests')
    const [names] = packageRules
    expect(names).toMatchObject({ matchManagers: ['kubernetes'], enabled: false })
    const isName = new RegExp((names.matchDepNames[0] as string).slice(1, -1))
    // A dependency is called by its reference without tag and digest.
    const left = renovateImages(TEXT).filter(
      image => !isName.test(image.replace(/@.*/, '').replace(/:[^:/]*$/, '')),
    )
    expect(left).toEqual(IMAGES.filter(image => image.includes('/')))
  })

  test('Dependabot is told of the ecosystem that takes such files', () => {
    const { version, updates } = parseYaml(read('github/dependabot.yml'))
    expect(version).toBe(2)
    expect(updates).toMatchObject([
      { 'package-ecosystem': 'docker', directory: '/', schedule: { interval: 'weekly' } },
    ])
  })

  test('both can edit the images of its bundles.yaml', () => {
    const text = read('bundles.yaml')
    const images = [...good(text).bundles].flatMap(bundle => bundle.images.map(image => image.reference.text))
    for (const image of images) {
      expect(dependabotName(image)).toBe(image)
      expect(text).toMatch(DEPENDABOT.line(image))
      expect(renovateImages(text)).toContain(image)
      expect(image).toContain('/')
    }
  })
})

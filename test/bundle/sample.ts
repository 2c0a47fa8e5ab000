/** A bundle and an image to vary in tests. */
import { type Bundle, type BundleSources, makeBundle } from '../../src/bundle/bundle.ts'
import { digestOf } from '../../src/oci/digest.ts'
import type { ImageConfig, ImageRunConfig } from '../../src/oci/image.ts'
import type { BundleSpec } from '../../src/spec/types.ts'

export const PASSWD = 'root:x:0:0::/root:/bin/sh\nredis:x:999:998::/var/lib/redis:/bin/sh\n'
export const GROUP = 'adm:x:4:redis\n'

export function sampleSpec(keys: Partial<BundleSpec> = {}): BundleSpec {
  return {
    name: 'tiny',
    images: [],
    checkout: 'union',
    args: undefined,
    env: {},
    cwd: undefined,
    user: undefined,
    hostname: 'tiny',
    terminal: false,
    mounts: [],
    namespaces: ['ipc', 'mount', 'pid', 'uts'],
    rootfs: 'readonly',
    runtimes: ['runc', 'crun', 'bwrap-oci', 'bwrap'],
    ...keys,
  }
}

export function sampleImage(
  run: Partial<ImageRunConfig> = {},
  fields: Partial<ImageConfig> = {},
): ImageConfig {
  const none = {
    user: '',
    env: [],
    entrypoint: [],
    cmd: ['sh'],
    workingDir: '',
    volumes: [],
    exposedPorts: [],
  }
  return {
    os: 'linux',
    architecture: 'amd64',
    variant: undefined,
    created: undefined,
    author: undefined,
    diffIds: [],
    run: { ...none, stopSignal: undefined, labels: {}, ...run },
    ...fields,
  }
}

/** Digest of the image's configuration. */
export const IMAGE_ID = digestOf('configuration')
/** What a bundle of root's has in its config.json. */
export const FACTS = { destdir: '.', run: '/run', state: '/var/lib', conf: '/etc', uid: '0', gid: '0' }

/** A bundle of root's, unless said otherwise. */
export function sampleBundle(sources: Partial<BundleSources> = {}): Bundle {
  return makeBundle({
    spec: sampleSpec(),
    image: sampleImage(),
    accounts: { passwd: PASSWD, group: GROUP },
    privilege: { kind: 'root' },
    kinds: new Map(),
    realPath: path => path,
    service: { exports: undefined, imageId: IMAGE_ID, facts: FACTS },
    ...sources,
  })
}

/** The content of one of a bundle's files. */
export function fileOf(bundle: Bundle, path: string): string {
  return String(bundle.files.find(file => file.path === path)!.content)
}

/** A value as indented text, with what fits on one line in one line. */
export function outline(value: unknown, indent = ''): string {
  const line = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || line.length < 125) return line
  const below = `${indent}  `
  const parts = Object.entries(value).map(([name, part]) => {
    const label = Array.isArray(value) ? '-' : `${name}:`
    const text = outline(part, below)
    return `\n${below}${label}${text.startsWith('\n') ? '' : ' '}${text}`
  })
  return parts.join('')
}

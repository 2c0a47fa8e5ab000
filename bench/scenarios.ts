/** What is measured, and what it should come to. */
import { FLEET } from './images.ts'
import { OURS, PARTS, PLAIN_WAYS, WAYS, type Way } from './ways.ts'

/** Ways that are run in turn on the same images. */
export interface Scenario {
  readonly id: string
  readonly title: string
  readonly images: readonly string[]
  /** Only the image's lowest layer counts. */
  readonly isOneLayer?: boolean
  readonly ways: readonly Way[]
  /** How many times as often as the others it is run; 0: only once, to look at memory. */
  readonly often: number
  /** Its scripts find all images applied in a folder `$PREPARED`. */
  readonly isPrepared?: boolean
}

/** A bound on how long one way takes, or how much memory, compared with another. */
export interface Target {
  readonly scenario: string
  readonly way: string
  /** Undefined where the bound is on bytes of memory. */
  readonly against?: string
  readonly atLeast?: number
  readonly atMost?: number
}

const DRIVER: Omit<Way, 'script' | 'title'> = { id: 'driver', needs: [] }

/** Images of all sizes, and the parts of the way alone. */
export const SCENARIOS: readonly Scenario[] = [
  image('small', 'Image of one layer', 2),
  image('medium', 'Image of three layers', 1),
  image('big', 'Image of two layers', 1),
  {
    id: 'fleet',
    title: 'Eight images on one base',
    images: FLEET,
    ways: [
      { ...OURS, id: 'one', title: 'ctrbuild apply of one of them', images: FLEET.slice(0, 1) },
      ...WAYS.filter(way => way.id !== 'podman-vfs'),
    ],
    often: 1,
  },
  {
    id: 'layer',
    title: "Import of medium's lowest layer, whose blob is here",
    images: ['medium'],
    isOneLayer: true,
    ways: [
      { ...DRIVER, title: 'ctrbuild', script: 'node "$DRIVER" import "$BLOB" "$DIFF_ID" repo' },
      {
        id: 'ostree',
        title: 'ostree commit',
        needs: ['ostree'],
        script: [
          'ostree init --repo=repo --mode=bare-user',
          'ostree commit --repo=repo --branch=layer --tree=tar="$BLOB" --tar-autocreate-parents',
        ].join('\n'),
      },
      { id: 'tar', title: 'tar xzf', needs: ['tar'], script: 'mkdir tree\ntar -xzf "$BLOB" -C tree' },
    ],
    often: 1,
  },
  {
    id: 'checkout',
    title: 'Another root file system of medium, which is stored',
    images: ['medium'],
    isPrepared: true,
    ways: [
      {
        ...DRIVER,
        title: 'ctrbuild',
        script: 'node "$DRIVER" checkout "$PREPARED/.ctrbuild/repo" tree',
        rootfs: () => 'tree',
      },
      {
        id: 'cp',
        title: 'cp -al',
        needs: ['cp'],
        script: 'cp -al "$PREPARED/out/medium/rootfs" tree',
        rootfs: () => 'tree',
      },
    ],
    often: 2,
  },
  {
    id: 'start',
    title: 'Starting, and finding nothing to do in four bundles',
    images: FLEET.slice(0, 4),
    isPrepared: true,
    ways: [
      { id: 'node', title: 'node -e 0', needs: [], script: 'exec node -e 0' },
      { id: 'version', title: 'ctrbuild --version', needs: [], script: 'exec node "$CTRBUILD" --version' },
      {
        id: 'noop',
        title: 'ctrbuild apply',
        needs: [],
        script: 'cd "$PREPARED"\nexec node "$CTRBUILD" apply',
      },
    ],
    often: 4,
  },
  // Once, to look at its memory.
  { id: 'huge', title: 'Image of one large layer', images: ['huge'], ways: [OURS], often: 0 },
]

/** What ctrbuild is to come to. */
export const TARGETS: readonly Target[] = [
  ...['medium', 'big'].flatMap((scenario): Target[] => [
    { scenario, way: 'ostree', against: 'ctrbuild', atLeast: 3 },
    { scenario, way: 'umoci', against: 'ctrbuild', atLeast: 5 },
    { scenario, way: 'umoci-plain', against: 'ctrbuild-plain', atLeast: 15 },
    { scenario, way: 'podman-overlay', against: 'ctrbuild', atLeast: 3 },
    { scenario, way: 'podman-vfs', against: 'ctrbuild', atLeast: 3 },
    { scenario, way: 'tar', against: 'ctrbuild', atLeast: 1.7 },
  ]),
  { scenario: 'layer', way: 'tar', against: 'driver', atLeast: 1.2 },
  { scenario: 'checkout', way: 'driver:inside', against: 'cp', atMost: 1.3 },
  { scenario: 'fleet', way: 'ctrbuild', against: 'one', atMost: 2 },
  { scenario: 'fleet', way: 'ostree', against: 'ctrbuild', atLeast: 3 },
  { scenario: 'fleet', way: 'umoci', against: 'ctrbuild', atLeast: 15 },
  { scenario: 'fleet', way: 'podman-overlay', against: 'ctrbuild', atLeast: 2 },
  { scenario: 'start', way: 'version', against: 'node', atMost: 1.3 },
  { scenario: 'start', way: 'noop', against: 'node', atMost: 2.5 },
  { scenario: 'huge', way: 'ctrbuild', atMost: 200 * 2 ** 20 },
]

function image(id: string, title: string, often: number): Scenario {
  return { id, title, images: [id], ways: [...WAYS, ...PLAIN_WAYS, PARTS], often }
}

/** Symbolic and hard links that lead out of the root file system, and what is put where they stand. */
import type { TarInput } from '../support/tar-writer.ts'
import { type Case, parentsOf, testCases } from './field.ts'

type Members = readonly TarInput[]

/** Each file has content of its own: equal ones are links of one object. */
const f = (path: string): TarInput => ({ path, type: 'file', content: Buffer.from(`new ${path}`) })
const empty = (path: string): TarInput => ({ path, type: 'file' })
const dir = (path: string): TarInput => ({ path, type: 'dir' })
const symlink = (path: string, target: string): TarInput => ({ path, type: 'symlink', target })
const hardlink = (path: string, target: string): TarInput => ({ path, type: 'hardlink', target })

/** A way that leads from `a` to the folder, if it is followed outside the root. */
interface Way {
  readonly members: Members
  /** `a` itself, and what else the way needs. */
  readonly link: string
  readonly rest: string
  /** Where it leads inside the root. */
  readonly leads: string
}

function waysTo(victim: string): Readonly<Record<string, Way>> {
  // From a rootfs that is being made to the project, which has the folder.
  const near = `${'../'.repeat(5)}victim`
  const far = `${'../'.repeat(40)}${victim.slice(1)}`
  const plain = (target: string, leads: string) => ({
    members: [symlink('a', target)],
    link: `l /a ${target}`,
    rest: '',
    leads,
  })
  return {
    'an absolute link': plain(victim, victim),
    'a relative link': plain(near, '/victim'),
    'a relative link past the top': plain(far, victim),
    'a link to the root': plain('/', ''),
    'a chain of links': {
      members: [symlink('a', 'b/c'), dir('b'), symlink('b/c', '../d'), symlink('d', victim)],
      link: 'l /a b/c',
      rest: `d /b 755\nl /b/c ../d\nl /d ${victim}`,
      leads: victim,
    },
  }
}

/** What a second layer does where the first one has a link. */
function onEachWay(what: string, above: Members, becomes: (way: Way) => string): Record<string, Case> {
  const cases = Object.keys(waysTo('')).map(name => {
    const way = (victim: string) => waysTo(victim)[name]!
    const layers = (victim: string) => [way(victim).members, above]
    return [`${what} ${name}`, { layers, becomes: (victim: string) => becomes(way(victim)) }] as const
  })
  return Object.fromEntries(cases)
}

const NOWHERE =
  /^LAYER_CONFLICT: "h" cannot be a hard link to ".*", which neither this layer nor those below it have/
const unchanged = ({ link, rest }: Way) => `${link}\n${rest}`
const inside = (name: string) => (way: Way) => {
  const path = `${way.leads}/${name}`
  return `${unchanged(way)}\n${parentsOf(path)}\nf ${path} 644 new a/${name}`
}

testCases({
  ...onEachWay(
    'a directory in place of',
    [dir('a'), f('a/pwn'), f('a/secret')],
    ({ rest }) => `d /a 755\nf /a/pwn 644 new a/pwn\nf /a/secret 644 new a/secret\n${rest}`,
  ),
  ...onEachWay('a file in place of', [f('a')], ({ rest }) => `f /a 644 new a\n${rest}`),
  ...onEachWay('a new file by way of', [f('a/pwn')], inside('pwn')),
  ...onEachWay('a file that the folder has, by way of', [f('a/secret')], inside('secret')),
  ...onEachWay('a whiteout by way of', [empty('a/.wh.secret')], unchanged),
  // The root has nothing of lower layers any more then, and that is all.
  ...onEachWay('an opaque marker by way of', [empty('a/.wh..wh..opq')], way =>
    way.leads === '' ? '' : unchanged(way),
  ),
  ...onEachWay('a whiteout of', [empty('.wh.a')], ({ rest }) => rest),
  ...onEachWay(
    'a hard link through',
    [hardlink('h', 'a')],
    way => `${way.link}\n${way.rest}\n${sameLink(way)}`,
  ),
  'a file by way of a link of its own layer': {
    layers: victim => [[symlink('a', victim), f('a/secret')]],
    becomes: victim =>
      `l /a ${victim}\n${parentsOf(`${victim}/secret`)}\nf ${victim}/secret 644 new a/secret`,
  },
  'a file below a link to a file': {
    layers: victim => [[symlink('a', `${victim}/secret`)], [f('a/b')]],
    becomes: victim =>
      `l /a ${victim}/secret\n${parentsOf(`${victim}/secret/b`)}\nf ${victim}/secret/b 644 new a/b`,
  },
  'a file by way of links in a circle': {
    layers: () => [[symlink('a', 'b'), symlink('b', 'a')], [f('a/pwn')]],
    becomes: /^LAYER_CONFLICT: .*go in circles/,
  },
  'a directory in place of links in a circle': {
    layers: () => [
      [symlink('a', 'b'), symlink('b', 'a')],
      [dir('a'), f('a/f')],
    ],
    becomes: 'd /a 755\nf /a/f 644 new a/f\nl /b a',
  },
  'a hard link up and out': {
    layers: () => [[hardlink('h', '../../../../../victim/secret')]],
    becomes: /^TAR_INVALID: .*leads out of its directory/,
  },
  'a hard link to the absolute path': {
    layers: victim => [[hardlink('h', `${victim}/secret`)]],
    becomes: NOWHERE,
  },
  'a hard link by way of a symbolic link': {
    layers: victim => [[symlink('a', victim)], [hardlink('h', 'a/secret')]],
    becomes: NOWHERE,
  },
  'a hard link by way of one of its own layer': {
    layers: victim => [[symlink('a', victim), hardlink('h', 'a/secret')]],
    becomes: NOWHERE,
  },
  'a hard link to a lower layer': {
    layers: () => [[f('f')], [hardlink('h', 'f')]],
    becomes: 'f /f 644 new f\nh /h /f',
  },
  'a hard link to a symbolic link, and a file in its place': {
    layers: victim => [[symlink('a', `${victim}/secret`), hardlink('h', 'a')], [f('h')]],
    becomes: victim => `l /a ${victim}/secret\nf /h 644 new h`,
  },
  'a hard link to what is replaced later': {
    layers: () => [[f('f'), hardlink('h', 'f'), { ...f('f'), content: Buffer.from('other') }]],
    becomes: 'f /f 644 other\nf /h 644 new f',
  },
  'a hard link to what a higher layer replaces': {
    layers: () => [[f('f'), hardlink('h', 'f')], [{ ...f('f'), content: Buffer.from('other') }]],
    becomes: 'f /f 644 other\nf /h 644 new f',
  },
  'hard links in a circle': {
    layers: () => [[hardlink('a', 'b'), hardlink('b', 'a')]],
    becomes: /^LAYER_CONFLICT: .*hard link/,
  },
  'a hard link to itself': { layers: () => [[hardlink('a', 'a')]], becomes: /^LAYER_CONFLICT: .*replace/ },
  'a hard link to a directory': {
    layers: () => [[dir('d'), f('d/f'), hardlink('h', 'd')]],
    becomes: /^LAYER_CONFLICT: .*is a directory/,
  },
  'a hard link to what is nowhere': { layers: () => [[hardlink('h', 'x')]], becomes: NOWHERE },
  'mount points that are links': {
    layers: victim => [['dev', 'proc', 'sys', 'tmp'].map(name => symlink(name, victim))],
    becomes: /^ROOTFS_INVALID/,
  },
  'accounts that are links': {
    layers: victim => [[dir('etc'), symlink('etc/passwd', `${victim}/etc/passwd`)]],
    becomes: victim => `d /etc 755\nl /etc/passwd ${victim}/etc/passwd`,
  },
})

/** One symbolic link more. */
function sameLink({ link }: Way): string {
  return link.replace('/a', '/h')
}

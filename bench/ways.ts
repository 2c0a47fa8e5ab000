/**
 * Ways from images in a registry to root file systems on disk, as shell scripts that anyone can repeat.
 *
 * Each is run in an empty folder that has a file `list` with a line `NAME REFERENCE LAYER...` for each image, and a
 * `bundles.yaml` with a bundle for each. The same script does one image or several, and fetches what they share once.
 */

/** One way; `rootfs` says where it leaves an image's root file system, seen from the folder. */
export interface Way {
  readonly id: string
  readonly title: string
  /** Programs without which it is left out. */
  readonly needs: readonly string[]
  readonly script: string
  rootfs?(name: string): string
  /** Run as a user without any privileges. */
  readonly isPlain?: boolean
  /** Run after the clock has stopped, such as to unmount. */
  readonly after?: string
  /** Images that it is about, if not all of the scenario's. */
  readonly images?: readonly string[]
}

const SKOPEO = 'skopeo copy --quiet --src-tls-verify=false docker://$reference oci:oci:$name'

/** The same commands for each image of the list. */
function forEach(...commands: readonly string[]): string {
  return [
    'while read -r name reference layers <&3; do',
    ...commands.map(line => `  ${line}`),
    'done 3<list',
  ].join('\n')
}

/** ctrbuild itself. */
export const OURS: Way = {
  id: 'ctrbuild',
  title: 'ctrbuild apply',
  needs: [],
  script: 'node "$CTRBUILD" apply',
  rootfs: name => `out/${name}/rootfs`,
}

/** Every peer's way, all run as root or as whoever runs this. */
const PEERS: readonly Way[] = [
  {
    id: 'ostree',
    title: 'skopeo, ostree commit, ostree checkout',
    needs: ['skopeo', 'ostree'],
    script: [
      'ostree init --repo=repo --mode=bare-user',
      forEach(
        SKOPEO,
        'for layer in $layers; do',
        '  ostree rev-parse --repo=repo layer/$layer >/dev/null 2>&1 ||',
        '    ostree commit --repo=repo --branch=layer/$layer --tree=tar=oci/blobs/sha256/$layer --tar-autocreate-parents',
        'done',
        'for layer in $layers; do',
        '  ostree checkout --repo=repo -U --union --whiteouts layer/$layer $name',
        'done',
      ),
    ].join('\n'),
    rootfs: name => name,
  },
  {
    id: 'umoci',
    title: 'skopeo, umoci unpack --rootless',
    needs: ['skopeo', 'umoci'],
    script: forEach(SKOPEO, 'umoci unpack --rootless --image oci:$name $name'),
    rootfs: name => `${name}/rootfs`,
  },
  podman('overlay'),
  podman('vfs'),
  {
    id: 'tar',
    title: 'skopeo, tar xzf (checks nothing)',
    needs: ['skopeo', 'tar'],
    script: forEach(
      SKOPEO,
      'mkdir $name',
      'for layer in $layers; do tar -xzf oci/blobs/sha256/$layer -C $name; done',
    ),
    rootfs: name => name,
  },
]

/** What nothing can leave out, to see how far from that we are. */
export const PARTS: Way = {
  id: 'parts',
  title: 'skopeo; then inflate, hash, write and link, in two threads',
  needs: ['skopeo'],
  script: forEach(SKOPEO, 'node "$PARTS" $(printf "oci/blobs/sha256/%s " $layers)'),
}

function podman(driver: string): Way {
  const set = `podman() { command podman --root="$PWD/root" --runroot="$PWD/run" --tmpdir="$PWD/tmp" --storage-driver=${driver} "$@"; }`
  return {
    id: `podman-${driver}`,
    title: `podman pull, create, mount (${driver})`,
    needs: ['podman'],
    script: [
      set,
      forEach(
        'podman pull --quiet --tls-verify=false $reference',
        'id=$(podman create $reference)',
        'ln -s "$(podman mount $id)" $name',
      ),
    ].join('\n'),
    rootfs: name => name,
    after: [set, 'podman umount --all', 'podman rm --all --force'].join('\n'),
  }
}

/** All ways to a root file system, ours first. */
export const WAYS: readonly Way[] = [OURS, ...PEERS]

/** Those that a user without privileges has as well, and that are slower or faster for that. */
export const PLAIN_WAYS: readonly Way[] = [OURS, PEERS.find(way => way.id === 'umoci')!].map(way => ({
  ...way,
  id: `${way.id}-plain`,
  title: `${way.title}, as a plain user`,
  needs: [...way.needs, 'setpriv'],
  isPlain: true,
}))

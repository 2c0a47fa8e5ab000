/** The script that runs a bundle with plain bubblewrap, which reads no config.json. */
import { prlimitOptions } from './bwrap.ts'
import { quote } from './quote.ts'
import { watch } from './script-bubblewrap.ts'
import { lines } from './script-parts.ts'
import { detachOrRecord, REFUSE_SECOND, runHead } from './script-run.ts'
import type { RuntimeConfig } from './types.ts'

/** The file with bubblewrap's options, each ended by a NUL: so no variable's value shows in the list of processes. */
export const BWRAP_ARGS = 'bwrap.args'

/** The script for a bundle of this name and configuration. */
export function bwrapScript(name: string, config: RuntimeConfig, notes: readonly string[] = []): string {
  const isElsewhere = config.linux.uidMappings === undefined && config.process.user.uid !== 0
  return lines(
    runHead({ name, config, program: 'bwrap', debianPackage: 'bubblewrap', notes }),
    REFUSE_SECOND,
    detachOrRecord('bwrap'),
    CHANGE_FOLDER,
    command(config),
    masks(config),
    limits(config),
    config.linux.uidMappings === undefined ? changeUser(config) : '',
    isElsewhere ? ELSEWHERE : '',
    FIRST,
    watch(config, { redirections: `3<${BWRAP_ARGS} 4>"$record/info"` }),
  )
}

const CHANGE_FOLDER = `
# The sources of mounts are relative to it.
cd -- "$here"`

function command(config: RuntimeConfig): string {
  return `
# shellcheck disable=SC1003,SC2016 # every word is data
[ "$#" -gt 0 ] || set -- ${config.process.args.map(quote).join(' ')}
set -- -- "$@"`
}

/** bubblewrap makes what it mounts on, which it cannot in /proc and /sys: so only what is there is hidden. */
function masks({ linux }: RuntimeConfig): string {
  return `
for path in ${linux.maskedPaths.map(quote).join(' ')}; do
  if [ -d "$path" ]; then
    set -- --tmpfs "$path" --remount-ro "$path" "$@"
  elif [ -e "$path" ]; then
    set -- --ro-bind /dev/null "$path" "$@"
  fi
done
set -- bwrap --args 3 --info-fd 4 "$@"`
}

function limits(config: RuntimeConfig): string {
  const options = prlimitOptions(config)
  if (options.length === 0) return ''
  return `
if command -v prlimit >/dev/null; then
  set -- prlimit ${options.map(quote).join(' ')} -- "$@"
fi`
}

/** Outside of a user namespace, bubblewrap leaves everybody who they are. */
function changeUser(config: RuntimeConfig): string {
  const { uid, gid, additionalGids = [] } = config.process.user
  const groups = additionalGids.length === 0 ? '--clear-groups' : `--groups=${additionalGids.join(',')}`
  return `
set -- setpriv --reuid=${uid} --regid=${gid} ${groups} -- "$@"`
}

/** bubblewrap says on descriptor 4 which process it has made, and closes it then. */
const FIRST = `
(umask 077 && mkfifo -- "$record/info")
first() {
  sed -n 's/.*"child-pid": \\([0-9]*\\).*/\\1/p' "$record/info"
  rm -f -- "$record/info"
}`

const ELSEWHERE = `
# That user may have no way into this folder. A mount namespace shows the bundle in a place that all can reach.
stage=/run/ctrbuild/stage
mkdir -p -- "$stage"
chmod 0755 /run/ctrbuild "$stage"
# shellcheck disable=SC2016 # the inner shell's own dollar signs
set -- unshare --mount -- sh -euc '
  stage=$1
  shift
  mount -t tmpfs -o mode=0755,nosuid,nodev ctrbuild "$stage"
  mkdir -- "$stage/rootfs" "$stage/mounts"
  mount --bind rootfs "$stage/rootfs"
  for source in mounts/*; do
    if [ -d "$source" ]; then
      mkdir -- "$stage/$source"
    elif [ -e "$source" ]; then
      : >"$stage/$source"
    else
      continue
    fi
    mount --rbind "$source" "$stage/$source"
  done
  cd -- "$stage"
  exec "$@"
' sh "$stage" "$@"`

/** Scripts for the runtimes that read config.json themselves: runc, crun and bwrap-oci. */
import { watch } from './script-bubblewrap.ts'
import { REPLACE_COMMAND } from './script-command.ts'
import { CLOSE_DESCRIPTORS, lines } from './script-parts.ts'
import { detachOrRecord, REFUSE_SECOND, runHead } from './script-run.ts'
import type { RuntimeConfig } from './types.ts'

/** The script that runs a bundle of this name and configuration with a runtime that reads config.json. */
export function ociScript(
  program: 'runc' | 'crun' | 'bwrap-oci',
  name: string,
  config: RuntimeConfig,
  notes: readonly string[] = [],
): string {
  return lines(
    runHead({ name, config, program, debianPackage: program, notes }),
    REFUSE_SECOND,
    program === 'bwrap-oci' ? BWRAP_OCI_LEFTOVER : leftover(program),
    detachOrRecord(program),
    REPLACE_COMMAND,
    program === 'bwrap-oci' ? lines(BWRAP_OCI, watch(config, { redirections: '3>&- 4>&-' })) : START[program],
  )
}

/** What a crash left behind would keep its name taken. */
function leftover(program: string): string {
  return `
runtime=${program}
case $(told status) in
'') ;;
stopped) ${program} --root "$state/${program}" delete "$name" ;;
*) fail 75 "there is a container $name already: give this one another --name, or: ${program} --root $state/${program} delete --force $name" ;;
esac`
}

const BWRAP_OCI_LEFTOVER = `
left=$state/bwrap-oci/$name
if [ -e "$left" ]; then
  pid=$(sed -n 's/.*"pid" *: *\\([0-9]*\\).*/\\1/p' "$left/status.json" 2>/dev/null) || :
  if [ -n "$pid" ] && started "$pid" >/dev/null; then
    fail 75 "there is a container $name already: give this one another --name, or: XDG_RUNTIME_DIR=$state bwrap-oci delete $name"
  fi
  rm -rf -- "$left"
fi`

const START = {
  runc: `
set --
[ -z "$pidfile" ] || set -- --pid-file "$pidfile"
exec runc --root "$state/runc" run "$@" --bundle "$bundle" "$name" ${CLOSE_DESCRIPTORS}`,

  crun: `
# Who may not make control groups can do without them.
manager=cgroupfs
[ -w /sys/fs/cgroup ] || manager=disabled
set --
[ -z "$pidfile" ] || set -- --pid-file "$pidfile"
exec crun --root "$state/crun" --cgroup-manager="$manager" run "$@" --bundle "$bundle" "$name" ${CLOSE_DESCRIPTORS}`,
}

const BWRAP_OCI = `
cd -- "$bundle"
# It hands its own environment on to the container.
set -- env -i PATH="$PATH" XDG_RUNTIME_DIR="$state" bwrap-oci run "$name"

# Prints the id of the container's first process once it is known.
first() {
  while ! sed -n 's/.*"pid" *: *\\([0-9]*\\).*/\\1/p' "$state/bwrap-oci/$name/status.json" 2>/dev/null | grep . && started "$bwrap" >/dev/null; do
    sleep 0.02
  done
}`

/** Scripts for the runtimes that read config.json themselves: runc, crun and bwrap-oci. */
import {
  CLOSE_DESCRIPTORS,
  lines,
  OWNER_ONLY,
  REPLACE_COMMAND,
  ROOT_ONLY,
  STATE_FOLDER,
  scriptHead,
} from './script-parts.ts'
import type { RuntimeConfig } from './types.ts'

/** The script that runs a bundle of this name and configuration with a runtime that reads config.json. */
export function ociScript(
  program: 'runc' | 'crun' | 'bwrap-oci',
  name: string,
  config: RuntimeConfig,
): string {
  const caller = config.linux.uidMappings === undefined ? ROOT_ONLY : OWNER_ONLY
  const head = scriptHead({ name, program, debianPackage: program })
  return lines(head, caller, STATE_FOLDER, refuseSecond(program), REPLACE_COMMAND, START[program])
}

/** A name that is taken is told before anything is written; a crash may have left it behind. */
function refuseSecond(program: 'runc' | 'crun' | 'bwrap-oci'): string {
  const isTaken =
    program === 'bwrap-oci'
      ? '[ -e "$state/bwrap-oci/$name" ]'
      : `${program} --root "$state/${program}" state "$name" >/dev/null 2>&1`
  const remove =
    program === 'bwrap-oci'
      ? 'XDG_RUNTIME_DIR=$state bwrap-oci delete $name'
      : `${program} --root $state/${program} delete --force $name`
  return `
if ${isTaken}; then
  fail 75 "there is a container $name already: give this one another --name, or: ${remove}"
fi`
}

const START = {
  runc: `
exec runc --root "$state/runc" run --bundle "$bundle" "$name" ${CLOSE_DESCRIPTORS}`,

  crun: `
# Who may not make control groups can do without them.
manager=cgroupfs
[ -w /sys/fs/cgroup ] || manager=disabled
exec crun --root "$state/crun" --cgroup-manager="$manager" run --bundle "$bundle" "$name" ${CLOSE_DESCRIPTORS}`,

  'bwrap-oci': `
cd -- "$bundle"
# It hands its own environment on to the container.
exec env -i PATH="$PATH" XDG_RUNTIME_DIR="$state" bwrap-oci run "$name" ${CLOSE_DESCRIPTORS}`,
}

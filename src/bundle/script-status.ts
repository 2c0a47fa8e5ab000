/** The scripts that tell of a bundle's container, under whichever runtime it runs: status and logs. */
import { NAME_HELP } from './script-container.ts'
import { FAIL, lines, RECORD, scriptHead } from './script-parts.ts'

/** Says whether a container runs. It needs nothing of the bundle that it lies in. */
export function statusScript(name: string): string {
  const head = scriptHead({
    name,
    does: "Says whether this bundle's container runs.",
    help: `[--name NAME]

Says whether the container runs, and ends with 0 if it does, with 3 if it does not.
  ${NAME_HELP}`,
  })
  return lines(head, RECORD, LOOK, STATUS)
}

/** Leaves in $condition whether the container runs, has run detached, or is not known; and in $since since when. */
const LOOK = `
look() {
  condition=absent
  if runs; then
    condition=running
  elif [ -e "$record/log" ]; then
    condition=stopped
  fi
  [ "$condition" = absent ] || since=$(date -u -r "$record/runtime" +%Y-%m-%dT%H:%M:%SZ)
}`

const STATUS = `
look
if [ "$condition" = absent ]; then
  echo 'status: absent'
  exit 3
fi
printf 'status: %s\\nruntime: %s\\n' "$condition" "$runtime"
[ "$condition" != running ] || printf 'pid: %s\\n' "$pid"
printf 'since: %s\\nbundle: %s\\n' "$since" "$(cat "$record/bundle")"
[ "$condition" = running ] || exit 3`

/**
 * A script of no bundle that tells of the caller's containers: of those it is given the names of, or of all. For each
 * it prints name, condition (`running` or `stopped`), runtime, first process, time of the start and the folder of its
 * bundle, each ended by a NUL.
 */
export function containersScript(): string {
  return lines('set -eu\nLC_ALL=C\nexport LC_ALL\nname=', FAIL, RECORD, LOOK, ALL)
}

const ALL = `
containers=$state/ctrbuild/containers
[ "$#" -gt 0 ] || set -- "$containers"/*
for name; do
  name=\${name##*/}
  record=$containers/$name
  pid=
  look
  [ "$condition" = absent ] ||
    printf '%s\\0' "$name" "$condition" "$runtime" "$pid" "$since" "$(cat "$record/bundle")"
done`

/** Shows what a detached container has written. */
export function logsScript(name: string): string {
  const head = scriptHead({
    name,
    does: "Shows what this bundle's container has written, where it was detached.",
    help: `[--name NAME] [-f]

Shows what a detached container has written.
  ${NAME_HELP}
  -f, --follow       go on until it ends`,
    options: '-f | --follow)\n    follow=yes\n    shift\n    ;;',
    variables: ['follow'],
  })
  return lines(head, RECORD, LOGS)
}

const LOGS = `
[ -e "$record/log" ] || fail 66 "there is no log of $name: only what was started with --detach has one"
if [ -n "$follow" ] && runs; then
  exec tail -n +1 -f --pid="$pid" -- "$record/log"
fi
exec cat -- "$record/log"`

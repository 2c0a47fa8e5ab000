/** The scripts that tell of a bundle's container, under whichever runtime it runs: status and logs. */
import { NAME_HELP } from './script-container.ts'
import { lines, RECORD, scriptHead } from './script-parts.ts'

/** Says whether a container runs. It needs nothing of the bundle that it lies in. */
export function statusScript(name: string): string {
  const head = scriptHead({
    name,
    does: "Says whether this bundle's container runs.",
    help: `[--name NAME]

Says whether the container runs, and ends with 0 if it does, with 3 if it does not.
  ${NAME_HELP}`,
  })
  return lines(head, RECORD, STATUS)
}

const STATUS = `
if runs; then
  condition=running
elif [ -e "$record/log" ]; then
  condition=stopped
else
  echo 'status: absent'
  exit 3
fi
printf 'status: %s\\nruntime: %s\\n' "$condition" "$runtime"
[ "$condition" != running ] || printf 'pid: %s\\n' "$pid"
printf 'since: %s\\nbundle: %s\\n' "$(date -u -r "$record/runtime" +%Y-%m-%dT%H:%M:%SZ)" "$(cat "$record/bundle")"
[ "$condition" = running ] || exit 3`

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

/** The script that ends a bundle's container, under whichever runtime that runs. */
import { NAME_HELP, OF_THIS_BUNDLE, ownScript } from './script-container.ts'
import { HERE, lines, optionWithValue, RECORD, scriptHead } from './script-parts.ts'
import { stopSignal } from './stop-signal.ts'
import type { RuntimeConfig } from './types.ts'

/** Ends a container. */
export function stopScript(name: string, config: RuntimeConfig): string {
  const head = scriptHead({
    name,
    does: "Ends this bundle's container.",
    help: `[--name NAME] [--signal SIGNAL] [--timeout SECONDS]

Asks the container to end, waits, and kills it if it has not ended by then.
  ${NAME_HELP}
  --signal SIGNAL    what to ask with (default: ${stopSignal(config)})
  --timeout SECONDS  how long to wait (default: 10)`,
    options: `${optionWithValue('--signal', 'signal')}${optionWithValue('--timeout', 'timeout')}`,
    variables: ['signal', 'timeout'],
  })
  return lines(
    head,
    CHECK_STOP,
    HERE,
    RECORD,
    OF_THIS_BUNDLE,
    ownScript('stop', `\${signal:+--signal "$signal"} \${timeout:+--timeout "$timeout"}`),
    stop(stopSignal(config)),
  )
}

const CHECK_STOP = `
case $timeout in
*[!0-9]* | ?????*) fail 64 "--timeout cannot be $timeout: a number of seconds" ;;
esac
case $signal in
*[!A-Za-z0-9+-]* | -*) fail 64 "--signal cannot be $signal: a name or a number" ;;
esac`

function stop(signal: number): string {
  return `
# Whether a runtime or a script still holds on to the container.
remains() {
  case $runtime in
  runc | crun) [ -n "$(told status)" ] ;;
  *) [ -e "$record/process" ] ;;
  esac
}

# Removes what is left of it where nobody else did.
forget() {
  remains || return 0
  case $runtime in
  runc | crun) "$runtime" --root "$state/$runtime" delete --force "$name" ;;
  *) rm -f -- "$record/process" ;;
  esac
}

send() {
  case $runtime in
  runc | crun) "$runtime" --root "$state/$runtime" kill "$name" "$1" ;;
  *) kill -"$1" "$pid" ;;
  esac
}

# Waits until the first process has ended, for so many tenths of a second.
ended_within() {
  left=$1
  while [ "$(started "$pid")" = "$start" ]; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    sleep 0.1
  done
}

if ! runs; then
  [ -z "$runtime" ] || forget
  printf '%s: %s is not running\\n' "$script" "$name" >&2
  exit 0
fi
signal=\${signal:-${signal}}
send "\${signal#SIG}"
if ! ended_within "$((\${timeout:-10} * 10))"; then
  send KILL
  ended_within 100 || fail 75 "$name does not end"
fi

# Who has run it in the foreground cleans up after it, if that is still there.
left=10
while remains && [ "$left" -gt 0 ]; do
  left=$((left - 1))
  sleep 0.1
done
forget`
}

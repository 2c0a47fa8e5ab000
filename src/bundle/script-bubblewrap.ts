/**
 * Watching over a container of bubblewrap, which itself hands no signal on: one that ends bubblewrap kills the
 * container. So the script stays, and starts bubblewrap in the background.
 *
 * The container's process is the first one of its process namespace, under bubblewrap as under runc. The kernel gives
 * such a process no signal that it has not asked for, but KILL. Who wants TERM to end a program that does not care
 * for it puts a small init before it.
 */
import type { RuntimeConfig } from './types.ts'

/** Descriptors that bubblewrap is given, beside its standard streams. */
export interface Descriptors {
  /** Redirections of 3 and 4, or that they are closed. */
  readonly redirections: string
}

/**
 * Runs the command in "$@" until it ends, and ends with its exit status. `first`, a function, prints the id of what it
 * has started as the container's first process.
 */
export function watch(config: RuntimeConfig, { redirections }: Descriptors): string {
  return `
pid=
waiting=
forward() {
  interrupted=yes
  if [ -z "$pid" ]; then
    waiting=$1
  elif [ "$(started "$pid")" = "$start" ]; then
    kill -s "$1" "$pid" 2>/dev/null || :
  fi
}
${(config.process.terminal ? TERMINAL : NO_TERMINAL).trim()}

# A process with this flag (PF_FORKNOEXEC) has yet to start the program that it was made for.
prepares() {
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # numbers
  set -- \${line##*) }
  [ "$1" != Z ] && [ "$(($7 & 64))" != 0 ]
}

# What a shell starts in the background has no input, and ignores INT and QUIT.
[ -e /proc/self/fd/0 ] || exec </dev/null
exec 5<&0
set -- env --default-signal=INT,QUIT ${config.process.terminal ? '' : 'setsid '}"$@"
"$@" <&5 ${redirections} 5<&- 6>&- 7>&- 8>&- 9>&- &
bwrap=$!
exec 5<&-
first=$(first)
while [ -n "$first" ] && prepares "$first"; do sleep 0.01; done
if [ -n "$first" ] && start=$(started "$first"); then
  pid=$first
  printf '%s %s\\n' "$pid" "$start" >"$record/process.new"
  mv -- "$record/process.new" "$record/process"
  if [ -n "$pidfile" ]; then
    printf '%s' "$pid" >"$pidfile.$$"
    mv -- "$pidfile.$$" "$pidfile"
  fi
  [ -z "$waiting" ] || forward "$waiting"
fi

# A signal ends the waiting, and not what is waited for. The shell forgets what was waited for to its end: 127.
interrupted=
status=0
wait "$bwrap" || status=$?
while [ -n "$interrupted" ]; do
  interrupted=
  ended=0
  wait "$bwrap" || ended=$?
  [ "$ended" = 127 ] || status=$ended
done
if [ -n "$detached" ]; then rm -f -- "$record/process"; else rm -rf -- "$record"; fi
exit "$status"`
}

const NO_TERMINAL = `
for signal in HUP INT QUIT TERM USR1 USR2; do
  # shellcheck disable=SC2064 # this signal
  trap "forward $signal" "$signal"
done`

/** A terminal tells everyone who uses it of its interrupt key. */
const TERMINAL = `
trap interrupted=yes INT QUIT
for signal in HUP TERM USR1 USR2; do
  # shellcheck disable=SC2064 # this signal
  trap "forward $signal" "$signal"
done`

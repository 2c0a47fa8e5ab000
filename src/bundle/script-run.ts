/** The parts that the run scripts share: what they can be asked, one container by one name, and running detached. */
import { CLOSE_DESCRIPTORS, HERE, needProgram, optionWithValue, RECORD, scriptHead } from './script-parts.ts'
import type { RuntimeConfig } from './types.ts'

/** What a run script is for. */
export interface RunSubject {
  /** The bundle's, and what its container is called unless the caller says otherwise. */
  readonly name: string
  readonly config: RuntimeConfig
  /** The program that the script starts, by which the runtime is known. */
  readonly program: string
  /** Debian's package of the program. */
  readonly debianPackage: string
  /** What the runtime does otherwise than config.json says (`differences`). */
  readonly notes: readonly string[]
}

/** The start of every run script. Leaves the replacing command, if any, in "$@". */
export function runHead({ name, config, program, debianPackage, notes }: RunSubject): string {
  const head = scriptHead({
    name,
    does: `Runs this bundle with ${program}.`,
    help: HELP,
    notes:
      notes.length === 0
        ? []
        : ['', 'Otherwise than config.json says, it', ...notes.map(note => `- ${note}`)],
    options: OPTIONS,
    variables: ['detach', 'detached', 'pidfile'],
    word: '*)\n    fail 64 "there is no option $1; a command goes after --"\n    ;;',
  })
  const parts = [head, HERE, needProgram(program, debianPackage), config.process.terminal ? NO_DETACHING : '']
  const caller = config.linux.uidMappings === undefined ? ROOT_ONLY : OWNER_ONLY
  return [...parts, RECORD, caller].join('\n')
}

const HELP = `[--name NAME] [--detach] [--pid-file FILE] [-- COMMAND [ARGUMENT...]]

Runs the container in the foreground, hands signals on to it, and ends with its exit status.
  --name NAME      what the container is called (default: $name)
  --detach         come back when it has started; what it writes is shown by logs, and stop ends it
  --pid-file FILE  write the id of its first process there when it has started
  -- COMMAND       run this instead of the bundle's command`

const OPTIONS = `--detach)
    detach=yes
    shift
    ;;
  # What --detach calls this script with once more.
  --detached)
    detached=yes
    shift
    ;;${optionWithValue('--pid-file', 'pidfile')}`

const NO_DETACHING = `
[ -z "$detach" ] || fail 64 'a container with a terminal cannot be detached from it'`

/** Stops a plain user from running what was made for root, whose ids and folders they do not have. */
const ROOT_ONLY = `
[ "$user" = 0 ] || fail 77 'this bundle was made by root, for root: apply it as the user who runs it'`

/** Stops others from running what was made for one user: the id mapping names who it is for. */
const OWNER_ONLY = `
owner=$(sed -n '/^    "uidMappings"/,/^    \\]/s/^ *"hostID": \\([0-9]*\\),$/\\1/p' "$here/config.json")
[ "$user" = "$owner" ] || fail 77 "this bundle was made for uid $owner: run it as that user, or apply it as yourself"`

/** A name that is taken is told before anything is written. */
export const REFUSE_SECOND = `
case $pidfile in
'' | /*) ;;
*) pidfile=$PWD/$pidfile ;;
esac

if [ -z "$detached" ] && runs; then
  fail 75 "there is a container $name already: give this one another --name, or end it: $here/stop --name $name"
fi`

/** Writes the container's record, and detaches where that was asked for. */
export function detachOrRecord(program: string): string {
  return `
if [ -z "$detached" ]; then
  (umask 077 && mkdir -p -- "$record")
  rm -rf -- "$record"
  mkdir -m 0700 -- "$record"
  printf '%s\\n' ${program} >"$record/runtime"
  printf '%s' "$here" >"$record/bundle"
fi

if [ -n "$detach" ]; then
  # This script once more, in a session of its own. What a shell starts in the background ignores INT and QUIT.
  env --default-signal=INT,QUIT setsid "$self" --name "$name" --pid-file "$record/pid" --detached -- "$@" \\
    </dev/null >"$record/log" 2>&1 ${CLOSE_DESCRIPTORS} &
  monitor=$!
  while [ ! -s "$record/pid" ] && started "$monitor" >/dev/null; do sleep 0.02; done
  if [ ! -s "$record/pid" ]; then
    status=0
    wait "$monitor" || status=$?
    [ "$status" = 0 ] || cat -- "$record/log" >&2
    exit "$status"
  fi
  [ -z "$pidfile" ] || cp -- "$record/pid" "$pidfile"
  exit 0
fi`
}

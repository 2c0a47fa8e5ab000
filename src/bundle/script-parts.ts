/**
 * The parts that all scripts of a bundle are put together from: POSIX sh, clean under shellcheck, the same in every
 * folder. What is not constant in them goes through `quote`.
 */
import { bytesOf, display } from '../tree/node.ts'
import { quote } from './quote.ts'

/** What stands at the head of every script, after what it does. */
export const SCRIPT_NOTE = 'Made by ctrbuild: changes are gone with the next apply.'

/** Shell lines, as one part of a script. */
export function lines(...parts: readonly string[]): string {
  const present = parts.map(part => part.trim()).filter(part => part !== '')
  return `${present.join('\n\n')}\n`
}

/** Ends a script whose name is in $script with a status and a sentence. */
export const FAIL = `
fail() {
  printf '%s: %s\\n' "\${script:-ctrbuild}" "$2" >&2
  exit "$1"
}`

/** What a script does, and what it can be asked. */
export interface ScriptFace {
  /** The bundle's, and what its container is called unless the caller says otherwise. */
  readonly name: string
  /** A sentence for who reads the script. */
  readonly does: string
  /** What `--help` says after the script's name. `$name` stands for the container's. */
  readonly help: string
  /** What `--help` says below that, as data. */
  readonly notes?: readonly string[]
  /** Branches of a `case` for options of its own, beside --name and --help. */
  readonly options?: string
  /** The branch for a word that is no option; by default there may be none. */
  readonly word?: string
  /** What its options set, and is empty unless they do. */
  readonly variables?: readonly string[]
}

/** The start of every script: what it was asked. Leaves in "$@" what follows the options. */
export function scriptHead({
  name,
  does,
  help,
  notes = [],
  options = '',
  word = NO_WORD,
  variables = [],
}: ScriptFace): string {
  return `
#!/bin/sh
# ${does} ${SCRIPT_NOTE}
set -eu
LC_ALL=C
export LC_ALL

script=\${0##*/}
${[...variables.map(variable => `${variable}=`), `name=${quote(name)}`].join('\n')}

${FAIL.trim()}

usage() {
  cat <<END
usage: $script ${help.trim()}
END${notes.map(note => `\n  printf '%s\\n' ${quote(display(bytesOf(note)))}`).join('')}
}

while [ "$#" -gt 0 ]; do
  case $1 in
  --name)
    [ "$#" -ge 2 ] || fail 64 '--name needs a value'
    name=$2
    shift 2
    ;;
  --name=*)
    name=\${1#*=}
    shift
    ;;
  ${`${options.trim()}\n  ${HELP}`.trim()}
  --)
    shift
    break
    ;;
  ${word.trim()}
  esac
done
case $name in
'' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]*)
  fail 64 'a name has letters, digits, "_", "." and "-", and starts with a letter or digit'
  ;;
esac`
}

/** Where the script is. */
export const HERE = `
# The bundle's own folder, whatever links lead here: runc takes no rootfs that is behind one.
self=$(readlink -f -- "$0")
here=\${self%/*}`

const HELP = `--help)
    usage
    exit 0
    ;;`

const NO_WORD = `*)
    fail 64 "there is no option $1"
    ;;`

/** A branch for an option with a value, which it leaves in a variable. */
export function optionWithValue(option: string, variable: string): string {
  return `
  ${option})
    [ "$#" -ge 2 ] || fail 64 '${option} needs a value'
    ${variable}=$2
    shift 2
    ;;
  ${option}=*)
    ${variable}=\${1#*=}
    shift
    ;;`
}

/** Refuses to go on without a program. */
export function needProgram(program: string, debianPackage: string): string {
  return `
command -v ${program} >/dev/null || fail 69 ${quote(`${program} is not installed (Debian package: ${debianPackage})`)}`
}

/**
 * What is known of a container that runs, or did: a private folder by its name, in which stand
 * - `runtime` and `bundle`: what it runs under, and the folder it was started from;
 * - `process`: under bubblewrap, the id of its first process and when that started;
 * - `log`: what it has written, where it was detached.
 */
export const RECORD = `
# What runs now is kept where the runtimes keep it when nobody tells them.
user=$(id -u)
if [ "$user" = 0 ]; then
  state=/run
elif [ -n "\${XDG_RUNTIME_DIR:-}" ] && [ -w "$XDG_RUNTIME_DIR" ]; then
  state=$XDG_RUNTIME_DIR
else
  state=/tmp/ctrbuild-$user
  mkdir -m 0700 -- "$state" 2>/dev/null || :
  [ -n "$(find "$state" -prune -type d -user "$user" -perm 0700)" ] || fail 77 "$state is not a private folder of yours"
fi
record=$state/ctrbuild/containers/$name

# Prints when a process that is no corpse started, in ticks since boot: with its id, that names one process for ever.
started() {
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # numbers; the program's name before them may hold anything but ") "
  set -- \${line##*) }
  [ "$1" != Z ] && echo "\${20}"
}

# Prints one member of what runc or crun says about the container.
told() {
  "$runtime" --root "$state/$runtime" state "$name" 2>/dev/null | sed -n "s/^ *\\"$1\\" *: *\\"*\\([^\\",]*\\)\\"*,*\\$/\\1/p"
}

# Whether the container runs. Leaves its first process in $pid and $start.
runs() {
  runtime=$(cat "$record/runtime" 2>/dev/null) || return 1
  case $runtime in
  runc | crun)
    pid=$(told pid)
    [ "\${pid:-0}" != 0 ] && start=$(started "$pid")
    ;;
  *)
    read -r pid start 2>/dev/null <"$record/process" && [ "$(started "$pid")" = "$start" ]
    ;;
  esac
}`

/**
 * Closes what the caller may have left open: CVE-2024-21626 came in that way. A POSIX shell can name no descriptor
 * above 9; runc and crun close those themselves.
 */
export const CLOSE_DESCRIPTORS = '3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-'

/**
 * The parts that the run scripts of a bundle are put together from: POSIX sh, clean under shellcheck, the same in
 * every folder. What is not constant in them goes through `quote`.
 */
import { quote } from './quote.ts'

/** What a run script is for. */
export interface ScriptSubject {
  /** The bundle's, and what its container is called unless the caller says otherwise. */
  readonly name: string
  /** The program that the script starts. */
  readonly program: string
  /** Debian's package of the program. */
  readonly debianPackage: string
}

/** Shell lines, as one part of a script. */
export function lines(...parts: readonly string[]): string {
  const present = parts.map(part => part.trim()).filter(part => part !== '')
  return `${present.join('\n\n')}\n`
}

/** The start of every script: where it is, and what it was asked. Leaves the replacing command, if any, in "$@". */
export function scriptHead({ name, program, debianPackage }: ScriptSubject): string {
  return `
#!/bin/sh
# Runs this bundle with ${program}. Made by ctrbuild: changes are gone with the next apply.
set -eu
LC_ALL=C
export LC_ALL

script=\${0##*/}
name=${quote(name)}

fail() {
  printf '%s: %s\\n' "$script" "$2" >&2
  exit "$1"
}

usage() {
  cat <<END
usage: $script [--name NAME] [-- COMMAND [ARGUMENT...]]

Runs the container in the foreground and ends with its exit status.
  --name NAME   what the container is called (default: $name)
  -- COMMAND    run this instead of the bundle's command
END
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
  --help)
    usage
    exit 0
    ;;
  --)
    shift
    break
    ;;
  *)
    fail 64 "there is no option $1; a command goes after --"
    ;;
  esac
done
case $name in
'' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]*)
  fail 64 'a name has letters, digits, "_", "." and "-", and starts with a letter or digit'
  ;;
esac

# The bundle's own folder, whatever links lead here: runc takes no rootfs that is behind one.
self=$(readlink -f -- "$0")
here=\${self%/*}
user=$(id -u)

command -v ${program} >/dev/null || fail 69 ${quote(`${program} is not installed (Debian package: ${debianPackage})`)}`
}

/** Stops a plain user from running what was made for root, whose ids and folders they do not have. */
export const ROOT_ONLY = `
[ "$user" = 0 ] || fail 77 'this bundle was made by root, for root: apply it as the user who runs it'`

/** Stops others from running what was made for one user: the id mapping names who it is for. */
export const OWNER_ONLY = `
owner=$(sed -n '/^    "uidMappings"/,/^    \\]/s/^ *"hostID": \\([0-9]*\\),$/\\1/p' "$here/config.json")
[ "$user" = "$owner" ] || fail 77 "this bundle was made for uid $owner: run it as that user, or apply it as yourself"`

/** A folder for what runs now: the runtimes' own default ones, and a private one in /tmp where there is none. */
export const STATE_FOLDER = `
# What runs now is kept where the runtimes keep it when nobody tells them.
if [ "$user" = 0 ]; then
  state=/run
elif [ -n "\${XDG_RUNTIME_DIR:-}" ] && [ -w "$XDG_RUNTIME_DIR" ]; then
  state=$XDG_RUNTIME_DIR
else
  state=/tmp/ctrbuild-$user
  mkdir -m 0700 -- "$state" 2>/dev/null || :
  [ -n "$(find "$state" -prune -type d -user "$user" -perm 0700)" ] || fail 77 "$state is not a private folder of yours"
fi`

/**
 * Makes a bundle whose config.json has another command, where one was asked for: a runtime takes commands from
 * nowhere else. config.json is canonical, so a line says which member begins; awk reads ARGV without interpreting it.
 */
export const REPLACE_COMMAND = `
bundle=$here
if [ "$#" -gt 0 ]; then
  # Another command is another config.json, in a folder of its own that the container's next start uses again.
  bundle=$state/ctrbuild/bundles/$name
  mkdir -p -- "$bundle"
  chmod 0700 "$bundle"
  rm -f -- "$bundle/mounts" "$bundle/config.json"
  [ ! -d "$here/mounts" ] || ln -s -- "$here/mounts" "$bundle/mounts"
  # shellcheck disable=SC2016 # awk's own dollar signs
  (umask 077 && awk '
    function json(text,    i, c, out) {
      for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c in escape ? escape[c] : c)
      }
      return "\\"" out "\\""
    }
    BEGIN {
      for (i = 1; i < 32; i++) escape[sprintf("%c", i)] = sprintf("\\\\u%04x", i)
      escape["\\""] = "\\\\\\""
      escape["\\\\"] = "\\\\\\\\"
      while ((getline line < (ARGV[1] "/config.json")) > 0) {
        if (line ~ /^  "/) section = line
        if (section ~ /^  "process"/ && line == "    \\"args\\": [") {
          print line
          for (i = 2; i < ARGC; i++) print "      " json(ARGV[i]) (i < ARGC - 1 ? "," : "")
          while (line !~ /^    \\]/ && (getline line < (ARGV[1] "/config.json")) > 0);
          replaced++
        }
        if (section ~ /^  "root"/ && line ~ /^    "path": /) {
          line = "    \\"path\\": " json(ARGV[1] "/rootfs") ","
          replaced++
        }
        print line
      }
      exit replaced != 2
    }' "$here" "$@" >"$bundle/config.json") || fail 65 'the command cannot be replaced: config.json is not as ctrbuild wrote it'
fi`

/**
 * Closes what the caller may have left open: CVE-2024-21626 came in that way. A POSIX shell can name no descriptor
 * above 9; runc and crun close those themselves.
 */
export const CLOSE_DESCRIPTORS = '3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-'

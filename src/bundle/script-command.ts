/**
 * Another command than the bundle's own, for runtimes that take one only as JSON. config.json is canonical, so that a
 * line says which member begins; awk reads ARGV without interpreting it.
 */

/** Prints a text of ARGV as JSON. */
const JSON_OF = `
    function json(text,    i, c, out) {
      for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c in escape ? escape[c] : c)
      }
      return "\\"" out "\\""
    }`

const ESCAPES = `
      for (i = 1; i < 32; i++) escape[sprintf("%c", i)] = sprintf("\\\\u%04x", i)
      escape["\\""] = "\\\\\\""
      escape["\\\\"] = "\\\\\\\\"`

/** Where a line begins the process's arguments: prints the others, and goes to their end. */
const REPLACE_ARGS = `
        if (section ~ /^  "process"/ && line == "    \\"args\\": [") {
          print line
          for (i = 2; i < ARGC; i++) print "      " json(ARGV[i]) (i < ARGC - 1 ? "," : "")
          while (line !~ /^    \\]/ && (getline line < (ARGV[1] "/config.json")) > 0);
          replaced++
        }`

/** Makes a bundle whose config.json has another command, where one was asked for. Leaves it in $bundle. */
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
  (umask 077 && awk '${JSON_OF}
    BEGIN {${ESCAPES}
      while ((getline line < (ARGV[1] "/config.json")) > 0) {
        if (line ~ /^  "/) section = line${REPLACE_ARGS}
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
 * Writes the process that an exec starts: the container's own with another command. crun gives it nothing else by
 * itself: neither its user and folder nor no_new_privs. On descriptor 3, of a file that is gone already.
 */
export const DESCRIBE_PROCESS = `
terminal=false
[ ! -t 0 ] || [ ! -t 1 ] || terminal=true
process=$record/exec.$$
# shellcheck disable=SC2016 # awk's own dollar signs
(umask 077 && terminal=$terminal awk '${JSON_OF}
    BEGIN {${ESCAPES}
      while ((getline line < (ARGV[1] "/config.json")) > 0) {
        if (line ~ /^  "/) section = line
        if (section !~ /^  "process"/) continue${REPLACE_ARGS}
        if (line ~ /^    "terminal": /) {
          sub(/true|false/, ENVIRON["terminal"], line)
          replaced++
        }
        print line ~ /^  "/ ? "{" : line == "  }," ? "}" : line
      }
      exit replaced != 2
    }' "$here" "$@" >"$process") || fail 65 'config.json is not as ctrbuild wrote it'
exec 3<"$process"
rm -f -- "$process"`

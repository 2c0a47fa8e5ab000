/** The parts that the scripts for a container share which runs, or did, under whichever runtime. */

/** What `--help` says of the option that all have. */
export const NAME_HELP = '--name NAME        the container (default: $name)'

/** Two projects may have a bundle of the same name. */
export const OF_THIS_BUNDLE = `
from=$(cat "$record/bundle" 2>/dev/null) || from=
if [ -n "$from" ] && [ -e "$from" ] && [ "\${from%/*}" != "\${here%/*}" ]; then
  fail 77 "$name was started from $from, and is not a container of this bundle"
fi`

/** After an apply, a container that was started before it is another generation's. */
export function ownScript(script: string, args: string): string {
  return `
if [ "$from" != "$here" ] && [ -x "$from/${script}" ]; then
  exec "$from/${script}" --name "$name" ${args}
fi`
}

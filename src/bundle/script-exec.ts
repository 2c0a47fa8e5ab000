/** The script that runs a command in a bundle's container, under whichever runtime that runs. */
import { prlimitOptions } from './bwrap.ts'
import { ENTER, INSIDE } from './enter.ts'
import { quote } from './quote.ts'
import { DESCRIBE_PROCESS } from './script-command.ts'
import { NAME_HELP, OF_THIS_BUNDLE, ownScript } from './script-container.ts'
import { CLOSE_DESCRIPTORS, HERE, lines, RECORD, scriptHead } from './script-parts.ts'
import type { RuntimeConfig } from './types.ts'

/** Runs a command in a container. */
export function execScript(name: string, config: RuntimeConfig): string {
  const head = scriptHead({
    name,
    does: "Runs a command in this bundle's container.",
    help: `[--name NAME] [--] COMMAND [ARGUMENT...]

Runs a command in the container, with its user, environment and rights, and ends with its exit status.
  ${NAME_HELP}`,
    word: '-*)\n    fail 64 "there is no option $1"\n    ;;\n  *)\n    break\n    ;;',
  })
  return lines(
    head,
    HAS_COMMAND,
    HERE,
    RECORD,
    OF_THIS_BUNDLE,
    MUST_RUN,
    ownScript('exec', '-- "$@"'),
    enter(config),
  )
}

const HAS_COMMAND = `
[ "$#" -gt 0 ] || fail 64 'what is to be run is missing'`

const MUST_RUN = `
runs || fail 69 "$name is not running"`

function enter(config: RuntimeConfig): string {
  const limits = prlimitOptions(config)
  return `
case $runtime in
runc | crun)
  ${DESCRIBE_PROCESS.trim().replaceAll('\n', '\n  ')}
  exec "$runtime" --root "$state/$runtime" exec --process /proc/self/fd/3 "$name" ${CLOSE_DESCRIPTORS.replace('3>&- ', '')}
  ;;
esac

command -v perl >/dev/null || fail 69 'perl is not installed (Debian package: perl-base)'
set -- perl "$here/${ENTER}" "$pid" "$start" "$here/${INSIDE}" "$@"
${limits.length === 0 ? '' : `! command -v prlimit >/dev/null || set -- prlimit ${limits.map(quote).join(' ')} -- "$@"`}
exec "$@" ${CLOSE_DESCRIPTORS}`
}

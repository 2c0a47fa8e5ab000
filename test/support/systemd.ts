/** systemd's own reading of units: it loads them, says what it understood, and exits. */
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram, tryProgram } from '../../src/sys/program.ts'
import { temporaryFolder } from './folder.ts'

const SYSTEMD = '/lib/systemd/systemd'
const USER = 54321

/** What systemd says of a unit that it has loaded, by the names that its dump has; commands as their words. */
export interface LoadedUnit {
  readonly settings: ReadonlyMap<string, readonly string[]>
  readonly commands: readonly { readonly key: string; readonly words: readonly string[] }[]
}

/** Loads a service's text as the unit `test-it.service` of a user. */
export async function loadUnit(text: string): Promise<LoadedUnit> {
  const folder = await temporaryFolder()
  const run = join(folder, 'run')
  await mkdir(run)
  await writeFile(join(folder, 'test-it.service'), text)
  const isRoot = process.getuid!() === 0
  if (isRoot) for (const path of [folder, run]) await chown(path, USER, USER)
  const env = {
    HOME: folder,
    XDG_RUNTIME_DIR: run,
    SYSTEMD_UNIT_PATH: `${folder}:`,
    SYSTEMD_LOG_TARGET: 'console',
    SYSTEMD_LOG_LEVEL: 'err',
  }
  const argv = [SYSTEMD, '--user', '--test', '--unit=test-it.service'] as const
  const dump = isRoot
    ? await runProgram(['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', ...argv], { env })
    : await runProgram(argv, { env })
  return readDump(dump.toString())
}

async function readDump(dump: string): Promise<LoadedUnit> {
  const [, part = ''] = dump.split('-> Unit test-it.service:\n')
  const settings = new Map<string, string[]>()
  const lines: { key: string; words: string }[] = []
  let command = ''
  for (const line of part.split(/^\t-> Unit /m)[0]!.split('\n')) {
    command = /^\t\t-> (Exec\w+):$/.exec(line)?.[1] ?? command
    const [, name, value] = /^\t{2,3}([^:\t]+): (.*)$/.exec(line) ?? []
    if (name === 'Command Line') lines.push({ key: command, words: value! })
    else if (name !== undefined) settings.set(name, [...(settings.get(name) ?? []), value!])
  }
  // Words are shown as a shell takes them, but for what begins with "#".
  const script = lines.map(({ words }) => `printf '%s\\0' ${words}; printf '\\n\\0'`).join('\n')
  const { stdout } = await tryProgram(['sh', '-c', script])
  const groups = stdout.toString().split('\n\0')
  const commands = lines.map(({ key }, i) => ({ key, words: groups[i]!.split('\0').slice(0, -1) }))
  return { settings, commands }
}

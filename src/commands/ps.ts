/** `ctrbuild ps`: the caller's containers, under all runtimes. */
import { canonicalJson } from '../oci/canonical-json.ts'
import { columns } from '../report/columns.ts'
import { printable } from '../sys/printable.ts'
import { containers } from './containers.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'

export interface PsOptions extends CommandOptions {
  readonly json: boolean
}

/** Prints a table, or JSON. */
export async function ps(options: PsOptions, { stdout }: Surroundings): Promise<number> {
  const found = await containers()
  if (options.json) {
    const records = found.map(container => ({ ...container, pid: container.pid ?? null }))
    stdout.write(canonicalJson({ formatVersion: 1, containers: records }))
    return 0
  }
  const rows = found.map(({ name, status, runtime, pid, since, bundle }) => [
    name,
    status,
    runtime,
    String(pid ?? ''),
    since.replace('T', ' ').replace('Z', ''),
    printable(bundle),
  ])
  const heading = ['NAME', 'STATUS', 'RUNTIME', 'PID', 'SINCE (UTC)', 'BUNDLE']
  stdout.write(columns(heading, rows, painter(options, stdout)))
  return 0
}

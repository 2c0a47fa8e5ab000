/** rpm's databases, read by rpm itself on a copy of its own: three formats, and no library that reads them all. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CtrbuildError } from '../errors.ts'
import { parseRpm, RPM_FORMAT } from '../packages/rpm.ts'
import { runProgram } from '../sys/program.ts'
import type { Installed } from './package-databases.ts'

/** Milliseconds that rpm may take: an image may hold a database that is made to keep it busy. */
const LONGEST = 30_000
const SQLITE = 'rpmdb.sqlite'

/** Asks rpm for what is installed. Where it is not there or fails, that is a note and not an error. */
export async function queryRpm(
  files: readonly (readonly [name: string, content: Buffer])[],
  signal: AbortSignal,
): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrbuild-rpm-'))
  try {
    for (const [name, content] of files)
      writeFileSync(join(folder, name), content, { mode: 0o600, flag: 'wx' })
    const query = ['--query', '--all', '--nosignature', '--nodigest', '--queryformat', RPM_FORMAT] as const
    const late = AbortSignal.timeout(LONGEST)
    const output = await runProgram(['rpm', '--dbpath', folder, ...query], {
      signal: AbortSignal.any([signal, late]),
      env: { HOME: folder },
    })
    const packages = parseRpm(output.toString('utf8'))
    if (packages.length > 0) return { packages, notes: [] }
    // An rpm that does not know a format makes an empty database of its own beside it, and says nothing.
    const isOther = !files.some(([name]) => name === SQLITE) && existsSync(join(folder, SQLITE))
    return isOther ? unread('this rpm does not know its format') : unread('rpm finds no package in it')
  } catch (error) {
    signal.throwIfAborted()
    return unread(reason(error))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function unread(why: string): Installed {
  return { packages: [], notes: [`rpm database present, not read: ${why}`] }
}

function reason(error: unknown): string {
  if (!(error instanceof CtrbuildError)) return `rpm took longer than ${LONGEST / 1000} s`
  return error.code === 'PROGRAM_MISSING' ? 'install rpm' : error.message
}

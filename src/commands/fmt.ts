/** `ctrbuild fmt`: brings bundles.yaml into its canonical form. */
import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CtrbuildError, EXIT_STATUS } from '../errors.ts'
import { renderDiff } from '../report/text-diff.ts'
import { formatSpec } from '../spec/format/format.ts'
import { writeFileAtomic } from '../sys/atomic.ts'
import { diskError } from '../sys/failure.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { readSpecText, showProblems } from './inputs.ts'

export interface FmtOptions extends CommandOptions {
  /** Change nothing; fail where something would be changed. */
  readonly check: boolean
  /** Change nothing; show what would be changed. */
  readonly diff: boolean
}

/** @throws CtrbuildError SPEC_MISSING; FORMAT_DIFFERS where `options.check`; DISK, PERMISSION */
export async function fmt(options: FmtOptions, surroundings: Surroundings): Promise<number> {
  const path = resolve(surroundings.cwd, options.file)
  const text = readSpecText(path, options.file)
  const formatted = formatSpec(text, options.file)
  if (!formatted.ok) {
    showProblems(formatted.problems, text, options, surroundings)
    return EXIT_STATUS.SPEC_INVALID
  }
  if (formatted.text === text) return 0
  const { stdout } = surroundings
  if (options.diff) stdout.write(renderDiff(options.file, text, formatted.text, painter(options, stdout)))
  if (options.check) {
    throw new CtrbuildError('FORMAT_DIFFERS', `${options.file} is not in canonical form`, {
      hint: 'Run "ctrbuild fmt"; "ctrbuild fmt --diff" shows what it would change',
    })
  }
  if (options.diff) return 0
  replace(realpathSync(path), formatted.text)
  stdout.write(`${options.file}\n`)
  return 0
}

/** A link to the file stays one, and so do its permissions. */
function replace(path: string, text: string): void {
  try {
    writeFileAtomic(path, text, { mode: statSync(path).mode & 0o777 })
  } catch (error) {
    throw diskError(error, `cannot write ${path}`)
  }
}

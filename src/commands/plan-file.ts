/** A saved plan as a file. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import { parsePlan } from '../plan/file.ts'
import type { Plan } from '../plan/types.ts'
import type { Surroundings } from './context.ts'

/**
 * Reads a plan that `ctrbuild plan --out` saved.
 * @throws CtrbuildError PLAN_MISSING, PLAN_INVALID
 */
export function readPlanFile(name: string, { cwd }: Surroundings): Plan {
  try {
    return parsePlan(readFileSync(resolve(cwd, name), 'utf8'))
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error
    throw new CtrbuildError('PLAN_MISSING', `there is no plan in ${name}`, {
      hint: 'Save one with "ctrbuild plan --out FILE"',
      cause: error,
    })
  }
}

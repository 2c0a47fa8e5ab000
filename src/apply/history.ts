/** A bundle's generations, as their stamps tell them. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { CtrbuildError } from '../errors.ts'
import type { Stamp } from '../plan/types.ts'
import { currentGeneration, generationNumbers, generationPath, STAMP } from './generations.ts'
import { observeGeneration } from './observe.ts'

/** One generation. */
export interface Generation {
  readonly number: number
  /** Absolute path. */
  readonly path: string
  readonly isCurrent: boolean
  /** Milliseconds since 1970, of its completion. */
  readonly made: number | undefined
  /** Undefined where it cannot be read. */
  readonly stamp: Stamp | undefined
  /** What is wrong with it, such as `rootfs is gone`. */
  readonly damage: string | undefined
}

/** A bundle's finished generations, the oldest first. */
export function readHistory(out: string, name: string): Generation[] {
  const current = currentGeneration(out, name)
  return generationNumbers(out, name).map(number => {
    const path = generationPath(out, name, number)
    const made = statSync(join(path, STAMP), { throwIfNoEntry: false })?.mtimeMs
    return { number, path, isCurrent: path === current, made, ...observeGeneration(path) }
  })
}

/**
 * The generation to go back to: the one with the number, or the newest before the current one.
 * @throws CtrbuildError GENERATION_MISSING where there is none, or it is not whole
 */
export function generationToRollBackTo(
  name: string,
  history: readonly Generation[],
  number: number | undefined,
): Generation {
  const current = history.find(({ isCurrent }) => isCurrent)
  const earlier = history.filter(one => current === undefined || one.number < current.number)
  const chosen = number === undefined ? earlier.at(-1) : history.find(one => one.number === number)
  if (chosen === undefined) throw missing(name, history, number)
  if (chosen.damage === undefined) return chosen
  throw new CtrbuildError(
    'GENERATION_MISSING',
    `generation ${chosen.number} of ${name} is not whole: ${chosen.damage}`,
    {
      hint: `"ctrbuild history ${name}" shows the others`,
    },
  )
}

function missing(name: string, history: readonly Generation[], number: number | undefined): CtrbuildError {
  const numbers = history.map(one => `${one.number}${one.isCurrent ? ' (current)' : ''}`).join(', ')
  const what =
    number === undefined
      ? `${name} has no generation before the current one`
      : `${name} has no generation ${number}`
  return new CtrbuildError('GENERATION_MISSING', what, {
    hint: numbers === '' ? 'No generation of it is kept' : `There is ${numbers}`,
  })
}

/** `ctrbuild logs`: shows what a detached container has written. */
import { runContainerScript } from './containers.ts'
import type { CommandOptions, Surroundings } from './context.ts'

export interface LogsOptions extends CommandOptions {
  readonly container: string
  /** Go on until it ends. */
  readonly follow: boolean
}

/** @throws CtrbuildError CONTAINER_MISSING */
export function logs({ container, follow }: LogsOptions, surroundings: Surroundings): Promise<number> {
  return runContainerScript('logs', container, follow ? ['--follow'] : [], surroundings)
}

/** `ctrbuild exec`: runs a command in a container. */
import { runContainerScript } from './containers.ts'
import type { CommandOptions, Surroundings } from './context.ts'

export interface ExecOptions extends CommandOptions {
  readonly container: string
  readonly command: readonly string[]
}

/**
 * Ends as the command ended.
 * @throws CtrbuildError CONTAINER_MISSING
 */
export function exec({ container, command }: ExecOptions, surroundings: Surroundings): Promise<number> {
  return runContainerScript('exec', container, ['--', ...command], surroundings)
}

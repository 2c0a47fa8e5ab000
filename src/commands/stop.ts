/** `ctrbuild stop`: ends a container. */
import { runContainerScript } from './containers.ts'
import type { CommandOptions, Surroundings } from './context.ts'

export interface StopOptions extends CommandOptions {
  readonly container: string
  /** Undefined: the image's StopSignal. */
  readonly signal: string | undefined
  /** Seconds. */
  readonly timeout: number
}

/**
 * Returns when it has ended.
 * @throws CtrbuildError CONTAINER_MISSING
 */
export function stop(
  { container, signal, timeout }: StopOptions,
  surroundings: Surroundings,
): Promise<number> {
  const args = [...(signal === undefined ? [] : ['--signal', signal]), '--timeout', String(timeout)]
  return runContainerScript('stop', container, args, surroundings)
}

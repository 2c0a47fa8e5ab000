/** Runs skopeo, once or as often as it takes, and turns its failures into ctrbuild's. */
import { CtrbuildError } from '../errors.ts'
import type { ImageSpec } from '../spec/types.ts'
import { type Argv, type ProgramResult, programFailed, tryProgram } from '../sys/program.ts'
import { type Attempt, type RetryOptions, retry } from '../sys/retry.ts'
import { skopeoEnvironment } from './skopeo-environment.ts'
import { skopeoFailure } from './skopeo-errors.ts'

/** How skopeo is run. */
export interface SkopeoOptions extends Partial<Pick<RetryOptions, 'retries' | 'wait' | 'delay'>> {
  /** The folder that relative paths of images count from: that of bundles.yaml. */
  readonly base: string
  /** Milliseconds without a byte after which a registry counts as gone; default two minutes. */
  readonly patience?: number
  /** Told before an image is asked for again. */
  readonly onRetry?: (image: ImageSpec, error: Error, attempt: number, milliseconds: number) => void
}

/** One kind of call to skopeo. */
export interface SkopeoCall {
  readonly image: ImageSpec
  readonly argv: Argv
  readonly signal: AbortSignal
  /** Where skopeo unpacks archives, which may need as much space as they have. */
  readonly temporary?: string
}

/** Does more with a run than wait for it. Undefined means that it was stopped because nothing moved. */
export type Around = (
  run: (signal: AbortSignal) => Promise<ProgramResult>,
) => Promise<ProgramResult | undefined>

/**
 * Runs skopeo until it succeeds, and gives its standard output.
 * @throws CtrbuildError as `ImageSource.resolve`
 */
export function runSkopeo(
  options: SkopeoOptions,
  call: SkopeoCall,
  around: Around = run => run(call.signal),
): Promise<Buffer> {
  const { image, argv, temporary } = call
  const attempt = async (): Promise<Attempt<Buffer>> => {
    const settings = { cwd: options.base, env: await skopeoEnvironment(image.reference.transport, temporary) }
    const result = await around(signal => tryProgram(argv, { ...settings, signal }))
    if (result === undefined) return { kind: 'failed', error: stalled(image), isTemporary: true }
    if (result.exitCode === 0) return { kind: 'done', value: result.stdout }
    if (result.killedBy !== undefined)
      return { kind: 'failed', error: programFailed(argv, result), isTemporary: false }
    return { kind: 'failed', ...skopeoFailure(image.reference, result.stderr) }
  }
  return retry(attempt, {
    retries: options.retries ?? 3,
    wait: options.wait ?? 500,
    signal: call.signal,
    ...(options.delay === undefined ? {} : { delay: options.delay }),
    onRetry: (error, attempts, milliseconds) => options.onRetry?.(image, error, attempts, milliseconds),
  })
}

function stalled(image: ImageSpec): CtrbuildError {
  return new CtrbuildError(
    'SOURCE_UNAVAILABLE',
    `image ${image.reference.text}: the registry stopped sending`,
    {
      hint: 'Run ctrbuild again: what has arrived is kept',
    },
  )
}

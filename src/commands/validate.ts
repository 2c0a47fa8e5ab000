/** `ctrbuild validate`: says whether bundles.yaml is right, and asks nobody. */
import { EXIT_STATUS } from '../errors.ts'
import { imagesOf } from '../lock/images.ts'
import { counted } from '../report/format.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { readSpecFile } from './inputs.ts'

/**
 * Mistakes and warnings go to standard error, all of them.
 * @throws CtrbuildError SPEC_MISSING
 */
export async function validate(options: CommandOptions, surroundings: Surroundings): Promise<number> {
  const file = readSpecFile(options, surroundings)
  if (file === undefined) return EXIT_STATUS.SPEC_INVALID
  const { spec } = file
  const counts = `${counted(spec.bundles.length, 'bundle')} of ${counted(imagesOf(spec).length, 'image')}`
  surroundings.stdout.write(`${options.file} is valid: ${counts}\n`)
  return 0
}

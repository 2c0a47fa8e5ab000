/** `ctrbuild validate`: says whether bundles.yaml is right, and asks nobody. */
import { relative, resolve } from 'node:path'
import { EXIT_STATUS } from '../errors.ts'
import { imagesOf } from '../lock/images.ts'
import { canonicalJson } from '../oci/canonical-json.ts'
import { codeQuality, githubAnnotations } from '../report/annotations.ts'
import { diagnosticRecord } from '../report/diagnostics.ts'
import { counted } from '../report/format.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { type ExaminedSpec, examineSpec, showProblems } from './inputs.ts'

export interface ValidateOptions extends CommandOptions {
  readonly format: 'text' | 'json' | 'github' | 'gitlab'
}

/**
 * Mistakes and warnings go to standard error, all of them; those for programs to standard output.
 * @throws CtrbuildError SPEC_MISSING
 */
export async function validate(options: ValidateOptions, surroundings: Surroundings): Promise<number> {
  const examined = examineSpec(options, surroundings)
  const { text, problems, file } = examined
  if (options.format === 'text' || options.format === 'github')
    showProblems(problems, text, options, surroundings)
  surroundings.stdout.write(output(examined, options, surroundings))
  return file === undefined ? EXIT_STATUS.SPEC_INVALID : 0
}

function output(
  { problems, file }: ExaminedSpec,
  options: ValidateOptions,
  surroundings: Surroundings,
): string {
  const pathOf = (name: string) => pathInRepository(name, surroundings)
  const [bundles, images] =
    file === undefined ? [0, 0] : [file.spec.bundles.length, imagesOf(file.spec).length]
  switch (options.format) {
    case 'text':
      if (file === undefined) return ''
      return `${options.file} is valid: ${counted(bundles, 'bundle')} of ${counted(images, 'image')}\n`
    case 'json': {
      const counts = file === undefined ? {} : { bundles, images }
      const records = problems.map(diagnosticRecord)
      return canonicalJson({
        formatVersion: 1,
        file: options.file,
        valid: file !== undefined,
        ...counts,
        problems: records,
      })
    }
    case 'github':
      return githubAnnotations(problems, pathOf)
    case 'gitlab':
      return codeQuality(problems, pathOf)
    default:
      return options.format satisfies never
  }
}

/** Both services say where they checked the repository out; their reports name files from there. */
function pathInRepository(name: string, { cwd, env }: Surroundings): string {
  const top = env.GITHUB_WORKSPACE ?? env.CI_PROJECT_DIR
  const path = top === undefined ? undefined : relative(top, resolve(cwd, name))
  return path === undefined || path === '' || path.startsWith('..') ? name : path
}

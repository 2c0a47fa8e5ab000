/** `ctrbuild show`: a saved plan for people, for programs, or for a pull request. */
import { formatPlan } from '../plan/file.ts'
import { planMarkdown } from '../plan/markdown.ts'
import { renderPlan } from '../plan/render.ts'
import { renderDetails } from '../plan/render-details.ts'
import { type CommandOptions, painter, type Surroundings } from './context.ts'
import { readPlanFile } from './plan-file.ts'

export interface ShowOptions extends CommandOptions {
  readonly planFile: string
  readonly form: 'text' | 'json' | 'markdown'
  /** The most characters of Markdown. */
  readonly maxChars: number
}

/** @throws CtrbuildError PLAN_MISSING, PLAN_INVALID */
export async function show(options: ShowOptions, surroundings: Surroundings): Promise<number> {
  const plan = readPlanFile(options.planFile, surroundings)
  const { stdout } = surroundings
  switch (options.form) {
    case 'text':
      stdout.write(renderDetails(plan, painter(options, stdout)) + renderPlan(plan, painter(options, stdout)))
      return 0
    case 'json':
      stdout.write(formatPlan(plan))
      return 0
    case 'markdown':
      stdout.write(planMarkdown(plan, options.maxChars))
      return 0
    default:
      return options.form satisfies never
  }
}

/** How the schema says what a value must be, so that the sentence about a mistake can be made from it. */
import * as z from 'zod'

/**
 * Error parameter of a zod check: what the value must do, and perhaps how to get there.
 * The hint travels on a line of its own in zod's message.
 */
export function must(claim: string, hint?: string): { error: string } {
  return { error: ruleText(`must ${claim}`, hint) }
}

/** The message of a zod issue as ctrbuild's schemas write it. */
export function ruleText(claim: string, hint?: string): string {
  return hint === undefined ? claim : `${claim}\n${hint}`
}

/** Takes such a message apart again. */
export function readRule(message: string): { claim: string; hint: string | undefined } {
  const [claim, hint] = message.split('\n')
  return { claim: claim!, hint }
}

/** A list of words that names none twice. */
export function distinct<T extends z.ZodType<string>>(item: T) {
  return z
    .array(item)
    .meta({ uniqueItems: true })
    .check(context => {
      context.value.forEach((word, i) => {
        if (context.value.indexOf(word) === i) return
        const message = ruleText(`repeats ${JSON.stringify(word)}`, 'Keep one of them')
        context.issues.push({ code: 'custom', message, path: [i], input: word })
      })
    })
}

/** A text of one line that is not empty. */
export const oneLine = /^[^\x00-\x1f\x7f]+$/

/** What changes inside bundles, in Markdown: folded away, and without the values of variables and arguments. */
import type { Detail } from './bundle-diff.ts'
import { asCode } from './markdown-code.ts'
import { renderDetails } from './render-details.ts'
import type { Plan } from './types.ts'

/** Where config.json holds what is often a secret. */
const SECRET = /(?:^|[.\]])(?:env|args)(?:$|[.[])/
const HIDDEN = '(not shown here)'

/** A block for each bundle that there is something to tell of. */
export function detailBlocks(plan: Plan): readonly string[] {
  return (plan.details ?? []).flatMap(detail => {
    const text = renderDetails({ ...plan, details: [withoutSecrets(detail)] }, (_, part) => part)
    if (text === '') return []
    return [
      `<details><summary>${asCode(detail.name ?? '')}</summary>\n<pre>\n${asHtml(text.trimEnd())}\n</pre>\n</details>\n`,
    ]
  })
}

function withoutSecrets(detail: Detail): Detail {
  if ('missing' in detail || detail.config === undefined) return detail
  const config = detail.config.map(change =>
    SECRET.test(change.path)
      ? {
          ...change,
          ...(change.before !== undefined && { before: HIDDEN }),
          ...(change.after !== undefined && { after: HIDDEN }),
        }
      : change,
  )
  return { ...detail, config }
}

/** Data within `<pre>`: nothing in it is Markdown, and it was made safe to show before. */
function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

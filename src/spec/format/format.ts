/**
 * The canonical form of bundles.yaml: keys in the order of the documentation, `image` unquoted on a line of its own where
 * the programs that update images find it, two spaces of indentation. Comments, names, quotes and brackets stay.
 */
import { canonicalJson } from '../../oci/canonical-json.ts'
import type { Node } from '../document.ts'
import type { Problem } from '../problem.ts'
import { tokensOf } from '../scan-tokens.ts'
import { readYaml } from '../yaml.ts'
import { attachComments } from './attach.ts'
import { layOut } from './layout.ts'
import { writeLayout } from './write.ts'

/** The text in canonical form, or why it cannot be read. */
export type Formatted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Brings a text into canonical form; done again, it changes nothing more. The text need not be right in any other way
 * than that it is YAML: unknown keys stay behind the known ones.
 * @throws Error where something would be lost, which is a mistake in here
 */
export function formatSpec(text: string, file: string): Formatted {
  const source = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  const { root, problems } = readYaml(source, file)
  if (root === undefined || problems.length > 0) return { ok: false, problems }
  const layout = layOut(source, root)
  if (layout.root.kind === 'text') return { ok: true, text: source }
  const written = writeLayout(source, layout, attachComments(layout))
  if (written !== source && meaningOf(source, root) !== meaningOf(written, readYaml(written, file).root)) {
    throw new Error(`${file} would mean something else in canonical form, so it stays as it is`)
  }
  return { ok: true, text: written }
}

/** Everything that a text says: its values, whatever the order of their keys, and its comments. */
function meaningOf(text: string, root: Node | undefined): string {
  const comments = [...tokensOf(text)].filter(({ type }) => type === 'comment')
  return canonicalJson({
    root: root === undefined ? null : contentOf(root),
    comments: comments.map(token => token.text.trimEnd()).sort(),
  })
}

/** A value that is not a text counts as it is written: 0777 is not 777. */
function contentOf(node: Node): unknown {
  if (node.kind === 'list') return node.items.map(contentOf)
  if (node.kind === 'map')
    return { map: [...node.entries].map(([key, { value }]) => [key, contentOf(value)]).sort(byKey) }
  return typeof node.value === 'string' ? { text: node.value } : { source: node.source }
}

function byKey([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

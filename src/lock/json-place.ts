/** Finds where a value stands in a text that is JSON. */

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

interface Open {
  readonly isList: boolean
  /** Of the value that comes next. */
  key: string
  index: number
}

/**
 * Offset of the value with a path such as `images[0].layers[1].digest`; the whole document has the empty path.
 * Undefined where there is none. The text must be JSON.
 */
export function placeInJson(text: string, path: string): number | undefined {
  const open: Open[] = []
  let previous = ''
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    const top = open.at(-1)
    const isKey = top?.isList === false && (previous === '{' || previous === ',')
    const isValue = !isKey && !'}],:'.includes(token)
    if (isValue && pathOf(open) === path) return index
    if (isKey && token !== '}') top.key = JSON.parse(token)
    if (token === ',') top!.index++
    if (token === '{' || token === '[') open.push({ isList: token === '[', key: '', index: 0 })
    if (token === '}' || token === ']') open.pop()
    previous = token
  }
  return undefined
}

function pathOf(open: readonly Open[]): string {
  return open.reduce(
    (path, { isList, key, index }) => (isList ? `${path}[${index}]` : path === '' ? key : `${path}.${key}`),
    '',
  )
}

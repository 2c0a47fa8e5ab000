/** Which comment belongs to what: as people read them, by line and column. */
import type { Block, Comment, Item, Layout } from './layout.ts'

/**
 * Puts every comment with the item that it is about; those before the first item are returned. Comments within a
 * stretch of text that stays as it is are part of it. A comment on a line of its own is about what comes next, unless
 * it is set in deeper: then it ends what comes before it.
 */
export function attachComments({ items, comments }: Layout): readonly Comment[] {
  const top: Comment[] = []
  let next = 0
  for (const comment of comments) {
    while (next < items.length && items[next]!.start < comment.start) next++
    const [before, after] = [items[next - 1], items[next]]
    if (before === undefined) top.push(comment)
    else if (!isInside(comment, before)) listFor(comment, before, after).push(comment)
  }
  return top
}

function isInside({ start }: Comment, { value }: Item): boolean {
  return value.kind === 'text' && value.span[0] < start && start < value.span[1]
}

function listFor(comment: Comment, before: Item, after: Item | undefined): Comment[] {
  if (!comment.isOwnLine) return besideFor(comment, before)
  if (after !== undefined && after.block.column === comment.column) return after.lead
  const block = endedBy(comment, before)
  if (after === undefined || !isWithin(after.block, block)) return block.tail
  return isEmpty(before) && after.block === before.block ? before.beside : after.lead
}

/** After a brace that closes, a comment is about all that is in it. */
function besideFor({ start }: Comment, before: Item): Comment[] {
  let [list, block] = [before.beside, before.block]
  for (; block.parent !== undefined && block.column === undefined && block.end <= start; block = block.parent)
    list = block.beside
  return list
}

/** The innermost collection around the last item that the comment can be in. */
function endedBy({ column, start }: Comment, before: Item): Block {
  let block = before.block
  const isPast = (one: Block) => (one.column === undefined ? one.end <= start : one.column > column)
  while (block.parent !== undefined && isPast(block)) block = block.parent
  return block
}

function isWithin(block: Block, outer: Block): boolean {
  return block === outer || (block.parent !== undefined && isWithin(block.parent, outer))
}

function isEmpty({ value }: Item): boolean {
  return value.kind === 'text' && value.span[0] === value.span[1]
}

/**
 * A layer's archive as it was, from its tree and what tar-split kept of it: one JSON object a line, either bytes that
 * are no content (`"type":2`) or the name of a file whose content comes here (`"type":1`). Whether it is right is for
 * the caller to see: the archive's digest is the layer's diffID.
 */
import { gunzipSync } from 'node:zlib'
import * as z from 'zod'
import { CtrbuildError } from '../errors.ts'
import type { Member } from '../export/members.ts'
import { type ByteString, bytesOf, type Dir, type Node } from '../tree/node.ts'
import { splitPath } from '../tree/path.ts'
import { fileBytes } from './archive.ts'
import type { Repo } from './types.ts'

/** Bytes of the largest tar-split that is unpacked: that of some million files. */
const LARGEST = 1 << 29

const base64 = z.string().transform(text => Buffer.from(text, 'base64'))
const entry = z.discriminatedUnion('type', [
  z.object({ type: z.literal(2), payload: base64 }),
  z.object({
    type: z.literal(1),
    name: z.string().optional(),
    name_raw: base64.optional(),
    size: z.int().min(0).optional(),
  }),
])

/**
 * The archive's bytes, piece by piece.
 * @param output the commit's `tarsplit.output`: base64 of gzip
 * @throws CtrbuildError OBJECT_DAMAGED
 */
export function* rebuiltTar(output: string, root: Dir, repo: Repo): Generator<Buffer> {
  for (const line of unpacked(output)) {
    const parsed = entry.safeParse(parseLine(line))
    if (!parsed.success) throw unreadable()
    const { data } = parsed
    if (data.type === 2) yield data.payload
    else if (data.size !== undefined && data.size > 0) {
      const name = data.name_raw?.toString('latin1') ?? bytesOf(data.name ?? '')
      yield* fileBytes(contentOf(root, name), repo, data.size)
    }
  }
}

function contentOf(root: Dir, path: ByteString): NonNullable<Member['content']> {
  let node: Node | undefined = root
  for (const name of splitPath(path)) node = node?.kind === 'dir' ? node.children.get(name) : undefined
  if (node?.kind !== 'file') throw unreadable()
  return { checksum: node.checksum }
}

function unpacked(output: string): string[] {
  try {
    const text = gunzipSync(Buffer.from(output, 'base64'), { maxOutputLength: LARGEST }).toString('utf8')
    return text.split('\n').filter(line => line !== '')
  } catch (error) {
    throw unreadable(error)
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw unreadable(error)
  }
}

function unreadable(cause?: unknown): CtrbuildError {
  return new CtrbuildError(
    'OBJECT_DAMAGED',
    "what tar-split kept of a layer's archive does not fit its tree",
    { cause },
  )
}

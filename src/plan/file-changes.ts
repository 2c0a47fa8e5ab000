/** What changes in the small files of a bundle that are put in place outside of it, file by file. */
import { createTwoFilesPatch } from 'diff'

/** One file. */
export interface FileChange {
  /** In the bundle, such as `system/etcd.service`. */
  readonly path: string
  readonly action: 'create' | 'update' | 'remove'
  /** Where a text changes: as a unified diff. */
  readonly patch?: string
}

/** Contents by path. */
export type FileContents = ReadonlyMap<string, string | Buffer>

/** A longer text is no unit: that it changes is enough. */
const LONGEST = 100_000

/** The differences between two sets of files, by path. */
export function fileChanges(before: FileContents, after: FileContents): readonly FileChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths.flatMap((path): FileChange[] => {
    const [was, is] = [before.get(path), after.get(path)].map(content =>
      content === undefined ? undefined : Buffer.from(content),
    )
    if (was === undefined) return [{ path, action: 'create' }]
    if (is === undefined) return [{ path, action: 'remove' }]
    if (was.equals(is)) return []
    const isText = [was, is].every(bytes => bytes.length <= LONGEST && !bytes.includes(0))
    return [{ path, action: 'update', ...(isText && { patch: patchOf(was, is) }) }]
  })
}

/** Without its head, which says what the path says. */
function patchOf(before: Buffer, after: Buffer): string {
  const patch = createTwoFilesPatch('a', 'b', before.toString('utf8'), after.toString('utf8'), '', '', {
    context: 2,
  })
  return patch.slice(patch.indexOf('@@'))
}

/** Archives, to a file or to standard output. */
import type { Member } from '../export/members.ts'
import { archiveBytes } from '../ostree/archive.ts'
import { unhurried, writePiecesAtomic } from '../sys/atomic.ts'
import type { Delivery } from './delivery.ts'
import { usage } from './usage.ts'

/**
 * Writes an archive of members.
 * @throws CtrbuildError USAGE where it would go to a terminal, OBJECT_DAMAGED
 */
export async function writeArchive(
  { repo, output, surroundings }: Delivery,
  members: Iterable<Member>,
): Promise<void> {
  const { stdout, signal } = surroundings
  const pieces = archiveBytes(members, repo)
  if (output !== undefined) return writePiecesAtomic(output, pieces, signal)
  if (stdout.isTTY === true) throw usage('an archive is not for a terminal', 'Name a file with --output')
  for await (const piece of unhurried(pieces, signal)) stdout.write(piece)
}

/** Archives and texts, to a file or to standard output. */
import type { Member } from '../export/members.ts'
import { archiveBytes } from '../ostree/archive.ts'
import { unhurried, writeFileAtomic, writePiecesAtomic } from '../sys/atomic.ts'
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
  // Whoever reads it may be slower, and the process must not end before it has all.
  for await (const piece of unhurried(pieces, signal)) {
    await new Promise<void>((resolve, reject) => {
      stdout.write(piece, error => (error ? reject(error) : resolve()))
    })
  }
}

/** Writes a text. */
export async function writeText({ output, surroundings }: Delivery, text: string): Promise<void> {
  if (output === undefined) surroundings.stdout.write(text)
  else writeFileAtomic(output, text)
}

/** Pieces of hand-made archives. */
import { padded, sealHeader, tarHeader } from '../../support/tar-writer.ts'

/** The two zero blocks that end an archive. */
export const END = Buffer.alloc(1024)
/** The magic of GNU tar's own format. */
export const GNU = 'ustar  \0'

/** An archive of parts. */
export function archive(...parts: Buffer[]): Buffer {
  return Buffer.concat([...parts, END])
}

/** The header of a file. */
export function file(name: string, more: object = {}): Buffer {
  return tarHeader({ name, typeflag: '0', ...more })
}

/** A GNU long name or long link. */
export function long(typeflag: 'L' | 'K', body: string): Buffer {
  const name = Buffer.from(body, 'latin1')
  const header = tarHeader({ name: '././@LongLink', typeflag, size: name.length, magic: GNU })
  return Buffer.concat([header, padded(name)])
}

/** A header with some bytes changed and its checksum made right again. */
export function patched(header: Buffer, at: number, text: string): Buffer {
  header.write(text, at, 'latin1')
  return sealHeader(header)
}

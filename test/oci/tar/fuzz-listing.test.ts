/** Archives with changed headers: where both this reader and Python's tarfile take one, they read the same from it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CtrbuildError } from '../../../src/errors.ts'
import { TAR_LIMITS } from '../../../src/oci/tar/limits.ts'
import { needs } from '../../support/programs.ts'
import { type Random, randomOf } from '../../support/random.ts'
import { sealHeader, writeTar } from '../../support/tar-writer.ts'
import { asPython, type PythonEntry } from './corpus.ts'
import { readAll } from './reading.ts'

const ARCHIVES = 1000
const SEED = writeTar([
  { path: 'd/', type: 'dir', mode: 0o1755 },
  { path: 'd/file', type: 'file', content: Buffer.alloc(700, 'c'), uid: 3_000_000, gid: 5 },
  { path: `${'p'.repeat(90)}/${'n'.repeat(90)}`, type: 'file', content: Buffer.from('x'), uid: 7 },
  { path: 'l', type: 'symlink', target: 't'.repeat(150), xattrs: [['user.x', Buffer.from([1, 0, 255])]] },
  { path: 'h', type: 'hardlink', target: 'd/file' },
  { path: 'last', type: 'file', content: Buffer.alloc(512, 'l') },
])
const HEADERS = Array.from({ length: SEED.length / 512 }, (_, i) => i * 512).filter(at =>
  SEED.subarray(at, at + 512).includes('ustar'),
)
const TYPEFLAG = 156
const BYTES = [0, 0x20, 0x2f, 0x30, 0x31, 0x35, 0x37, 0x38, 0x41, 0x80, 0xff]

function changed(random: Random): Buffer {
  const tar = Buffer.from(SEED)
  const header = tar.subarray(random.pick(HEADERS)).subarray(0, 512)
  for (let i = random.between(1, 3); i > 0; i--) {
    const at = random.between(0, 499)
    // Python's listing does not say what an unknown type holds.
    header[at] = at === TYPEFLAG ? random.between(0x30, 0x37) : random.pick(BYTES)
  }
  sealHeader(header)
  return tar
}

const PYTHON = `
import hashlib, json, os, sys, tarfile
def raw(text): return text.encode('utf-8', 'surrogateescape').hex()
# What ends with a slash is a directory for GNU tar and libarchive.
def is_file(e): return e.isreg() and not e.name.endswith('/')
for name in sorted(os.listdir(sys.argv[1]), key=int):
    try:
        with tarfile.open(os.path.join(sys.argv[1], name), encoding='utf-8', errors='surrogateescape') as tar:
            print(json.dumps([[raw(e.name.rstrip('/')), e.mode & 0o7777, e.uid, e.gid,
                raw(e.linkname) if e.issym() or e.islnk() else '',
                hashlib.sha256(tar.extractfile(e).read()).hexdigest() if is_file(e) else ''] for e in tar]))
    except Exception:
        print('null')
`

it(`${ARCHIVES} archives with changed headers are what Python says, or refused`, context => {
  needs(context, 'python3')
  const folder = mkdtempSync(join(tmpdir(), 'ctrbuild-fuzz-'))
  try {
    const random = randomOf(20_260_102)
    const tars = Array.from({ length: ARCHIVES }, () => changed(random))
    for (const [i, tar] of tars.entries()) writeFileSync(join(folder, String(i)), tar)
    const told = execFileSync('python3', ['-c', PYTHON, folder], { encoding: 'utf8', maxBuffer: 1 << 28 })
    const theirs = told
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as PythonEntry[] | null)
    const ours = tars.map(tar => listed(tar))
    const differing = tars.flatMap((_, i) =>
      ours[i] === undefined || JSON.stringify(ours[i]) === JSON.stringify(theirs[i])
        ? []
        : [{ i, ours: ours[i], theirs: theirs[i] }],
    )
    const read = ours.filter(entries => entries !== undefined).length
    console.log(`Python: ${read} of ${ARCHIVES} changed archives are read, ${differing.length} otherwise`)
    expect(differing.slice(0, 5)).toEqual([])
    expect(read).toBeGreaterThan(ARCHIVES / 10)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function listed(tar: Buffer): PythonEntry[] | undefined {
  try {
    return asPython(readAll(tar, [4096], { ...TAR_LIMITS, layerSize: 64 << 20 }))
  } catch (error) {
    if (error instanceof CtrbuildError) return undefined
    throw error
  }
}

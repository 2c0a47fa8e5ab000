/** A folder of all that tar can hold, and what other programs make of archives of it. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ReadEntry } from './reading.ts'
import { sha256 } from './reading.ts'

const MODE_LETTERS = {
  file: '-',
  dir: 'd',
  symlink: 'l',
  hardlink: 'h',
  char: 'c',
  block: 'b',
  fifo: 'p',
} as const
const MIB = 1024 ** 2

/** Fills a folder; names fit v7 unless `isRich`. */
export function fillFolder(folder: string, isRich: boolean): void {
  const write = (name: string, content: string, mode = 0o644): void =>
    writeFileSync(Buffer.from(join(folder, name), 'latin1'), content, { mode })
  mkdirSync(join(folder, 'dir/sub'), { recursive: true })
  mkdirSync(join(folder, 'empty'), { mode: 0o700 })
  write('dir/file', 'some content\n')
  write('dir/block', 'x'.repeat(512))
  write('dir/more', 'y'.repeat(70_001), 0o755)
  write('dir/sub/nothing', '')
  write('with space', ' ', 0o600)
  write('-dash', '-')
  write('latin-\xff', 'not UTF-8')
  linkSync(join(folder, 'dir/file'), join(folder, 'dir/hard'))
  symlinkSync('../dir/file', join(folder, 'empty/link'))
  execFileSync('mkfifo', ['-m', '640', join(folder, 'fifo')])
  if (!isRich) return
  const deep = `deep/${'long-component/'.repeat(12)}`
  mkdirSync(join(folder, deep), { recursive: true })
  write(`${deep}${'n'.repeat(200)}`, 'deep')
  linkSync(join(folder, `${deep}${'n'.repeat(200)}`), join(folder, 'hard-to-deep'))
  symlinkSync('t'.repeat(300), join(folder, 'long-link'))
  write(Buffer.from('ünïcödé').toString('latin1'), 'UTF-8')
}

/** Writes a file of many short pieces and long holes. */
export function writeSparseFiles(folder: string): void {
  const piece = (name: string, size: number, offsets: readonly number[]): void => {
    const path = join(folder, name)
    writeFileSync(path, '')
    truncateSync(path, size)
    const file = openSync(path, 'r+')
    for (const offset of offsets) writeSync(file, Buffer.alloc(5000, `piece at ${offset} `), 0, 5000, offset)
    closeSync(file)
  }
  piece('hole-at-end', MIB, [0])
  piece('hole-at-start', MIB, [MIB - 5000])
  piece('hole-only', MIB, [])
  piece(
    'many-pieces',
    4 * MIB + 3,
    Array.from({ length: 70 }, (_, index) => index * 49_152 + 8192),
  )
}

/** The lines `tar -tv --numeric-owner` would print for entries, without times, and with content as a digest. */
export function listing(entries: readonly ReadEntry[]): string[] {
  return entries.map(({ path, type, mode, uid, gid, size, linkTarget }) => {
    const target =
      type === 'symlink' ? ` -> ${linkTarget}` : type === 'hardlink' ? ` link to ${linkTarget}` : ''
    return `${MODE_LETTERS[type]}${modeText(mode)} ${uid}/${gid} ${size} ${path}${target}`
  })
}

/** What GNU tar lists, in the same form. */
export function gnuListing(archive: string): string[] {
  const argv = ['-tvf', archive, '--numeric-owner', '--quoting-style=literal', '--show-stored-names']
  const text = execFileSync('tar', argv, {
    encoding: 'latin1',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  })
  const line = /^(\S{10}) (\d+)\/(\d+) +(\d+) \S+ \S+ (.*)$/
  return text
    .split('\n')
    .slice(0, -1)
    .map(row => row.replace(line, '$1 $2/$3 $4 $5'))
}

/** An entry as Python's tarfile sees it: names in hexadecimal, a digest for a file. */
export type PythonEntry = readonly [
  name: string,
  mode: number,
  uid: number,
  gid: number,
  target: string,
  sha256: string,
]

const PYTHON = `
import hashlib, json, sys, tarfile
def raw(text): return text.encode('utf-8', 'surrogateescape').hex()
with tarfile.open(sys.argv[1], encoding='utf-8', errors='surrogateescape') as tar:
    print(json.dumps([[raw(e.name), e.mode & 0o7777, e.uid, e.gid,
        raw(e.linkname) if e.issym() or e.islnk() else '',
        hashlib.sha256(tar.extractfile(e).read()).hexdigest() if e.isreg() else ''] for e in tar]))
`

/** What Python's tarfile lists; it drops the slash after a directory. */
export function pythonListing(archive: string): PythonEntry[] {
  return JSON.parse(execFileSync('python3', ['-c', PYTHON, archive], { encoding: 'utf8' }))
}

/** Entries in the form of pythonListing. */
export function asPython(entries: readonly ReadEntry[]): PythonEntry[] {
  const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex')
  return entries.map(({ path, type, mode, uid, gid, linkTarget, content }) => {
    const digest = type === 'file' ? sha256(content) : ''
    return [hex(path.replace(/\/+$/, '')), mode, uid, gid, hex(linkTarget), digest]
  })
}

const installed = new Map<string, boolean>()

/** True if a program can be started, and if it is `tar`, is GNU's. */
export function isInstalled(program: string): boolean {
  const known = installed.get(program)
  if (known !== undefined) return known
  const { error, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  const answer = error === undefined && (program !== 'tar' || stdout.includes('GNU tar'))
  installed.set(program, answer)
  return answer
}

function modeText(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-'))
  const special = [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const
  for (const [bit, at, letter] of special) {
    if (mode & bit) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase()
  }
  return letters.join('')
}

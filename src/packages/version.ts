/** Which of two versions is the later one, by the rules of dpkg (deb-version(7)) and of rpm (rpm-version(7)). */

/** Negative where `a` is the earlier version, positive where it is the later one, 0 where neither is. */
export type CompareVersions = (a: string, b: string) => number

/** As `dpkg --compare-versions`. */
export function compareDpkgVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)]
  return (
    compareNumbers(left.epoch, right.epoch) ||
    compareDebian(left.version, right.version) ||
    compareDebian(left.release, right.release)
  )
}

/** As rpm orders epoch, version and release. */
export function compareRpmVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)]
  return (
    compareNumbers(left.epoch, right.epoch) ||
    compareSegments(left.version, right.version) ||
    compareSegments(left.release, right.release)
  )
}

interface Parts {
  readonly epoch: string
  readonly version: string
  /** Debian's revision. */
  readonly release: string
}

function split(text: string): Parts {
  const [, epoch = '', rest = ''] = /^(?:([0-9]*):)?(.*)$/s.exec(text)!
  const dash = rest.lastIndexOf('-')
  return dash < 0
    ? { epoch, version: rest, release: '' }
    : { epoch, version: rest.slice(0, dash), release: rest.slice(dash + 1) }
}

/** Numbers of any length, leading zeros aside. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0)
}

/** Runs of other characters and runs of digits, in turn. */
function compareDebian(a: string, b: string): number {
  const [left, right] = [debianRuns(a), debianRuns(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? '', right[i] ?? '']
    const order = i % 2 === 0 ? compareWords(x, y) : compareNumbers(x, y)
    if (order !== 0) return order
  }
  return 0
}

/** The first run is one of other characters, also where it is empty. */
function debianRuns(text: string): string[] {
  const runs: string[] = text.match(/\D+|\d+/g) ?? []
  return /^\d/.test(text) ? ['', ...runs] : runs
}

function compareWords(a: string, b: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = weight(a[i]) - weight(b[i])
    if (order !== 0) return order
  }
  return 0
}

/** A tilde comes before the end, then letters, then everything else. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0
  if (character === '~') return -1
  return character.charCodeAt(0) + (/[a-z]/i.test(character) ? 0 : 256)
}

/** Runs of letters and runs of digits; what stands between only divides them, but for `~` and `^`. */
function compareSegments(a: string, b: string): number {
  const [left, right] = [segments(a), segments(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareSegment(left[i], right[i])
    if (order !== 0) return order
  }
  return 0
}

function segments(text: string): string[] {
  return text.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? []
}

function compareSegment(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  // A tilde is earlier than anything, the end too; a caret is later than the end, and earlier than anything else.
  if (a === '~' || b === '~') return a === '~' ? -1 : 1
  if (a === '^') return b === undefined ? 1 : -1
  if (b === '^') return a === undefined ? -1 : 1
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const isNumber = /^\d/.test(a)
  if (isNumber !== /^\d/.test(b)) return isNumber ? 1 : -1
  return isNumber ? compareNumbers(a, b) : a < b ? -1 : 1
}

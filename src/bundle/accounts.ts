/**
 * Who a container's process is: the `User` of an image or a bundle, looked up in the image's own account files as
 * runc and umoci do (OCI image specification, config.md, "User"; conversion.md, "Config.User").
 */
import { CtrbuildError } from '../errors.ts'
import { bytesOf, display } from '../tree/node.ts'
import { quoted } from '../tree/path.ts'

/** Bytes of an /etc/passwd or /etc/group that are looked at; a longer file is refused. */
export const ACCOUNT_FILE_LIMIT = 1024 * 1024

/** A user with numbers for names. */
export interface ResolvedUser {
  readonly uid: number
  readonly gid: number
  /** Ascending, none twice. */
  readonly additionalGids: readonly number[]
  /** Undefined where the image does not say. */
  readonly home: string | undefined
}

/** 2^32-1 is `(uid_t) -1`, which means "no change" to the kernel. */
const MAX_ID = 2 ** 32 - 2

interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/**
 * Looks up `user`, `uid`, `user:group`, `uid:gid`, `uid:group` or `user:gid`; nothing means uid 0.
 *
 * A user who is found brings the group and the home of the first matching line, and, where no group is asked for,
 * every group that lists the name. A number that is not found stands for itself, in group 0. Only a part that is
 * all digits is a number.
 * @param passwd text of the image's /etc/passwd, undefined where there is none
 * @param group text of the image's /etc/group, undefined where there is none
 * @throws CtrbuildError USER_UNKNOWN, ROOTFS_INVALID
 */
export function resolveUser(
  user: string,
  passwd: string | undefined,
  group: string | undefined,
): ResolvedUser {
  const [wantedUser = '', wantedGroup = '', ...rest] = user.split(':')
  if (rest.length > 0 || user.includes('\0'))
    throw unknown(
      `${quoted(bytesOf(user))} is not a user`,
      'Write NAME or UID, then :GROUP or :GID if wanted',
    )
  const users = parsePasswd(passwd)
  const groups = parseGroup(group)
  const found = findUser(wantedUser, users)
  const known = found ?? {
    name: undefined,
    uid: numericUser(wantedUser, users, passwd),
    gid: 0,
    home: undefined,
  }
  const asked = wantedGroup === '' ? undefined : resolveGroup(wantedGroup, groups, group)
  return {
    uid: known.uid,
    gid: asked ?? known.gid,
    additionalGids: asked === undefined && known.name !== undefined ? groupsOf(known.name, groups) : [],
    home: known.home === '' ? undefined : known.home,
  }
}

/**
 * The numbers of groups that are named or numbered.
 * @throws CtrbuildError USER_UNKNOWN, ROOTFS_INVALID
 */
export function resolveGroups(wanted: readonly string[], group: string | undefined): readonly number[] {
  if (wanted.length === 0) return []
  const groups = parseGroup(group)
  return wanted.map(name => resolveGroup(name, groups, group))
}

function findUser(wanted: string, users: readonly User[]): User | undefined {
  if (wanted === '') return users.find(user => user.uid === 0)
  if (isNumber(wanted)) return users.find(user => user.uid === Number(wanted))
  return users.find(user => user.name === wanted)
}

function numericUser(wanted: string, users: readonly User[], passwd: string | undefined): number {
  if (wanted === '') return 0
  if (isNumber(wanted)) return checkId(wanted, 'user')
  const names = users.map(user => user.name)
  throw unknown(
    `the image has no user ${quoted(bytesOf(wanted))}`,
    passwd === undefined ? hintForNone('/etc/passwd') : hintFor(names),
  )
}

function resolveGroup(wanted: string, groups: readonly Group[], text: string | undefined): number {
  if (isNumber(wanted)) return checkId(wanted, 'group')
  const found = groups.find(group => group.name === wanted)
  if (found !== undefined) return found.gid
  const names = groups.map(group => group.name)
  throw unknown(
    `the image has no group ${quoted(bytesOf(wanted))}`,
    text === undefined ? hintForNone('/etc/group') : hintFor(names),
  )
}

function groupsOf(name: string, groups: readonly Group[]): number[] {
  const gids = groups.filter(group => group.members.includes(name)).map(group => group.gid)
  return [...new Set(gids)].sort((a, b) => a - b)
}

/** Lines of passwd(5). One without proper numbers is passed over: libcontainer would take them for 0, which is root. */
function parsePasswd(text: string | undefined): User[] {
  return fieldsOf(text, '/etc/passwd').flatMap(([name, , uid, gid, , home]) =>
    isId(uid) && isId(gid) ? [{ name: name!, uid: Number(uid), gid: Number(gid), home: home ?? '' }] : [],
  )
}

/** Lines of group(5). */
function parseGroup(text: string | undefined): Group[] {
  return fieldsOf(text, '/etc/group').flatMap(([name, , gid, members]) =>
    isId(gid) ? [{ name: name!, gid: Number(gid), members: (members ?? '').split(',') }] : [],
  )
}

function fieldsOf(text: string | undefined, path: string): string[][] {
  if (text === undefined) return []
  if (Buffer.byteLength(text) > ACCOUNT_FILE_LIMIT) {
    throw new CtrbuildError(
      'ROOTFS_INVALID',
      `${path} of the image is larger than ${ACCOUNT_FILE_LIMIT} bytes`,
      {
        hint: 'No account file is that long; do not use the image',
      },
    )
  }
  const lines = text.split('\n').map(line => line.trim())
  return lines.filter(line => line !== '' && !line.startsWith(':')).map(line => line.split(':'))
}

function isNumber(text: string): boolean {
  return /^[0-9]+$/.test(text)
}

function isId(text: string | undefined): boolean {
  return text !== undefined && isNumber(text) && Number(text) <= MAX_ID
}

function checkId(text: string, what: string): number {
  if (isId(text)) return Number(text)
  throw unknown(`${text.slice(0, 40)} is not the number of a ${what}`, `The largest one is ${MAX_ID}`)
}

function unknown(message: string, hint: string): CtrbuildError {
  return new CtrbuildError('USER_UNKNOWN', message, { hint })
}

function hintForNone(path: string): string {
  return `The image has no ${path}: use a number`
}

function hintFor(names: readonly string[]): string {
  const listed = names.slice(0, 12).map(name => display(bytesOf(name)).slice(0, 64))
  const more = names.length > listed.length ? ` and ${names.length - listed.length} more` : ''
  return listed.length === 0 ? 'The image has none: use a number' : `It has ${listed.join(', ')}${more}`
}

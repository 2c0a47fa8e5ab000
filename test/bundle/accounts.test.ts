import { expect, test } from 'vitest'
import { ACCOUNT_FILE_LIMIT, resolveUser } from '../../src/bundle/accounts.ts'

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:*:1:1::/usr/sbin:/bin/sh

  redis:x:999:998::/var/lib/redis:/bin/sh
redis:x:5:5::/second:/bin/sh
0day:x:70:71::/home/0day:/bin/sh
empty:x:80:81
broken:x::
huge:x:4294967295:0::/:
last:x:4294967294:4294967294::/last:
`
const group = `root:x:0:root
adm:x:4:redis,root
redis:x:998:
odd:x:9:redis
twice:x:4:redis
bad:x:none:redis
`

test.each([
  ['', 0, 0, [0, 4], '/root'],
  ['root', 0, 0, [0, 4], '/root'],
  ['0', 0, 0, [0, 4], '/root'],
  ['redis', 999, 998, [4, 9], '/var/lib/redis'],
  ['redis:', 999, 998, [4, 9], '/var/lib/redis'],
  ['999', 999, 998, [4, 9], '/var/lib/redis'],
  ['redis:adm', 999, 4, [], '/var/lib/redis'],
  ['redis:77', 999, 77, [], '/var/lib/redis'],
  ['999:redis', 999, 998, [], '/var/lib/redis'],
  [':adm', 0, 4, [], '/root'],
  ['1234', 1234, 0, [], undefined],
  ['1234:5', 1234, 5, [], undefined],
  ['0day', 70, 71, [], '/home/0day'],
  ['empty', 80, 81, [], undefined],
  ['007', 7, 0, [], undefined],
  ['last', 4294967294, 4294967294, [], '/last'],
])('%j is uid %i, gid %i, groups %j', (user, uid, gid, additionalGids, home) => {
  expect(resolveUser(user, passwd, group)).toEqual({ uid, gid, additionalGids, home })
})

test.each([
  ['', 0, 0],
  ['33', 33, 0],
  ['33:34', 33, 34],
])('%j needs no account files', (user, uid, gid) => {
  expect(resolveUser(user, undefined, undefined)).toEqual({ uid, gid, additionalGids: [], home: undefined })
})

test.each([
  ['nobody', 'the image has no user "nobody"'],
  ['broken', 'the image has no user "broken"'],
  ['-1', 'the image has no user "-1"'],
  ['+5', 'the image has no user "+5"'],
  ['--help', 'the image has no user "--help"'],
  ['redis:nobody', 'the image has no group "nobody"'],
  ['4294967295', '4294967295 is not the number of a user'],
  ['4294967296', '4294967296 is not the number of a user'],
  ['99999999999999999999', '99999999999999999999 is not the number of a user'],
  ['0:4294967295', '4294967295 is not the number of a group'],
  ['a:b:c', '"a:b:c" is not a user'],
  ['a\0b', '"a\\x00b" is not a user'],
])('%j is refused', (user, message) => {
  expect(() => resolveUser(user, passwd, group)).toThrow(
    expect.objectContaining({ code: 'USER_UNKNOWN', message }),
  )
})

test('the names that exist are told, printable and not all of them', () => {
  const many = Array.from({ length: 20 }, (_, i) => `u${i}\x1b[1m:x:${i + 1}:1::/:`).join('\n')
  expect(() => resolveUser('x', many, group)).toThrow(
    expect.objectContaining({
      hint: expect.stringMatching(/^It has u0\\x1b\[1m, .*u11\\x1b\[1m and 8 more$/),
    }),
  )
  expect(() => resolveUser('x', undefined, group)).toThrow(
    expect.objectContaining({ hint: 'The image has no /etc/passwd: use a number' }),
  )
})

test('a file that is too long is not looked at', () => {
  const long = 'x'.repeat(ACCOUNT_FILE_LIMIT + 1)
  const pairs: [string, string][] = [
    [long, group],
    [passwd, long],
  ]
  for (const [users, groups] of pairs) {
    expect(() => resolveUser('redis', users, groups)).toThrow(
      expect.objectContaining({ code: 'ROOTFS_INVALID' }),
    )
  }
})

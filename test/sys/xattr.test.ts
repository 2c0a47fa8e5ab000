import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getXattr, listXattrs, setXattr } from '../../src/sys/xattr.ts'
import type { Xattr } from '../../src/tree/node.ts'
import { temporaryFolder } from '../support/folder.ts'

let fd: number
beforeAll(async () => {
  const path = join(await temporaryFolder(), 'file')
  writeFileSync(path, '')
  fd = openSync(path, 'r')
})
afterAll(() => closeSync(fd))

test('attributes are set, read, and listed by name', () => {
  expect(getXattr(fd, 'user.none')).toBeUndefined()
  const xattrs: Xattr[] = [
    ['user.a', Buffer.from([0, 255, 10])],
    ['user.empty', Buffer.alloc(0)],
    ['user.z\xc3\xa9', Buffer.alloc(1000, 'x')],
  ]
  for (const [name, value] of xattrs.toReversed()) setXattr(fd, name, value)
  expect(listXattrs(fd).filter(([name]) => name.startsWith('user.'))).toEqual(xattrs)
  setXattr(fd, 'user.a', Buffer.from('new'))
  expect(getXattr(fd, 'user.a')).toEqual(Buffer.from('new'))
})

test('what the file system refuses is an error with its code', () => {
  expect(() => setXattr(fd, 'nonsense', Buffer.alloc(1))).toThrow(
    expect.objectContaining({ code: 'ENOTSUP' }),
  )
})

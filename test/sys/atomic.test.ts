import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fsyncFolder, syncFs, writeFileAtomic } from '../../src/sys/atomic.ts'
import { temporaryFolder } from '../support/folder.ts'
import { problemOf } from '../support/problem.ts'

test.each([true, false])('a file is written and replaced whole (fsync: %s)', async fsync => {
  const folder = await temporaryFolder()
  const path = join(folder, 'file')
  writeFileAtomic(path, 'one', { fsync })
  const before = statSync(path).ino
  writeFileAtomic(path, Buffer.from('two'), { fsync, mode: 0o600 })
  expect(readFileSync(path, 'utf8')).toBe('two')
  expect(statSync(path).ino).not.toBe(before)
  expect(statSync(path).mode & 0o7777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['file'])
})

test('the mode does not depend on the umask', async () => {
  const path = join(await temporaryFolder(), 'file')
  const umask = process.umask(0o077)
  try {
    writeFileAtomic(path, '', { mode: 0o755 })
  } finally {
    process.umask(umask)
  }
  expect(statSync(path).mode & 0o7777).toBe(0o755)
})

test('a failure leaves what was there, and nothing else', async () => {
  const folder = await temporaryFolder()
  mkdirSync(join(folder, 'taken'))
  writeFileSync(join(folder, 'taken', 'x'), '')
  expect(() => writeFileAtomic(join(folder, 'taken'), 'text')).toThrow('EISDIR')
  expect(() => writeFileAtomic(join(folder, 'none', 'file'), 'text')).toThrow('ENOENT')
  expect(readdirSync(folder)).toEqual(['taken'])
})

test('another folder can hold the file while it is incomplete', async () => {
  const folder = await temporaryFolder()
  const staging = join(folder, 'staging')
  expect(() => writeFileAtomic(join(folder, 'file'), '', { staging })).toThrow('ENOENT')
  mkdirSync(staging)
  writeFileAtomic(join(folder, 'file'), 'text', { staging })
  chmodSync(staging, 0o700)
  expect(readdirSync(staging)).toEqual([])
})

test('folders and file systems are made durable', async () => {
  const folder = await temporaryFolder()
  fsyncFolder(folder)
  expect(() => fsyncFolder(join(folder, 'none'))).toThrow('ENOENT')
  await syncFs(folder)
  expect(await problemOf(() => syncFs(join(folder, 'none')))).toMatch(/^DISK: cannot make .* durable/)
})

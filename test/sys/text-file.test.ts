import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTextFile } from '../../src/sys/text-file.ts'
import { temporaryFolder } from '../support/folder.ts'

const folder = await temporaryFolder()
const at = (name: string) => join(folder, name)

test('texts, through links, with all that is in them', () => {
  writeFileSync(at('a'), '\ufeffé\n\0')
  symlinkSync('a', at('link'))
  expect(readTextFile(at('link'))).toEqual({ kind: 'text', text: '\ufeffé\n\0' })
  writeFileSync(at('empty'), '')
  expect(readTextFile(at('empty'))).toEqual({ kind: 'text', text: '' })
})

test('what is no text is told, and does not make it wait', () => {
  mkdirSync(at('dir'))
  spawnSync('mkfifo', [at('fifo')])
  writeFileSync(at('binary'), Buffer.from([0xff, 0xfe]))
  writeFileSync(at('big'), Buffer.alloc((1 << 20) + 1, 'x'))
  expect(readTextFile(at('gone'))).toEqual({ kind: 'missing' })
  expect(readTextFile(at('a/b'))).toEqual({ kind: 'missing' })
  expect(readTextFile(at('dir'))).toEqual({ kind: 'unreadable', why: 'it is no regular file' })
  expect(readTextFile(at('fifo'))).toEqual({ kind: 'unreadable', why: 'it is no regular file' })
  expect(readTextFile(at('binary'))).toEqual({ kind: 'unreadable', why: 'it is not UTF-8' })
  expect(readTextFile(at('big'))).toMatchObject({ kind: 'unreadable' })
})

test('a file that may not be read', ctx => {
  if (process.getuid!() === 0) ctx.skip('root may read everything')
  writeFileSync(at('secret'), 'x')
  chmodSync(at('secret'), 0)
  expect(readTextFile(at('secret'))).toEqual({ kind: 'unreadable', why: 'you may not read it' })
})

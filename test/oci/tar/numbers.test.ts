import { describe, expect, it } from 'vitest'
import { decimalNumber, headerNumber } from '../../../src/oci/tar/numbers.ts'

describe('headerNumber', () => {
  it.each([
    ['0000644\0', 0o644],
    ['0000644 ', 0o644],
    ['    644\0', 0o644],
    ['  644 \0 ', 0o644],
    ['77777777', 0o77777777],
    ['\0\0\0\0\0\0\0\0', 0],
    ['        ', 0],
    ['0\0\0\0\0\0\0\0', 0],
    ['\x80\0\0\0\0\0\x01\x02', 258],
    ['\x80\x1f\xff\xff\xff\xff\xff\xff', Number.MAX_SAFE_INTEGER],
    ['\x80\x20\0\0\0\0\0\0', undefined],
    ['\x80\xff\xff\xff\xff\xff\xff\xff', undefined],
    ['\xff\xff\xff\xff\xff\xff\xff\xff', undefined],
    ['\xc0\0\0\0\0\0\0\x01', undefined],
    ['\x81\0\0\0\0\0\0\x01', undefined],
    ['0000648\0', undefined],
    ['-000644\0', undefined],
    ['+000644\0', undefined],
    ['0x00644\0', undefined],
    ['12 34567', undefined],
    ['12\x0034567', undefined],
    ['\x00000644\0', undefined],
    ['644\n\0\0\0\0', undefined],
  ])('reads %j as %s', (field, expected) => {
    const block = Buffer.from(`..${field}..`, 'latin1')
    expect(headerNumber(block, 2, 8)).toBe(expected)
  })

  it('holds 12 octal digits and 11 bytes of base 256', () => {
    expect(headerNumber(Buffer.from('777777777777'), 0, 12)).toBe(8 ** 12 - 1)
    expect(headerNumber(Buffer.from('800000000000000200000000', 'hex'), 0, 12)).toBe(2 ** 33)
    expect(headerNumber(Buffer.from('800100000000000000000000', 'hex'), 0, 12)).toBeUndefined()
  })
})

describe('decimalNumber', () => {
  it.each([
    ['0', 0],
    ['42', 42],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', undefined],
    ['99999999999999999999', undefined],
    ['', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.5', undefined],
    [' 1', undefined],
    ['1\0', undefined],
    ['1e3', undefined],
  ])('reads %j as %s', (text, expected) => {
    const bytes = Buffer.from(text, 'latin1')
    expect(decimalNumber(bytes, 0, bytes.length)).toBe(expected)
  })
})

/** Owners that a container does not see as the image has them. */
import { expect, test } from 'vitest'
import { warnOfOwners } from '../../src/bundle/owners.ts'
import type { IdMapping, Privilege, RuntimeConfig } from '../../src/bundle/types.ts'
import { layer } from '../support/tree.ts'

const ROOT: Privilege = { kind: 'root' }
const USER: Privilege = { kind: 'rootless', uid: 1000, gid: 1000 }
const TREE = layer('d / 755\n f /a 644\n f /b 644 @5:0\n d /c 755 @0:6\n l /c/d @7:7 x')

function lost(privilege: Privilege, ...ranges: readonly (readonly [number, number, number])[]): string[] {
  const mappings: IdMapping[] = ranges.map(([containerID, hostID, size]) => ({ containerID, hostID, size }))
  const linux = mappings.length === 0 ? {} : { uidMappings: mappings, gidMappings: mappings }
  const warnings = warnOfOwners({ linux } as unknown as RuntimeConfig, privilege, TREE)
  return warnings.map(({ message }) => message.replace(/^.*: /, ''))
}

test('nothing is said where everyone sees what the image has', () => {
  expect(lost(ROOT)).toEqual([])
  expect(lost(ROOT, [0, 0, 65_536])).toEqual([])
})

test('nothing is said of a plain user whose only id inside is root', () => {
  expect(lost(USER, [0, 1000, 1])).toEqual([])
})

test('what is not mapped is nobody', () => {
  expect(lost(ROOT, [0, 0, 6])).toEqual(['/c (0:6), /c/d (7:7)'])
  expect(lost(ROOT, [0, 0, 1])).toEqual(['/b (5:0), /c (0:6), /c/d (7:7)'])
})

test('what is mapped elsewhere is somebody else, and not all are named', () => {
  expect(lost(ROOT, [0, 1, 100])).toEqual(['/ (0:0), /a (0:0), /b (5:0), /c (0:6), /c/d (7:7)'])
  const six = layer(
    'f /a 644 @1:1\n f /b 644 @1:1\n f /c 644 @1:1\n f /d 644 @1:1\n f /e 644 @1:1\n f /f 644 @1:1',
  )
  const linux = { uidMappings: [{ containerID: 0, hostID: 0, size: 1 }], gidMappings: [] }
  const [warning] = warnOfOwners({ linux } as unknown as RuntimeConfig, ROOT, six)
  expect(warning!.message).toMatch(/\/d \(1:1\) and 2 more$/)
})

test("a plain user's files are root's inside, whatever is mapped beside", () => {
  expect(lost(USER, [0, 1000, 1], [1, 100_000, 65_536])).toEqual(['/b (5:0), /c (0:6), /c/d (7:7)'])
})

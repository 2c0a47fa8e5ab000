/** What an install tells systemd, and what happens when a service does not come up. systemd here is a record of calls. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { compare } from '../../src/install/compare.ts'
import type { Entry } from '../../src/install/entries.ts'
import { perform, planUninstall, type ServicePlan } from '../../src/install/install.ts'
import { lookAt } from '../../src/install/look.ts'
import { readRecord, recorded } from '../../src/install/record.ts'
import type { Systemd } from '../../src/install/systemd.ts'
import type { Target } from '../../src/install/target.ts'
import { digestOf } from '../../src/oci/digest.ts'
import { temporaryFolder } from '../support/folder.ts'

let target: Target
beforeEach(async () => {
  target = { root: await temporaryFolder(), scope: 'system', home: '/root' }
  mkdirSync(join(target.root, 'etc/systemd/system'), { recursive: true })
})

const UNIT = '/etc/systemd/system/app.service'
const textOf = (path: string) => readFileSync(join(target.root, path), 'utf8')

/** Installing a unit of some text. */
function installing(text: string): ServicePlan {
  const entries: Entry[] = [{ kind: 'file', path: UNIT, content: Buffer.from(text), mode: 0o644 }]
  const before = readRecord(target, 'app')
  return {
    name: 'app',
    actions: compare(entries, before?.entries ?? [], path => lookAt(target, path)),
    before,
    record: {
      formatVersion: 1,
      name: 'app',
      bundle: '/srv/out/app',
      digest: digestOf(text),
      entries: entries.map(recorded),
      folders: [],
    },
  }
}

/** A systemd that writes down what it is told, with the unit's text at that time. */
function fakeSystemd({
  active = false,
  comesUp = (_text: string): boolean => true,
  staysUp = (_text: string): boolean => true,
} = {}) {
  const told: string[] = []
  const systemd: Systemd = {
    reload: async () => void told.push('reload'),
    isActive: async unit => {
      told.push(`is ${unit} active?`)
      return active
    },
    restart: async unit => {
      told.push(`restart ${unit} with ${textOf(UNIT)}`)
      return comesUp(textOf(UNIT))
    },
    staysUp: async () => staysUp(textOf(UNIT)),
    stop: async unit => void told.push(`stop ${unit}`),
    createFiles: async path => void told.push(`create ${path}`),
  }
  return { told, systemd }
}

test('a first install starts nothing', async () => {
  const { told, systemd } = fakeSystemd({ active: true })
  await perform([installing('one')], target, { systemd })
  expect(told).toEqual(['reload'])
  expect(textOf(UNIT)).toBe('one')
})

test('nothing is said where nothing changes', async () => {
  const { told, systemd } = fakeSystemd({ active: true })
  await perform([installing('one')], target, { systemd: undefined })
  await perform([installing('one')], target, { systemd })
  expect(told).toEqual([])
})

test('a service that runs is started again, one that does not stays as it is', async () => {
  await perform([installing('one')], target, { systemd: undefined })
  const idle = fakeSystemd()
  await perform([installing('two')], target, idle)
  expect(idle.told).toEqual(['is app.service active?', 'reload'])
  const running = fakeSystemd({ active: true })
  await perform([installing('three')], target, running)
  expect(running.told).toEqual(['is app.service active?', 'reload', 'restart app.service with three'])
})

test('one that does not come up gets its old files back, and is started with them', async () => {
  await perform([installing('one')], target, { systemd: undefined })
  const { told, systemd } = fakeSystemd({ active: true, comesUp: text => text === 'one' })
  await expect(perform([installing('two')], target, { systemd })).rejects.toMatchObject({
    code: 'SERVICE_FAILED',
    message: 'app did not start; everything is as it was before',
  })
  expect(told).toEqual([
    'is app.service active?',
    'reload',
    'restart app.service with two',
    'stop app.service',
    'reload',
    'restart app.service with one',
  ])
  expect(textOf(UNIT)).toBe('one')
  expect(readRecord(target, 'app')!.digest).toBe(digestOf('one'))
})

test('one that starts and does not stay up is brought back too, with its generation before it is started', async () => {
  await perform([installing('one')], target, { systemd: undefined })
  const { told, systemd } = fakeSystemd({ active: true, staysUp: text => text === 'one' })
  const pointBack = (record: { digest: string }) => told.push(`point back to ${record.digest}`) > 0
  await expect(perform([installing('two')], target, { systemd, pointBack })).rejects.toMatchObject({
    message: 'app did not start; everything is as it was before',
  })
  expect(told.slice(3)).toEqual([
    'stop app.service',
    `point back to ${digestOf('one')}`,
    'reload',
    'restart app.service with one',
  ])
})

test('what could not be brought back is said', async () => {
  await perform([installing('one')], target, { systemd: undefined })
  const { systemd } = fakeSystemd({ active: true, staysUp: () => false })
  await expect(
    perform([installing('two')], target, { systemd, pointBack: () => false }),
  ).rejects.toMatchObject({
    message:
      'app did not start; all files are as they were before, but the generation before is gone: app; not running now: app',
  })
})

test('one that was finished after a kill is started again too', async () => {
  await perform([installing('one')], target, { systemd: undefined })
  const { told, systemd } = fakeSystemd({ active: true })
  await perform([installing('one')], target, { systemd, afterRepair: true })
  expect(told).toContain('restart app.service with one')
})

test('uninstall stops what runs before systemd forgets it', async () => {
  await perform([installing('one')], target, { systemd: undefined })
  const { told, systemd } = fakeSystemd({ active: true })
  await perform([planUninstall('app', target)!], target, { systemd })
  expect(told).toEqual(['is app.service active?', 'stop app.service', 'reload'])
  expect(lookAt(target, UNIT).kind).toBe('none')
})

import { expect, test } from 'vitest'
import type { MountSpec } from '../../src/spec/types.ts'
import { sampleBundle, sampleSpec } from './sample.ts'

const volume = (target: string): MountSpec => ({ type: 'volume', source: 'v', target, readonly: false })

function pointsOf(keys: Parameters<typeof sampleSpec>[0], files: string[] = []): string[] {
  const kinds = new Map(files.map(path => [path, 'file' as const]))
  const { points } = sampleBundle({ spec: sampleSpec(keys), kinds })
  return points.map(
    ({ path, kind, mode }) => `${kind} ${path}${mode === undefined ? '' : ` ${mode.toString(8)}`}`,
  )
}

test('every target and the working directory are made, files for files', () => {
  expect(
    pointsOf({ mounts: [volume('/data'), volume('/etc/a.conf')], cwd: '/srv/app' }, ['/etc/a.conf']),
  ).toEqual([
    'dir /data',
    'dir /dev 755',
    'file /etc/a.conf',
    'dir /proc',
    'dir /srv/app',
    'dir /sys',
    'dir /tmp 1777',
  ])
})

test('what lies below another mount is not in the rootfs', () => {
  const mounts = [volume('/data'), volume('/data/log'), volume('/database'), volume('/dev/shm/x')]
  expect(pointsOf({ mounts, cwd: '/data/sub', rootfs: 'copy' })).toEqual([
    'dir /data',
    'dir /database',
    'dir /dev 755',
    'dir /proc',
    'dir /sys',
  ])
})

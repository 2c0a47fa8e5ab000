/** What is said of a saved plan that came too late. */
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { desire } from '../../src/plan/desire.ts'
import { plan } from '../../src/plan/plan.ts'
import { whatMoved } from '../../src/plan/stale.ts'
import type { Observed } from '../../src/plan/types.ts'
import { bundle, DESIRED, diffId, LOCK, NOTHING, settled, specOf } from './samples.ts'

const SETTLED = settled(DESIRED)
const moved = (then: Observed, now: Observed) => whatMoved(plan(DESIRED, then), plan(DESIRED, now))

describe('whatMoved', () => {
  test('bundles that were made', () => {
    expect(moved(NOTHING, SETTLED)).toBe(
      'bundle busybox is up to date already; bundle nginx is up to date already; bundle redis is up to date already; 5 layers are in the store by now; and 1 more',
    )
  })

  test('bundles that are gone, changed or damaged', () => {
    const { stamp } = SETTLED.bundles.get('redis')!
    const other = { stamp: { ...stamp!, inputs: digestOf('other') } }
    expect(moved(SETTLED, settled(DESIRED, { redis: { damage: 'rootfs is gone' } }))).toBe(
      'bundle redis would be updated now (rootfs is gone)',
    )
    expect(
      moved(settled(DESIRED, { redis: { damage: 'a' } }), settled(DESIRED, { redis: { damage: 'b' } })),
    ).toBe('bundle redis: b')
    expect(moved(SETTLED, { ...SETTLED, bundles: new Map([...SETTLED.bundles].slice(1)) })).toBe(
      'bundle busybox is gone',
    )
    expect(
      moved(
        settled(DESIRED, { redis: other }),
        settled(DESIRED, { redis: { stamp: { ...other.stamp, digest: digestOf('x') } } }),
      ),
    ).toBe('bundle redis was changed')
  })

  test('bundles that came and went', () => {
    const fewer = desire(specOf(bundle('redis', ['docker.io/library/redis:7'])), LOCK, 'rootless')
    const one = { ...settled(fewer), bundles: settled(fewer).bundles }
    expect(whatMoved(plan(fewer, SETTLED), plan(fewer, one))).toBe('bundle busybox went; bundle nginx went')
    expect(whatMoved(plan(fewer, one), plan(fewer, SETTLED))).toBe('bundle busybox came; bundle nginx came')
  })

  test('layers that are gone', () => {
    const some = { ...NOTHING, layers: new Set([diffId('debian')]) }
    expect(moved(some, NOTHING)).toBe('1 layer is not in the store any more')
    expect(moved(NOTHING, some)).toBe('1 layer is in the store by now')
    expect(moved(NOTHING, NOTHING)).toBe('the store was changed')
  })
})

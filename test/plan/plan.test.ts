import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { desire } from '../../src/plan/desire.ts'
import { plan } from '../../src/plan/plan.ts'
import type { Observed, Plan } from '../../src/plan/types.ts'
import { applied, bundle, DESIRED, diffId, LOCK, NOTHING, SPEC, settled, specOf, stampOf } from './samples.ts'

function actions(made: Plan): string[] {
  return made.changes.map(({ name, action }) => `${action} ${name}`)
}

function steps(made: Plan): string[] {
  return made.steps.map(({ kind }) => kind)
}

describe('plan', () => {
  test('makes everything from nothing: each layer is fetched and imported once', () => {
    const made = plan(DESIRED, NOTHING)
    expect(actions(made)).toEqual(['create busybox', 'create nginx', 'create redis'])
    expect(made.summary).toEqual({
      create: 3,
      update: 0,
      remove: 0,
      unchanged: 0,
      downloadBytes: 5_000_000,
      layersToImport: 5,
      layersTotal: 5,
    })
    const fetches = made.steps.filter(step => step.kind === 'fetch')
    expect(fetches.map(({ reason }) => reason)).toEqual([
      '1 of 1 layers not in the store',
      '2 of 2 layers not in the store',
      '2 of 3 layers not in the store',
    ])
    expect(made.notes).toEqual(['store .ctrbuild will be created as bare-user, since you are not root'])
  })

  test('has nothing to do when all is there', () => {
    const made = plan(DESIRED, settled(DESIRED))
    expect(made.steps).toEqual([])
    expect(made.summary).toMatchObject({ create: 0, update: 0, remove: 0, unchanged: 3, downloadBytes: 0 })
    expect(made.complete && made.applyable).toBe(true)
  })

  test('fetches only the layers that the store does not have', () => {
    const made = plan(DESIRED, {
      ...NOTHING,
      repoMode: 'bare-user',
      layers: new Set([diffId('debian'), diffId('redis')]),
    })
    const fetches = made.steps.filter(step => step.kind === 'fetch')
    expect(fetches.flatMap(({ layers }) => layers.map(layer => layer.diffId))).toEqual(
      ['busybox', 'nginx', 'redis-conf'].map(diffId),
    )
    const merge = made.steps.find(step => step.kind === 'merge' && step.chain.length === 3)
    expect(merge?.needs).toEqual([`import ${diffId('redis-conf')}`])
  })

  test('imports a blob that has arrived already without fetching', () => {
    const made = plan(DESIRED, { ...NOTHING, blobs: new Set([digestOf('blob busybox')]) })
    expect(made.steps.filter(step => step.kind === 'fetch')).toHaveLength(2)
    const layer = made.steps.find(step => step.kind === 'import' && step.layer.diffId === diffId('busybox'))
    expect(layer?.needs).toEqual([])
    expect(made.summary.downloadBytes).toBe(4_000_000)
  })

  test('needs no layers where their union is there', () => {
    const made = plan(DESIRED, { ...settled(DESIRED), layers: new Set(), bundles: new Map() })
    expect(steps(made)).toEqual(['assemble', 'assemble', 'assemble'])
  })

  test('merges a stack once for all bundles that share it', () => {
    const spec = specOf(
      bundle('a', ['docker.io/library/redis:7']),
      bundle('b', ['docker.io/library/redis:7'], { user: '1' }),
    )
    const made = plan(desire(spec, LOCK, 'root'), NOTHING)
    expect(steps(made)).toEqual(['fetch', 'import', 'import', 'import', 'merge', 'assemble', 'assemble'])
  })

  test('stores a bundle anew whose union was lost', () => {
    const made = plan(DESIRED, { ...settled(DESIRED), chains: new Set() })
    expect(made.changes.map(({ reasons }) => reasons)).toEqual(Array(3).fill(['the store has lost its tree']))
    expect(steps(made)).toEqual(['merge', 'merge', 'merge', 'assemble', 'assemble', 'assemble'])
  })

  test('mends what is damaged', () => {
    const made = plan(DESIRED, settled(DESIRED, { redis: { damage: 'rootfs is gone' } }))
    expect(actions(made)).toEqual(['none busybox', 'none nginx', 'update redis'])
    expect(made.changes[2]).toMatchObject({
      reasons: ['rootfs is gone'],
      before: { inputs: made.bundles[2]!.inputs },
    })
  })

  test('mends a bundle whose stamp cannot be read', () => {
    const made = plan(
      DESIRED,
      settled(DESIRED, { redis: { stamp: undefined, damage: 'its stamp cannot be read' } }),
    )
    expect(made.changes[2]).toMatchObject({ action: 'update', reasons: ['its stamp cannot be read'] })
    expect(made.changes[2]).not.toHaveProperty('before')
  })

  test('removes what is not declared any more', () => {
    const fewer = desire({ ...SPEC, bundles: SPEC.bundles.slice(0, 2) }, LOCK, 'rootless')
    const made = plan(fewer, settled(DESIRED))
    expect(made.steps).toMatchObject([
      { id: 'remove redis', kind: 'remove', reason: 'no longer in bundles.yaml' },
    ])
    expect(made.changes[2]).toMatchObject({
      action: 'remove',
      before: { digest: stampOf('redis', DESIRED).digest },
    })
  })

  test('puts every step after those that it needs', () => {
    const { steps } = plan(DESIRED, NOTHING)
    steps.forEach(({ needs }, i) => {
      for (const need of needs) expect(steps.findIndex(({ id }) => id === need)).toBeLessThan(i)
      expect(needs.every(need => steps.some(({ id }) => id === need))).toBe(true)
    })
  })
})

describe('targets', () => {
  test('limit the plan, which is then not complete', () => {
    const made = plan(DESIRED, NOTHING, { targets: ['redis', 'redis'] })
    expect(actions(made)).toEqual(['create redis'])
    expect(made).toMatchObject({ complete: false, targets: ['redis'] })
    expect(made.summary).toMatchObject({ layersToImport: 3, layersTotal: 3 })
    expect(made.bundles).toHaveLength(3)
  })

  test('can be bundles that are only on the disk', () => {
    const fewer = desire({ ...SPEC, bundles: SPEC.bundles.slice(0, 1) }, LOCK, 'rootless')
    expect(actions(plan(fewer, settled(DESIRED), { targets: ['redis'] }))).toEqual(['remove redis'])
  })

  test('must be known', () => {
    const made = () => plan(DESIRED, NOTHING, { targets: ['reids'] })
    expect(made).toThrow(expect.objectContaining({ code: 'USAGE', hint: 'Did you mean redis?' }))
  })
})

describe('blockers', () => {
  test('a foreign file where a bundle is to be', () => {
    const made = plan(DESIRED, { ...NOTHING, foreign: ['nginx', 'unrelated'] })
    expect(made.applyable).toBe(false)
    expect(made.blockers).toMatchObject([
      { code: 'OUT_FOREIGN', message: 'out/nginx was not made by ctrbuild' },
    ])
  })

  test("root's store in the hands of a plain user", () => {
    expect(plan(DESIRED, { ...NOTHING, repoMode: 'bare' }).blockers).toMatchObject([{ code: 'PERMISSION' }])
  })
})

describe('the digest of what was observed', () => {
  const digest = (observed: Observed) => plan(DESIRED, observed).observedDigest
  const base = settled(DESIRED)

  test('does not depend on what the plan does not', () => {
    const more = { ...base, layers: new Set([...base.layers, diffId('other')]), foreign: ['notes'] }
    expect(digest({ ...more, blobs: new Set([digestOf('blob')]) })).toBe(digest(base))
  })

  test.each<[string, Partial<Observed>]>([
    ['layers', { layers: new Set() }],
    ['unions', { chains: new Set() }],
    ['bundles', { bundles: new Map() }],
    ['damage', { bundles: settled(DESIRED, { redis: { damage: 'gone' } }).bundles }],
    ['files in the way', { foreign: ['redis'] }],
    ['the store', { repoMode: undefined }],
  ])('depends on %s', (_, change) => {
    expect(digest({ ...base, ...change })).not.toBe(digest(base))
  })
})

test('a plan without a lock says so', () => {
  const { notes, lockSource } = plan(DESIRED, settled(DESIRED), { lockSource: 'memory' })
  expect(lockSource).toBe('memory')
  expect(notes).toEqual(['tags were resolved just now, since there is no lock for them; apply writes it'])
})

test('a plan that was applied leaves nothing to do', () => {
  const first = plan(DESIRED, NOTHING)
  expect(plan(DESIRED, applied(first, DESIRED)).steps).toEqual([])
})

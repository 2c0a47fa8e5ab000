/**
 * Where the union is not what umoci 0.4.7 makes of the layers, case by case: what each of the two comes to, and why.
 * Should umoci come to agree, the case fails here and can go.
 */
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'
import { writeTar } from '../support/tar-writer.ts'
import { entryOf, layerOf, lines, members, merge, show } from '../support/tree.ts'
import { umociUnion } from '../support/umoci.ts'
import { DIFFERENCES } from '../support/umoci-differences.ts'

describe.each(DIFFERENCES)('$name: $why', ({ layers, ours, umoci }) => {
  test('what it is here', async () => {
    const refused = /^[A-Z]+_[A-Z]+: /.test(ours)
    const found = refused ? await problemOf(() => unionOf(layers)) : unionOf(layers)
    expect(found).toBe(lines(ours).join('\n'))
  })

  test('what it is for umoci', async ctx => {
    needs(ctx, 'umoci')
    if (process.getuid?.() !== 0) ctx.skip('umoci keeps owners only for root')
    const root = await umociUnion(
      await temporaryFolder(),
      layers.map(layer => writeTar(members(layer))),
    )
    expect(root && show(root)).toBe(umoci && lines(umoci).join('\n'))
  })
})

function unionOf(layers: readonly string[]): string {
  return show(merge(layers.map(layer => layerOf(members(layer).map(entryOf)))))
}

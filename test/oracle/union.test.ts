/**
 * The union against umoci, on random stacks of layers: equal paths, types, modes, owners, targets, contents, extended
 * attributes and hard links, or both refuse.
 *
 * umoci 0.4.7 applies a layer entry by entry to what is on disk, so that its result depends on the order of entries
 * where the specification says "regardless of the ordering in which the whiteout file was encountered" (layer.md,
 * "Whiteouts"). A stack on which it differs is therefore given to it again with each layer's entries in an order that
 * no extractor can misread, and must then be equal. What still may differ is listed in `DIFFERENCES`, and nothing else.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CtrbuildError } from '../../src/errors.ts'
import { readTar } from '../../src/oci/tar/reader.ts'
import type { LayerEntry } from '../../src/tree/layer.ts'
import type { Dir } from '../../src/tree/node.ts'
import { piecesOf } from '../oci/tar/reading.ts'
import { needs } from '../support/programs.ts'
import { randomStack } from '../support/stack.ts'
import { hasContradiction, hasLinkToRemoved, inSafeOrder } from '../support/stack-shape.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { entryOf, layerOf, merge, show } from '../support/tree.ts'
import { umociUnion } from '../support/umoci.ts'

const STACKS = Number(process.env.STACKS ?? 100)
const SEED = Number(process.env.SEED ?? 1)

type Stack = readonly (readonly TarInput[])[]

/** Stacks on which umoci may differ whatever the order, and why the specification does not side with it. */
const DIFFERENCES: Readonly<Record<string, (stack: Stack) => boolean>> = {
  /**
   * One layer says two things of one path: twice the same name, something below what is not a directory, or a path
   * that a symlink of a lower layer makes one with another. Layers "MUST NOT include duplicate entries for file paths"
   * (layer.md, "Distributable Format"). umoci lets the later entry win, also after part of the earlier one took
   * effect on lower layers; here whiteouts never go by the layer's own symlinks, and a path without symlinks wins over
   * one through them.
   */
  'a layer contradicts itself': hasContradiction,
  /**
   * A hard link to a file of a lower layer that the same layer removes. umoci refuses it, unless the link comes first;
   * here it is one more name for that file in any order.
   */
  'a hard link to what its layer removes': hasLinkToRemoved,
}

const title = (who: string) => `the union of ${STACKS} random stacks is umoci's: ${who}`
const timeout = 20_000 + STACKS * 3_000

test.for(['root', 'a plain user'] as const)(title('%s'), { timeout }, async (who, ctx) => {
  needs(ctx, 'umoci', 'setpriv')
  if (process.getuid?.() !== 0)
    ctx.skip('umoci keeps owners only for root, and closed folders can be read by root only')
  const view = who === 'root' ? AS_ROOT : AS_PLAIN_USER
  const counts = new Map<string, number>()
  for (let seed = SEED; seed < SEED + STACKS; seed++) {
    const found = await compare(view.stack(randomStack(seed)), seed, view)
    counts.set(found, (counts.get(found) ?? 0) + 1)
  }
  const report = [...counts].map(([what, count]) => `${count} ${what}`).join(', ')
  console.log(`umoci as ${who}, seeds ${SEED} to ${SEED + STACKS - 1}: ${report}`)
})

/** How umoci is run, and what of its answer can be compared then. */
interface View {
  readonly rootless: boolean
  stack(stack: Stack): Stack
  text(shown: string): string
}

const AS_ROOT: View = { rootless: false, stack: stack => stack, text: shown => shown }

/**
 * Then umoci gives all files to its user, notes owners beside, makes empty files of devices, and neither links nor sets
 * attributes where a mode keeps the owner out.
 */
const AS_PLAIN_USER: View = {
  rootless: true,
  stack: stack =>
    stack.map(members =>
      members
        .filter(({ type }) => !['char', 'block', 'fifo'].includes(type))
        .map(member =>
          member.mode === undefined
            ? member
            : { ...member, mode: member.mode | (OWNERS_OWN[member.type] ?? 0) },
        ),
    ),
  text: shown =>
    shown.replaceAll(/ @\d+:\d+| \+user\.rootlesscontainers=\w*/g, '').replace(/^d \/ 755\n/, ''),
}

const OWNERS_OWN: Readonly<Record<string, number>> = { dir: 0o700, file: 0o600 }

async function compare(stack: Stack, seed: number, view: View): Promise<string> {
  const ours = textOf(() => merge(stack.map(layerOfTar)), view)
  const theirs = await umociText(stack, view)
  if (theirs === ours) return ours === 'refused' ? 'refused by both' : 'equal'
  const again = await umociText(inSafeOrder(stack), view)
  if (again === ours) return `${ours === 'refused' ? 'refused by both' : 'equal'} in another order of entries`
  const known = Object.keys(DIFFERENCES).find(name => DIFFERENCES[name]!(stack))
  if (known !== undefined) return known
  expect.fail(`seed ${seed}: umoci differs\n${again}\n--- ours\n${ours}`)
}

/** As an import reads it, but for the checksums. */
function layerOfTar(members: readonly TarInput[]): Dir {
  return layerOf(tarEntries(writeTar(members)))
}

function* tarEntries(tar: Buffer): Generator<LayerEntry> {
  let at = 0
  const source = { next: () => (at++ === 0 ? tar : undefined) }
  for (const { path, type, uid, gid, mode, xattrs, linkTarget, body } of readTar(source)) {
    yield entryOf({
      path,
      type,
      uid,
      gid,
      mode,
      xattrs,
      target: linkTarget,
      content: Buffer.concat([...piecesOf(body)]),
    })
  }
}

async function umociText(stack: Stack, view: View): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrbuild-umoci-'))
  try {
    const root = await umociUnion(folder, stack.map(writeTar), view.rootless)
    return root === undefined ? 'refused' : view.text(show(root))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function textOf(merged: () => Dir, view: View): string {
  try {
    return view.text(show(merged()))
  } catch (error) {
    if (error instanceof CtrbuildError) return 'refused'
    throw error
  }
}

/**
 * Hostile images, applied by the built program beside a folder that none of them may touch: a table of cases becomes a
 * test each, for whoever runs the tests and for a plain user, bottom up and top down.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, leftovers } from '../support/intact.ts'
import { asPlainUser } from '../support/plain-user.ts'
import { needs } from '../support/programs.ts'
import { newProject, type Project } from '../support/project.ts'
import { readRootfs } from '../support/rootfs.ts'
import { type TarInput, writeTar } from '../support/tar-writer.ts'
import { lines, show } from '../support/tree.ts'
import { makeVictim } from './canary.ts'

/** An image that means harm, or looks as if it did. */
export interface Case {
  /** Its layers, lowest first, given the absolute path of the folder that is not to be touched. */
  readonly layers: (victim: string) => readonly (Buffer | readonly TarInput[])[]
  /** The root file system that it becomes, as `show` prints it without owners; or the error that it ends with. */
  readonly becomes: string | RegExp | ((victim: string) => string)
  /** A warning that is given with it. */
  readonly warns?: RegExp
}

/** What came of one case. */
interface Outcome {
  readonly tree: string | undefined
  readonly problem: string | undefined
  /** Of its layers, but for those that an earlier case has too. */
  readonly warnings: string
}

interface Played {
  readonly victim: string
  readonly outcomes: ReadonlyMap<string, Outcome>
  /** What is not as it was, or is too much. */
  readonly damage: readonly string[]
}

/** What stands in a project's folder when all is well. */
const EXPECTED = ['.ctrbuild', 'bundles.lock.json', 'bundles.yaml', 'home', 'images', 'out', 'victim']
/** The root, and targets of a container's own mounts, which ctrbuild adds. */
const ALWAYS_THERE = /^d \/(dev|proc|sys|tmp)? 1?7[57][57]$/

/** Declares a test for each case. */
export function testCases(cases: Readonly<Record<string, Case>>): void {
  const names = Object.keys(cases)
  describe.each(['union', 'union-add'] as const)('%s', checkout => {
    let playing: Promise<Played> | undefined
    let played: Played
    beforeEach(async ctx => {
      needs(ctx, 'skopeo')
      playing ??= play(ctx, cases, checkout)
      played = await playing
    })

    test.for(names)('%s', name => {
      const { becomes, warns } = cases[name]!
      const { tree, problem, warnings } = played.outcomes.get(name)!
      if (becomes instanceof RegExp) {
        expect({ tree, problem }).toEqual({ tree: undefined, problem: expect.stringMatching(becomes) })
      } else {
        expect(problem).toBeUndefined()
        const text = typeof becomes === 'string' ? becomes : becomes(played.victim)
        expect(tree).toBe(
          lines(text)
            .filter(line => !ALWAYS_THERE.test(line))
            .join('\n'),
        )
      }
      if (warns !== undefined) expect(warnings).toMatch(warns)
    })

    test('nothing outside was touched, and nothing is left half made', () => {
      expect(played.damage).toEqual([])
    })
  })
}

/** Applies all cases at once: one by whoever runs the tests, the other as a plain user. */
async function play(
  ctx: Parameters<typeof needs>[0],
  cases: Readonly<Record<string, Case>>,
  checkout: 'union' | 'union-add',
): Promise<Played> {
  const mine = await newProject()
  const victim = await makeVictim(mine)
  const names = new Map(Object.keys(cases).map((name, i) => [name, `case-${i}`]))
  for (const [name, tag] of names) {
    const layers = cases[name]!.layers(victim).map(layer =>
      Buffer.isBuffer(layer) ? layer : writeTar(layer),
    )
    await mine.layout.add({ layers, config: { Cmd: ['/x'] } }, tag)
  }
  const bundles = [...names.values()].map(
    tag => `  ${tag}: { image: "oci:images:${tag}", checkout: ${checkout} }\n`,
  )
  await mine.write(`bundles:\n${bundles.join('')}`)
  const project = checkout === 'union' ? mine : await asPlainUser(ctx, mine)
  const before = await fingerprint(victim, project)
  if (!before.includes(`${victim}/etc/passwd f`)) throw new Error(`the folder is not looked at: ${before}`)
  const { status, stderr } = await project.run(['apply', '--progress', 'json'])
  if (![0, 1, 65].includes(status!)) throw new Error(`apply ended with ${status}:\n${stderr}`)
  const events = stderr.split('\n').flatMap(line => (line.startsWith('{') ? [JSON.parse(line) as Told] : []))
  const strange = (await readdir(project.folder)).filter(name => !EXPECTED.includes(name))
  const isIntact = (await fingerprint(victim, project)) === before
  return {
    victim,
    outcomes: new Map([...names].map(([name, tag]) => [name, outcomeOf(project, tag, events)])),
    damage: [...(isIntact ? [] : ['the victim']), ...strange, ...(await leftovers(project))],
  }
}

/** As much of an event as is looked at. */
interface Told {
  readonly type: string
  readonly name?: string
  readonly step?: string
  readonly because?: string
  readonly code?: string
  readonly message?: string
}

function outcomeOf(project: Project, tag: string, events: readonly Told[]): Outcome {
  const isOf = ({ step }: Told) => step !== undefined && new RegExp(`^assemble[ :]${tag}$`).test(step)
  const skipped = events.find(event => event.type === 'skipped' && isOf(event))
  const failed = events.find(
    event => event.type === 'failed' && (event.step === skipped?.because || isOf(event)),
  )
  const mine = events.filter(
    ({ type, message = '' }) => type === 'warning' && message.startsWith(`oci:images:${tag}: `),
  )
  const warnings = mine.map(({ message }) => message).join('\n')
  if (failed !== undefined) return { tree: undefined, problem: `${failed.code}: ${failed.message}`, warnings }
  return { tree: treeOf(join(project.folder, 'out', tag, 'rootfs')), problem: undefined, warnings }
}

/** A root file system, without what is a plain user's in a plain user's store, and without the targets of mounts. */
export function treeOf(rootfs: string): string {
  return show(readRootfs(rootfs))
    .split('\n')
    .map(line => line.replace(/ @54321:54321\b/, '').replace(/ \+user\.ostreemeta=\w+/, ''))
    .filter(line => !ALWAYS_THERE.test(line))
    .join('\n')
}

/** Lines for the directories that lead to an absolute path, within the root. */
export function parentsOf(path: string): string {
  const names = path.split('/').slice(1, -1)
  return names.map((_, i) => `d /${names.slice(0, i + 1).join('/')} 755`).join('\n')
}

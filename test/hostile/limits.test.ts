/** Each limit on layers refuses what is past it, names the key that raises it, and lets it through once that is done. */
import { beforeEach, expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject } from '../support/project.ts'
import { paxHeader, paxRecord, tarHeader, writeTar } from '../support/tar-writer.ts'
import { fileAt } from './apply-one.ts'
import { setCanary } from './canary.ts'

beforeEach(ctx => needs(ctx, 'skopeo', 'ostree'))

const comment = (length: number) => paxHeader([paxRecord('comment', 'x'.repeat(length))])
const end = Buffer.alloc(1024)

/** Layers that are too much, what the limits are if they are not the defaults, and what they are raised to. */
const CASES = {
  ratio: {
    tar: writeTar([{ path: 'zeros', type: 'file', content: Buffer.alloc(64 << 20) }]),
    raised: '500',
    said: /unpacks to more than 100 times its size/,
    lowered: '100',
  },
  layerSize: {
    tar: writeTar([fileAt('big', { content: Buffer.alloc(2 << 20, 'no zeros') })]),
    lowered: '1MiB',
    raised: '3MiB',
    said: /past the limit layerSize of 1048576/,
  },
  entries: {
    tar: writeTar([fileAt('a'), fileAt('b'), fileAt('c/d')]),
    lowered: '3',
    raised: '4',
    said: /more than 3 files and directories/,
  },
  depth: {
    tar: writeTar([fileAt(`${'d/'.repeat(1700)}f`)]),
    lowered: undefined,
    raised: '2047',
    said: /more than 1024 directories deep/,
  },
  headerSize: {
    tar: Buffer.concat([comment(2 << 20), tarHeader({ name: 'f', typeflag: '0' }), end]),
    lowered: undefined,
    raised: '4MiB',
    said: /past the limit headerSize of 1048576/,
  },
} as const

test.for(Object.entries(CASES))('limits.%s', async ([key, { tar, lowered, raised, said }]) => {
  const project = await newProject()
  await project.layout.add({ layers: [tar], config: { Cmd: ['/x'] } }, 'it')
  const write = (value: string | undefined) =>
    project.write(
      `${value === undefined ? '' : `limits: { ${key}: ${value} }\n`}bundles: { it: { image: "oci:images:it" } }\n`,
    )
  await write(lowered)
  const canaryIsWell = await setCanary(project)
  const refused = await project.run(['apply'])
  expect(refused).toMatchObject({ status: 65, stderr: expect.stringMatching(said) })
  expect(refused.stderr).toContain(`Raise limits.${key} in bundles.yaml`)

  await write(raised)
  expect(await project.run(['plan', '--out', 'saved'])).toMatchObject({ status: 0 })
  // A saved plan is the whole truth: bundles.yaml is not read again.
  await write(lowered)
  expect(await project.run(['apply', 'saved'])).toMatchObject({ status: 0 })
  expect((await project.tool('ostree', 'fsck', '--repo=.ctrbuild/repo')).stdout).toContain('no errors found')
  await canaryIsWell()
})

test('what Linux has no room for cannot be raised', async () => {
  const project = await newProject()
  await project.layout.add({ layers: [writeTar([fileAt('n'.repeat(256))])], config: { Cmd: ['/x'] } }, 'it')
  await project.write('bundles: { it: { image: "oci:images:it" } }\n')
  const { stderr } = await project.run(['apply'])
  expect(stderr).toMatch(/past the limit componentBytes of 255(.|\n)*No Linux file system has room for it/)
})

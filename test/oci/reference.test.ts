/** Names of images in registries: skopeo is the judge of what is one. (Debian's is too old for addresses in brackets.) */
import { expect, test } from 'vitest'
import { parseReference } from '../../src/oci/reference.ts'
import { tryProgram } from '../../src/sys/program.ts'
import { problemOf } from '../support/problem.ts'
import { needs } from '../support/programs.ts'

const HOSTS = [
  '',
  'a/',
  'A/',
  'a.b/',
  'A.B/',
  'A:5/',
  'a-b.c:5000/',
  '-a.b/',
  'a-.b/',
  'a..b/',
  'a.b./',
  'localhost/',
]
const MORE_HOSTS = ['LOCALHOST/', 'a_b/', 'a_b.c/', '[::1/', '/', 'a.b:/', 'a.b:x/', ':5/']
const PATHS = [
  'a',
  'B',
  'a/b',
  'a//b',
  'a.b',
  'a..b',
  'a_b',
  'a__b',
  'a___b',
  'a---b',
  'a-',
  '.a',
  'a/B/c',
  'é',
  '',
]

test('are those that skopeo takes', async ctx => {
  needs(ctx, 'skopeo')
  const names = [
    ...PATHS,
    ...[...HOSTS, ...MORE_HOSTS].flatMap(host => ['a', 'B', 'a/b.c'].map(path => host + path)),
  ]
  const differing: string[] = []
  const judge = async (name: string) => {
    const ours = await problemOf(() => parseReference(`${name}:1`))
    const { stderr } = await tryProgram(['skopeo', 'inspect', `docker-archive:/nowhere/x.tar:${name}:1`])
    const theirs = /invalid reference format|invalid repository name/.test(stderr.toString())
    if (ours.startsWith('REFERENCE_INVALID') !== theirs) differing.push(`${name}: ${ours} / ${stderr}`)
  }
  await Promise.all(names.map(judge))
  expect(differing).toEqual([])
}, 120_000)

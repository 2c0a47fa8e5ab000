/** Whatever bundles.yaml says: after an apply there is nothing left to do, with the built program. */
import { mkdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { needs } from '../support/programs.ts'
import { newProject } from '../support/project.ts'
import { type Random, randomOf } from '../support/random.ts'
import { writeTar } from '../support/tar-writer.ts'

/** `SPECS=200` for a long look. */
const SPECS = Number(process.env.SPECS ?? 8)
const IMAGES = ['base', 'web', 'tool']
const PASSWD = 'root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n'

const file = (path: string, content: string) =>
  ({ path, type: 'file', content: Buffer.from(content) }) as const

const oneOf = <T>(random: Random, values: readonly T[]): T => values[random.between(0, values.length - 1)]!
const maybe = (random: Random, key: string, value: () => unknown): object =>
  random.between(0, 2) === 0 ? { [key]: value() } : {}

/** A bundle that can be made, with some of what a bundle can say. */
function bundle(random: Random): object {
  const image = () => `oci:images:${oneOf(random, IMAGES)}`
  const mounts = [
    { type: 'volume', source: 'data', target: '/data' },
    { type: 'tmpfs', target: '/run', size: '1MiB' },
    { type: 'bind', source: './conf', target: '/etc/conf', readonly: true },
    'cache:/var/cache',
  ]
  return {
    image: random.between(0, 2) === 0 ? [image(), image()] : image(),
    args: ['/x', String(random.between(0, 9))],
    ...maybe(random, 'env', () => ({ [`V${random.between(0, 9)}`]: 'a b "c"' })),
    ...maybe(random, 'checkout', () => oneOf(random, ['union', 'union-add'])),
    ...maybe(random, 'rootfs', () => oneOf(random, ['copy', 'readonly'])),
    ...maybe(random, 'user', () => oneOf(random, ['web', '0', '33:44'])),
    ...maybe(random, 'cwd', () => oneOf(random, ['/made', '/etc'])),
    ...maybe(random, 'runtimes', () => oneOf(random, [['runc'], ['bwrap', 'crun']])),
    ...maybe(random, 'mounts', () => random.shuffle(mounts).slice(0, random.between(1, 4))),
    ...maybe(random, 'resources', () => ({ memory: { limit: '64MiB' } })),
    ...maybe(random, 'terminal', () => true),
  }
}

test(`after each of ${SPECS} random specs there is nothing left to do`, async ctx => {
  needs(ctx, 'skopeo')
  const project = await newProject()
  const base = writeTar([file('etc/passwd', PASSWD), file('etc/group', 'web:x:44:\n'), file('x', 'x')])
  await project.layout.add({ layers: [base], config: { Cmd: ['/x'] } }, 'base')
  await project.layout.add({ layers: [base, writeTar([file('web', 'web')])], config: { User: 'web' } }, 'web')
  const odd = writeTar([file('tool/bin', 'tool'), file('tool/.wh.old', '')])
  await project.layout.add({ layers: [base, odd], config: { Env: ['A=1'] } }, 'tool')
  await mkdir(join(project.folder, 'conf'))
  const seed = Date.now()
  const random = randomOf(seed)
  for (let i = 0; i < SPECS; i++) {
    const names = ['a', 'b', 'c', 'd'].slice(0, random.between(1, 4))
    const bundles = Object.fromEntries(names.map(name => [name, bundle(random)]))
    const spec = JSON.stringify({ apiVersion: 'ctrbuild/v1', kind: 'Bundles', bundles })
    await writeFile(join(project.folder, 'bundles.yaml'), spec)
    const when = `seed ${seed}, spec ${i}: ${spec}`
    const applied = await project.run(['apply'])
    expect(applied.status, `${when}\n${applied.stderr}`).toBe(0)
    const links = () => Promise.all(names.map(name => readlink(join(project.folder, 'out', name))))
    const before = await links()
    expect((await project.run(['plan', '--detailed-exitcode'])).status, when).toBe(0)
    expect((await project.run(['apply'])).stdout, when).toMatch(/^No changes\./)
    expect(await links(), when).toEqual(before)
  }
  expect(await project.run(['verify', '--deep'])).toMatchObject({ status: 0 })
})

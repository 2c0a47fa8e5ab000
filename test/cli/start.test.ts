/** What V8 compiled, kept beside the program: it is used, never stale, and never missed. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { PROGRAM } from '../support/project.ts'

/** Of what start.ts puts in front of what V8 compiled. */
const HEADER_BYTES = 96
const VALID = 'apiVersion: ctrbuild/v1\nkind: Bundles\nbundles: { redis: { image: "example.com/redis:7" } }\n'

/** A copy of the program that nobody has run, in a folder that has a bundles.yaml. */
async function copyProgram() {
  const folder = await temporaryFolder()
  cpSync(dirname(PROGRAM), join(folder, 'dist'), {
    recursive: true,
    filter: path => !path.endsWith('.cache'),
  })
  cpSync(fileURLToPath(new URL('../../package.json', import.meta.url)), join(folder, 'package.json'))
  writeFileSync(join(folder, 'bundles.yaml'), VALID)
  const at = (name: string) => join(folder, 'dist', name)
  return {
    code: at('ctrbuild.code.js'),
    cache: at('ctrbuild.code.cache'),
    folder: dirname(at('.')),
    /** What is validated from now on. */
    give: (text: string) => writeFileSync(join(folder, 'bundles.yaml'), text),
    validate() {
      const { status, stdout, stderr } = spawnSync(process.execPath, [at('ctrbuild.js'), 'validate'], {
        cwd: folder,
        encoding: 'utf8',
      })
      return { status, stdout, stderr }
    },
  }
}

const FINE = { status: 0, stdout: 'bundles.yaml is valid: 1 bundle of 1 image\n', stderr: '' }

test('the first run keeps what was compiled, and the next one uses it as it is', async () => {
  const program = await copyProgram()
  expect(program.validate()).toEqual(FINE)
  const kept = statSync(program.cache)
  expect(kept.size).toBeGreaterThan(100_000)
  expect(program.validate()).toEqual(FINE)
  expect(statSync(program.cache)).toMatchObject({ ino: kept.ino, mtimeMs: kept.mtimeMs })
})

test('another program at the same place is not run as the one before, even if it is as long', async () => {
  const program = await copyProgram()
  program.validate()
  const text = readFileSync(program.code, 'latin1')
  writeFileSync(program.code, text.replaceAll('is valid', 'IS VALID'), 'latin1')
  expect(program.validate()).toEqual({ ...FINE, stdout: FINE.stdout.replace('is valid', 'IS VALID') })
})

test.each([
  ['nothing', ''],
  ['something else', 'x'.repeat(5000)],
])('%s in place of what was compiled is replaced', async (_, damage) => {
  const program = await copyProgram()
  writeFileSync(program.cache, damage)
  expect(program.validate()).toEqual(FINE)
  expect(statSync(program.cache).size).toBeGreaterThan(100_000)
})

test('what another Node compiled is replaced', async () => {
  const program = await copyProgram()
  program.validate()
  const bytes = readFileSync(program.cache)
  // V8's own header, with its version's hash, follows ours.
  bytes.fill(0xff, HEADER_BYTES, HEADER_BYTES + 32)
  writeFileSync(program.cache, bytes)
  expect(program.validate()).toEqual(FINE)
  const found = readFileSync(program.cache).subarray(HEADER_BYTES, HEADER_BYTES + 32)
  expect(found).not.toEqual(bytes.subarray(HEADER_BYTES, HEADER_BYTES + 32))
})

test('a longer run keeps what it compiled where that is more, and only there', async () => {
  const program = await copyProgram()
  program.validate()
  const bytes = readFileSync(program.cache)
  const [bundle] = /^(\S+ ){3}/.exec(bytes.toString('latin1', 0, HEADER_BYTES))!
  bytes.write(`${bundle}1`.padEnd(HEADER_BYTES), 'latin1')
  writeFileSync(program.cache, bytes)
  // Takes a second, and no run of less than a fifth of one looks.
  const names = Array.from({ length: 3000 }, (_, i) => `  redis${i}: { image: "example.com/redis:7" }\n`)
  program.give(VALID.replace(/bundles: .*\n/, `bundles:\n${names.join('')}`))
  expect(program.validate().stdout).toBe('bundles.yaml is valid: 3,000 bundles of 1 image\n')
  const kept = readFileSync(program.cache)
  expect(Number(kept.toString('latin1', bundle.length, HEADER_BYTES))).toBeGreaterThan(100_000)
  program.validate()
  expect(readFileSync(program.cache)).toEqual(kept)
})

test('where it cannot be kept, nothing is missed', async () => {
  const program = await copyProgram()
  // A folder in its place: root may write to anything else.
  cpSync(dirname(PROGRAM), program.cache, { recursive: true })
  chmodSync(program.cache, 0o555)
  expect(program.validate()).toEqual(FINE)
  expect(existsSync(program.cache)).toBe(true)
  expect(readdirSync(program.folder).filter(name => name.includes('.cache.'))).toEqual([])
})

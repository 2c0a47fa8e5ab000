/** Beginning with the built program: a starter file that is right, and schemas that fit. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { beforeEach, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { newProject, type Project } from '../support/project.ts'

let project: Project
beforeEach(async () => {
  project = await newProject()
})
const read = (name: string) => readFile(join(project.folder, name), 'utf8')

test('init writes what validate, fmt and the schema find right', async () => {
  expect(await project.run(['init'])).toMatchObject({ status: 0, stderr: '' })
  const text = await read('bundles.yaml')
  const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)!
  const validate = new Ajv({ strict: false }).compile(JSON.parse(await read(schema!)))
  expect(validate(parseYaml(text))).toBe(true)
  expect(validate(parseYaml(text.replace('mounts:', 'mouts:')))).toBe(false)
  expect((await project.run(['validate'])).stdout).toBe('bundles.yaml is valid: 1 bundle of 1 image\n')
  expect((await project.run(['fmt', '--check'])).status).toBe(0)
})

test('init writes over nothing', async () => {
  await writeFile(join(project.folder, 'bundles.yaml'), 'mine')
  const { status, stderr } = await project.run(['init'])
  expect(stderr).toMatch(/^error SPEC_EXISTS: bundles.yaml is there already\n {2}hint: /)
  expect(status).toBe(73)
  expect(await read('bundles.yaml')).toBe('mine')
  await rm(join(project.folder, 'bundles.yaml'))
  await writeFile(join(project.folder, 'bundles.schema.json'), '{}')
  expect((await project.run(['init', '--file', 'other.yaml'])).status).toBe(0)
  expect(await read('bundles.schema.json')).toBe('{}')
  expect((await project.run(['validate', '--file', 'other.yaml'])).status).toBe(0)
})

test.each([
  [['schema'], 'bundles'],
  [['schema', 'plan'], 'plan'],
])('%j prints the schema that ships', async (args, name) => {
  const shipped = await readFile(new URL(`../../docs/${name}.schema.json`, import.meta.url), 'utf8')
  expect(await project.run(args)).toEqual({ status: 0, stdout: shipped, stderr: '' })
})

test('there is no schema of anything else', async () => {
  const { status, stderr } = await project.run(['schema', 'lock'])
  expect(stderr).toMatch(/^error USAGE: /)
  expect(status).toBe(64)
})

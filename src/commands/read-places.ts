/** Where a bundles.yaml's things lie, for commands that look at what is there and not at what should be. */
import { dirname, resolve } from 'node:path'
import { type Places, placesOf } from '../apply/places.ts'
import { hostPlatform } from '../oci/platform.ts'
import { jsonProblems, renderProblems } from '../report/diagnostics.ts'
import { parseSpec } from '../spec/parse.ts'
import { readTextFile } from '../sys/text-file.ts'
import { type CommandOptions, type Surroundings, usesColor } from './context.ts'
import { readSpecText, type SpecFile } from './inputs.ts'

/**
 * Reads as much of bundles.yaml as says where store and output are. Whether its bundles could run here does not matter.
 * @returns undefined where it has mistakes, which were shown on standard error
 * @throws CtrbuildError SPEC_MISSING
 */
export function readPlaces(options: CommandOptions, surroundings: Surroundings): Places | undefined {
  return readDeclared(options, surroundings)?.places
}

/**
 * The same, with what bundles.yaml declares.
 * @throws CtrbuildError SPEC_MISSING
 */
export function readDeclared(
  options: CommandOptions,
  { cwd, arch, stderr }: Surroundings,
): SpecFile | undefined {
  const path = resolve(cwd, options.file)
  const text = readSpecText(path, options.file)
  const parsed = parseSpec(text, {
    file: options.file,
    platform: hostPlatform(arch),
    read: source => readTextFile(resolve(dirname(path), source)),
  })
  if (parsed.ok) return { spec: parsed.spec, images: parsed.images, places: placesOf(path, parsed.spec) }
  const color = usesColor(options, stderr)
  const isJson = options.progress === 'json'
  stderr.write(isJson ? jsonProblems(parsed.problems) : renderProblems(parsed.problems, { text, color }))
  return undefined
}

/** The keys whose value stands in a file of its own, and the JSON that stands in bundles.yaml. */
import { canonicalJson } from '../oci/canonical-json.ts'
import type { Node } from './document.ts'
import { type EnvFile, type LineRemark, parseEnvFile } from './env-file.ts'
import type { Findings } from './findings.ts'
import { type ReadFile, textOf } from './host-file.ts'
import { isJsonObject, jsonTextOf, parseJsonText } from './json-text.ts'
import { type Path, quote } from './problem.ts'
import type { JsonText, Settings } from './settings.ts'

/** More mistakes of one file than this are not told: it is another kind of file. */
const MOST_LINES = 5

/** What reading a bundle's files takes. */
export interface Attaching {
  readonly read: ReadFile
  readonly findings: Findings
}

/** The variables of all files of `envFile`, later files over earlier ones. */
export function readEnvFiles(
  files: readonly string[],
  path: Path,
  attaching: Attaching,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    files.flatMap((file, i) => Object.entries(readEnvFile(file, [...path, i], attaching))),
  )
}

function readEnvFile(source: string, path: Path, { read, findings }: Attaching): EnvFile['variables'] {
  const text = textOf(source, path, read, findings)
  if (text === undefined) return {}
  const { variables, mistakes, doubts } = parseEnvFile(text)
  for (const remark of mistakes.slice(0, MOST_LINES)) findings.error(path, claimOf(source, remark))
  for (const remark of doubts.slice(0, MOST_LINES)) {
    findings.warning(
      path,
      'DOLLAR_KEPT',
      claimOf(source, remark),
      'Put the value in single quotes to say that it is meant',
    )
  }
  return variables
}

function claimOf(source: string, { line, claim }: LineRemark): string {
  return `is ${quote(source)}, whose line ${line} ${claim}`
}

/** The value of `seccomp`, with the profile where it is a file. */
export function readSeccomp(
  written: string,
  path: Path,
  attaching: Attaching,
): Settings['seccomp'] | undefined {
  if (written === 'default' || written === 'unconfined') return written
  const profile = readJsonFile(written, path, attaching)
  return profile === undefined ? undefined : { profile }
}

/** The JSON object in a file. */
export function readJsonFile(
  source: string,
  path: Path,
  { read, findings }: Attaching,
): JsonText | undefined {
  const text = textOf(source, path, read, findings)
  if (text === undefined) return undefined
  try {
    const value = parseJsonText(text.replace(/^\ufeff/, ''))
    if (isJsonObject(value)) return canonicalJson(value)
    findings.error(path, `is ${quote(source)}, which is no JSON object`)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    findings.error(path, `is ${quote(source)}, which is no JSON: ${error.message}`)
  }
  return undefined
}

/** The value of `configPatch`, which the schema has found to be a mapping. */
export function readPatch(node: Node, path: Path, findings: Findings): JsonText | undefined {
  const text = jsonTextOf(node)
  if (text === undefined) findings.error(path, 'holds a number that JSON has no way to write')
  return text
}

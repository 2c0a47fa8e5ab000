/**
 * The lint at the time of a plan, when the image's content is not looked at: over the config.json that the bundle's
 * keys give with an image that says nothing. What depends on the image is found when the bundle is made.
 */
import { CtrbuildError } from '../errors.ts'
import type { ImageConfig } from '../oci/image.ts'
import type { Locate } from '../spec/parse.ts'
import { formatPath, type Path, type Problem } from '../spec/problem.ts'
import type { BundleSpec, Spec } from '../spec/types.ts'
import { configFaults, faultText, templateFaults } from './check.ts'
import { completeConfig } from './complete.ts'
import { draftConfig } from './config.ts'
import { lint, type Verdict } from './lint.ts'
import { specPath } from './lint-keys.ts'
import { makeMounts } from './mounts.ts'
import type { ConfigFault } from './rule.ts'
import { readTemplate } from './template.ts'
import type { Privilege } from './types.ts'
import { warningCode } from './warning.ts'

/** How to say where something is written. */
export interface LintOptions {
  readonly privilege: Privilege
  /** What problems call the file. */
  readonly file: string
  readonly locate: Locate
}

/** Everything that can be said of the bundles' configurations before there are images. */
export function lintSpec(spec: Spec, options: LintOptions): readonly Problem[] {
  const problems = spec.bundles.flatMap(bundle => lintBundle(bundle, options))
  // What stands under defaults would be told once for each bundle.
  const byPlace = new Map(
    problems.map(problem => [
      `${problem.line}:${problem.col} ${problem.message.replace(/^\S+ /, '')}`,
      problem,
    ]),
  )
  return [...byPlace.values()]
}

/** What the lint says of a bundle's keys alone. */
export function verdictsOnKeys(spec: BundleSpec, privilege: Privilege): readonly Verdict[] {
  try {
    const draft = draftOf(spec, privilege)
    return configFaults(draft).length > 0 ? [] : lint(completeConfig(draft), privilege, spec)
  } catch (error) {
    if (error instanceof CtrbuildError) return []
    throw error
  }
}

function lintBundle(spec: BundleSpec, options: LintOptions): readonly Problem[] {
  const faultsOf = (faults: readonly ConfigFault[], where: (fault: ConfigFault) => Path) =>
    faults.map(fault =>
      problem({ severity: 'error', code: 'BUNDLE_INVALID', claim: faultText(fault) }, where(fault), options),
    )
  const template = faultsOf(templateFaults(readTemplate(spec.configTemplate)), () => [
    'bundles',
    spec.name,
    'configTemplate',
  ])
  if (template.length > 0) return template
  try {
    const draft = draftOf(spec, options.privilege)
    const faults = faultsOf(configFaults(draft), fault => specPath(spec, fault.at))
    if (faults.length > 0) return faults
    return lint(completeConfig(draft), options.privilege, spec).map(verdict =>
      problem(
        {
          severity: verdict.severity,
          code: warningCode(verdict),
          claim: verdict.message,
          hint: verdict.hint,
        },
        specPath(spec, verdict.at),
        options,
      ),
    )
  } catch (error) {
    if (!(error instanceof CtrbuildError)) throw error
    return [
      problem(
        { severity: 'error', code: error.code, claim: error.message, hint: error.hint },
        ['bundles', spec.name],
        options,
      ),
    ]
  }
}

/** An image that asks for nothing, and a user whose ids are there. */
const IMAGE: ImageConfig = {
  os: '',
  architecture: 'amd64',
  variant: undefined,
  created: undefined,
  author: undefined,
  diffIds: [],
  run: {
    user: '',
    env: [],
    entrypoint: ['true'],
    cmd: [],
    workingDir: '',
    volumes: [],
    exposedPorts: [],
    stopSignal: undefined,
    labels: {},
  },
}

/** Ids that nobody has looked up, for a bundle that asks for them. */
const SOME = [{ start: 100_000, size: 65_536 }]

function draftOf(spec: BundleSpec, privilege: Privilege) {
  const [uid = 0, gid = 0] = (spec.user ?? '0:0')
    .split(':')
    .map(part => (/^[0-9]+$/.test(part) ? Number(part) : 0))
  const { draft } = draftConfig({
    spec,
    image: IMAGE,
    user: { uid, gid, additionalGids: [], home: undefined },
    groups: (spec.groups ?? []).map(group => (/^[0-9]+$/.test(group) ? Number(group) : 1)),
    privilege: privilege.kind === 'root' ? privilege : { ...privilege, subids: { uids: SOME, gids: SOME } },
    mounts: makeMounts(spec.mounts).mounts,
  })
  return draft
}

interface Said {
  readonly severity: Problem['severity']
  readonly code: Problem['code']
  readonly claim: string
  readonly hint?: string | undefined
}

function problem({ severity, code, claim, hint }: Said, path: Path, { file, locate }: LintOptions): Problem {
  const message = `${formatPath(path)}: ${claim}`
  return { severity, code, message, ...(hint !== undefined && { hint }), file, ...locate(path), path }
}

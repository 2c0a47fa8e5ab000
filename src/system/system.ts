/**
 * A bundle as a service: what its image's /exports and its keys in bundles.yaml come to. The files lie in the
 * generation, so that every generation has its own; `ctrbuild install` puts them in place.
 */
import type { BundleFile } from '../bundle/types.ts'
import { CtrbuildError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image.ts'
import type { BundleSpec } from '../spec/types.ts'
import { type ExportedConfig, exportedConfig, imageAs, namespacesAs, wantsWritableRoot } from './config.ts'
import { type Exports, readManifest } from './exports.ts'
import { hostTemplates, makeHostFiles, renameTemplates } from './host-files.ts'
import { installFiles } from './install-files.ts'
import { render, type TemplateFile, type Variables, variablesOf } from './template.ts'
import { foldersFor } from './tmpfiles.ts'
import { amendUnit, makeUnit } from './unit.ts'
import {
  type HostFacts,
  refuseUnknown,
  type Scope,
  unitFacts,
  type VariableSources,
  valuesOf,
} from './variables.ts'

/** What a service is made from. */
export interface SystemSources {
  readonly spec: BundleSpec
  readonly image: ImageConfig
  /** Digest of the image's configuration. */
  readonly imageId: Digest
  /** Of the merged tree; undefined where it has no /exports. */
  readonly exports: Exports | undefined
  readonly isRoot: boolean
  /** Number of the signal that the container is asked to end with. */
  readonly stopSignal: number
  /** Places and ids as they stand in config.json. */
  readonly facts: HostFacts
}

/** A warning about a service. */
export interface SystemWarning {
  readonly code: 'SYSTEM_BY_LABEL' | 'CONFIG_UPGRADED' | 'ROOT_READONLY' | 'HOST_FILES_LEFT'
  readonly message: string
  readonly hint?: string
}

/** A bundle as a service. */
export interface System {
  /** The bundle as the image's config.json wants it, where the bundle does not say otherwise. */
  readonly spec: BundleSpec
  readonly image: ImageConfig
  /** The image's config.json; undefined where it has none, or the bundle has its own template. */
  readonly config: ExportedConfig | undefined
  /** The unit, lines for tmpfiles.d, host files, and where each of them goes. */
  readonly files: readonly BundleFile[]
  readonly warnings: readonly SystemWarning[]
}

/** True where the image's /exports count. */
export function isSystem({ system }: Pick<BundleSpec, 'system'>, { run }: Pick<ImageConfig, 'run'>): boolean {
  return system ?? run.labels['atomic.type'] === 'system'
}

/** True where there is anything to install of a bundle. */
export function hasSystem(
  spec: Pick<BundleSpec, 'system' | 'service' | 'tmpfiles'>,
  image: Pick<ImageConfig, 'run'>,
): boolean {
  return isSystem(spec, image) || spec.service !== undefined || (spec.tmpfiles ?? []).length > 0
}

/** Whose service a bundle is. */
export function scopeOf({ scope }: Pick<BundleSpec, 'scope'>, isRoot: boolean): Scope {
  return scope ?? (isRoot ? 'system' : 'user')
}

const NOTHING: Exports = {
  manifest: undefined,
  config: undefined,
  configTemplate: undefined,
  service: undefined,
  tmpfiles: undefined,
  hostFiles: [],
}

/**
 * Makes a service of a bundle.
 * @throws CtrbuildError EXPORTS_INVALID, TEMPLATE_INVALID, VARIABLE_MISSING, VARIABLE_UNKNOWN, BUNDLE_INVALID
 */
export function makeSystem(sources: SystemSources): System {
  const { spec, image, isRoot } = sources
  const isExported = isSystem(spec, image)
  const exports = (isExported ? sources.exports : undefined) ?? NOTHING
  const scope = scopeOf(spec, isRoot)
  refuseScope(spec, scope, isRoot)
  const manifest = readManifest(exports.manifest)
  const wantsHostFiles = exports.hostFiles.length > 0 && (spec.hostFiles ?? scope === 'system')
  if (wantsHostFiles && scope === 'user') throw userHostFiles(spec.name)
  const isOwnTemplate = spec.configTemplate !== undefined
  const variables: VariableSources = {
    name: spec.name,
    scope,
    // A name is part of what the bundle is made from only where the bundle says that it is a system container.
    imageName: spec.system === true ? spec.images.at(-1)?.reference.text : undefined,
    imageId: sources.imageId,
    runtime: spec.runtimes[0]!,
    detaches: wantsPidFile(exports.service),
    set: spec.set ?? {},
    defaults: manifest.defaultValues,
  }
  const templates = templatesOf(exports, { manifest, wantsHostFiles, isOwnTemplate })
  refuseUnknown(variables, templates.flatMap(variablesOf))
  const facts = unitFacts(scope)
  const later = valuesOf(variables, facts)
  const config = isOwnTemplate ? undefined : exportedConfig(exports, valuesOf(variables, sources.facts))
  const hasService = (isExported && manifest.hasService) || spec.service !== undefined
  return {
    spec:
      config === undefined
        ? spec
        : { ...spec, configTemplate: config.text, namespaces: namespacesAs(spec, config.config) },
    image: config === undefined ? image : imageAs(image, config.config),
    config,
    files: installFiles({
      name: spec.name,
      scope,
      enable: spec.service?.enable ?? true,
      unit: hasService ? unitOf(sources, scope, exports.service, later) : undefined,
      tmpfiles: tmpfilesOf(spec, scope, exports, later, isOwnTemplate),
      hostFiles: wantsHostFiles ? makeHostFiles(exports.hostFiles, manifest, later) : [],
    }),
    warnings: warningsOf(sources, exports, config, scope),
  }
}

/** A unit that knows its container by a file with a process id has it started in the background. */
function wantsPidFile(service: TemplateFile | undefined): boolean {
  const names = service === undefined ? [] : variablesOf(service)
  return names.includes('EXEC_STOPPOST') && names.includes('PIDFILE')
}

interface Choices {
  readonly manifest: ReturnType<typeof readManifest>
  readonly wantsHostFiles: boolean
  readonly isOwnTemplate: boolean
}

function templatesOf(
  exports: Exports,
  { manifest, wantsHostFiles, isOwnTemplate }: Choices,
): readonly TemplateFile[] {
  const usesTemplate = exports.config === undefined && !isOwnTemplate
  return [
    usesTemplate ? exports.configTemplate : undefined,
    exports.service,
    exports.tmpfiles,
    ...(wantsHostFiles ? [...hostTemplates(exports.hostFiles, manifest), ...renameTemplates(manifest)] : []),
  ].filter(template => template !== undefined)
}

function unitOf(
  { spec, image, stopSignal }: SystemSources,
  scope: Scope,
  template: TemplateFile | undefined,
  values: Variables,
): string {
  const sources = { name: spec.name, scope, service: spec.service ?? {}, image: image.run, stopSignal }
  return template === undefined ? makeUnit(sources) : amendUnit(renderLines(template, values), sources)
}

function tmpfilesOf(
  spec: BundleSpec,
  scope: Scope,
  exports: Exports,
  values: Variables,
  isOwnTemplate: boolean,
): string | undefined {
  const lines = () =>
    isOwnTemplate ? [] : foldersFor(exportedConfig(exports, values)?.config.mounts, values, scope)
  const given = exports.tmpfiles === undefined ? lines() : [renderLines(exports.tmpfiles, values).trimEnd()]
  const all = [...given, ...(spec.tmpfiles ?? [])].filter(line => line !== '')
  return all.length === 0 ? undefined : all.join('\n')
}

/** What is made of lines must not get more of them from a value. */
function renderLines(template: TemplateFile, values: Variables): string {
  const broken = variablesOf(template).find(name => /[\n\0]/.test(values.get(name) ?? ''))
  if (broken === undefined) return render(template, values).text
  throw new CtrbuildError('TEMPLATE_INVALID', `${template.path}: the value of ${broken} has a line break`, {
    hint: 'Every line of this file means something of its own: give it a value of one line',
  })
}

function refuseScope({ name }: BundleSpec, scope: Scope, isRoot: boolean): void {
  if (scope !== 'system' || isRoot) return
  throw new CtrbuildError(
    'BUNDLE_INVALID',
    `bundle ${name} is to be a service of the machine, and you are not root`,
    {
      hint: 'Apply it as root, or write scope: user',
    },
  )
}

function userHostFiles(name: string): CtrbuildError {
  return new CtrbuildError('BUNDLE_INVALID', `bundle ${name} is a user's, and files of the host are root's`, {
    hint: 'Leave hostFiles out, or write scope: system',
  })
}

function warningsOf(
  { spec, image }: SystemSources,
  exports: Exports,
  config: ExportedConfig | undefined,
  scope: Scope,
): readonly SystemWarning[] {
  const warnings: SystemWarning[] = []
  if (spec.system === undefined && isSystem(spec, image) && exports !== NOTHING)
    warnings.push({
      code: 'SYSTEM_BY_LABEL',
      message: "the image's label atomic.type makes it a system container, so its /exports say how it runs",
      hint: 'Write system: true to say that this is meant, or system: false',
    })
  if (config !== undefined && config.changes.length > 0)
    warnings.push({
      code: 'CONFIG_UPGRADED',
      message: `the image's config.json is of an old runtime specification: ${config.changes.join('; ')}`,
    })
  if (config !== undefined && spec.rootfs === 'readonly' && wantsWritableRoot(config.config))
    warnings.push({
      code: 'ROOT_READONLY',
      message: "the image's config.json counts on a root that can be written, and this one cannot",
      hint: 'Write rootfs: copy',
    })
  if (exports.hostFiles.length > 0 && spec.hostFiles === undefined && scope === 'user')
    warnings.push({
      code: 'HOST_FILES_LEFT',
      message: `${exports.hostFiles.length} files that the image has for the host are left out: this is a user's service`,
      hint: 'Write hostFiles: false to say that this is meant',
    })
  return warnings
}

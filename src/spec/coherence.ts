/** What the keys of a bundle mean together, once those of `defaults` are under them. */
import type { Layer } from './bundle.ts'
import type { Node } from './document.ts'
import { BUNDLE_DEFAULTS } from './fields.ts'
import type { Findings } from './findings.ts'
import { inheritedPath } from './inherit.ts'

/** Says which keys contradict each other. */
export function checkTogether(name: string, root: Node, merged: Layer, findings: Findings): void {
  checkHostname(name, root, merged, findings)
  checkMappings(name, root, merged, findings)
  checkSystem(name, root, merged, findings)
}

/** sethostname(2) without a uts namespace would rename the host (OCI runtime specification, config.md, `hostname`). */
function checkHostname(name: string, root: Node, merged: Layer, findings: Findings): void {
  const { hostname, namespaces = { names: BUNDLE_DEFAULTS.namespaces, paths: {} } } = merged
  const { names, paths } = namespaces
  if (hostname === undefined || (names.includes('uts') && !Object.hasOwn(paths, 'uts'))) return
  const path = inheritedPath(root, ['bundles', name, 'hostname']) ?? []
  const isOwn = path[0] === 'bundles'
  const hint = 'Add uts to namespaces, or leave hostname out'
  if (isOwn) findings.error(path, 'needs the namespace uts', { hint })
  else
    findings.error(['bundles', name, 'namespaces'], 'must hold uts, as hostname is set under defaults', {
      hint,
    })
}

/** Ids are mapped when a user namespace is made, and for users and groups alike (user_namespaces(7)). */
function checkMappings(name: string, root: Node, merged: Layer, findings: Findings): void {
  const { uidMappings, gidMappings, namespaces, portable } = merged
  const [has, lacks] =
    uidMappings === undefined ? ['gidMappings', 'uidMappings'] : ['uidMappings', 'gidMappings']
  const isWritten = inheritedPath(root, ['bundles', name, lacks!]) !== undefined
  if ((uidMappings === undefined) !== (gidMappings === undefined) && !isWritten) {
    findings.error(['bundles', name, has!], `needs ${lacks} too`, { hint: 'auto in both is usual' })
  }
  if (uidMappings === undefined && gidMappings === undefined) return
  if (namespaces !== undefined && Object.hasOwn(namespaces.paths, 'user')) {
    findings.error(['bundles', name, has!], 'cannot be set in a user namespace that is joined', {
      hint: 'Whoever made it has mapped its ids: leave the mappings out',
    })
  }
  if (portable === true) {
    findings.error(['bundles', name, has!], 'does not go with portable, which maps uid 0 alone', {
      hint: 'Leave one of the two out',
    })
  }
}

/** What is said of an image's /exports means nothing where they do not count; a service has no terminal. */
function checkSystem(name: string, root: Node, merged: Layer, findings: Findings): void {
  const { system, service, scope } = merged
  const refuse = (key: string, claim: string, hint: string) =>
    findings.error(inheritedPath(root, ['bundles', name, key]) ?? ['bundles', name, key], claim, { hint })
  for (const key of ['set', 'hostFiles'] as const) {
    if (system === false && merged[key] !== undefined && merged[key] !== false)
      refuse(
        key,
        "means nothing with system: false, which leaves the image's /exports alone",
        `Leave ${key} out`,
      )
  }
  if (merged.terminal === true && (system === true || service !== undefined))
    refuse('terminal', 'cannot be true for a service, which has no terminal', 'Leave terminal out')
  if (service?.type === 'oneshot' && (service.restart === 'always' || service.restart === 'on-success'))
    refuse('service', 'cannot be oneshot and start again when it has ended well', 'Use restart: on-failure')
  if (scope === 'user' && service?.wantedBy?.includes('multi-user.target') === true)
    refuse(
      'service',
      "is a user's, and no user has multi-user.target",
      'Leave wantedBy out: it is default.target',
    )
}

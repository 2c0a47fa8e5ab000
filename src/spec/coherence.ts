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

/** Image references: a transport that skopeo knows, and a name within it (containers-transports(5)). */
import { CtrbuildError } from '../errors.ts'
import { type Digest, parseDigest } from './digest.ts'

/** Where an image can be read from. */
export type Transport =
  | 'docker'
  | 'oci'
  | 'oci-archive'
  | 'docker-archive'
  | 'dir'
  | 'containers-storage'
  /** An image in an OSTree repository, as skopeo's former transport of that name kept it. */
  | 'ostree'

/** A parsed image reference. */
export interface Reference {
  readonly transport: Transport
  /** As it was written, without a leading `docker://`: what the lock names the image by. */
  readonly text: string
  /**
   * Registry reference without tag and digest; a file or folder for the local transports, as written; in an OSTree
   * repository the whole name with tag or digest.
   */
  readonly name: string
  readonly tag: string | undefined
  /** Absolute path of an OSTree repository; undefined for the store's own. */
  readonly repo?: string
  /** For registries only: the digest that the writer pinned the image to. */
  readonly digest: Digest | undefined
}

const LOCAL: readonly Transport[] = ['oci', 'oci-archive', 'docker-archive', 'dir']
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
/** What makes a first component a host: a dot, a port or brackets. Without them it is a part of the path, as in Docker. */
const HOST = `(?:(?=[^/]*[.:])${LABEL}(?:\\.${LABEL})*(?::[0-9]+)?|\\[[0-9a-fA-F:]+\\](?::[0-9]+)?)/`
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
/** distribution/reference: `[domain/]path[:tag][@digest]`, the path in lower case. */
const NAME = new RegExp(`^(?:${HOST})?${COMPONENT}(?:/${COMPONENT})*$`)
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/**
 * Reads a reference: `docker.io/library/redis:7`, `docker://…`, `oci:DIR:TAG`, `oci-archive:FILE[:TAG]`,
 * `docker-archive:FILE[:NAME:TAG]`, `dir:DIR`, `containers-storage:NAME[:TAG]` or `ostree:NAME[:TAG][@/REPO]`. No
 * transport means a registry.
 * @throws CtrbuildError REFERENCE_INVALID, DIGEST_INVALID
 */
export function parseReference(text: string): Reference {
  if (text.startsWith('docker://')) return registryReference('docker', text.slice('docker://'.length), text)
  if (text.startsWith('containers-storage:')) {
    return {
      ...registryReference('containers-storage', text.slice('containers-storage:'.length), text),
      text,
    }
  }
  if (text.startsWith('ostree:')) return ostreeReference(text)
  const transport = LOCAL.find(name => text.startsWith(`${name}:`))
  return transport === undefined ? registryReference('docker', text, text) : localReference(transport, text)
}

function registryReference(transport: Transport, rest: string, text: string): Reference {
  const at = rest.indexOf('@')
  const digest = at < 0 ? undefined : parseDigest(rest.slice(at + 1), `digest of ${JSON.stringify(text)}`)
  const named = at < 0 ? rest : rest.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const name = hasTag ? named.slice(0, colon) : named
  const tag = hasTag ? named.slice(colon + 1) : digest === undefined ? 'latest' : undefined
  if (!NAME.test(name) || name.length > 255)
    throw invalid(text, 'the name must be lower case, such as docker.io/library/redis:7')
  if (tag !== undefined && !TAG.test(tag))
    throw invalid(text, 'a tag has letters, digits, ".", "_" and "-" only')
  return { transport, text: rest, name, tag, digest }
}

/** The repository's path begins at the first `@/`. */
function ostreeReference(text: string): Reference {
  const [, image = '', repo] = /^ostree:(.*?)(?:@(\/.*))?$/s.exec(text)!
  const { name, tag, digest } = registryReference('ostree', image, text)
  if (repo !== undefined && /[\x00-\x1f:]/.test(repo))
    throw invalid(text, 'the path of a repository has no colon')
  const whole = digest === undefined ? `${name}:${tag}` : image
  return {
    transport: 'ostree',
    text,
    name: whole,
    tag: undefined,
    digest: undefined,
    ...(repo !== undefined && { repo }),
  }
}

function localReference(transport: Transport, text: string): Reference {
  const rest = text.slice(transport.length + 1)
  const colon = rest.indexOf(':')
  const name = colon < 0 ? rest : rest.slice(0, colon)
  const tag = colon < 0 ? undefined : rest.slice(colon + 1)
  if (name === '' || /[\x00-\x1f]/.test(text))
    throw invalid(text, `write ${transport}:PATH${transport === 'dir' ? '' : '[:TAG]'}`)
  if (transport === 'dir' && tag !== undefined) throw invalid(text, 'a dir: path has no tag and no colon')
  return { transport, text, name, tag, digest: undefined }
}

function invalid(text: string, hint: string): CtrbuildError {
  return new CtrbuildError(
    'REFERENCE_INVALID',
    `image reference ${JSON.stringify(text)} cannot be understood`,
    { hint },
  )
}

/** What skopeo's words on standard error mean: which of ctrbuild's errors, and whether to try again. */
import { CtrbuildError, type ErrorCode } from '../errors.ts'
import type { Reference } from '../oci/reference.ts'
import { printable } from '../sys/printable.ts'

/** An error in ctrbuild's words. */
export interface SkopeoFailure {
  readonly error: CtrbuildError
  /** True where another attempt may go better. */
  readonly isTemporary: boolean
  /** How many times as long to wait before it as otherwise. */
  readonly longer?: number
}

interface Rule {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly says: string
  readonly hint: string
  readonly isTemporary?: true
  readonly longer?: number
}

/** skopeo has waited as long as the registry said, several times over: coming back soon would only make it worse. */
const ASKED_TOO_OFTEN = 10

/** The first that fits counts. */
const RULES: readonly Rule[] = [
  {
    pattern: /status:? 429|429 \(?Too Many|too ?many ?requests/i,
    code: 'SOURCE_UNAVAILABLE',
    says: 'the registry is asked too often',
    hint: 'Log in for a higher limit (skopeo login REGISTRY), or run ctrbuild again later: what has arrived is kept',
    isTemporary: true,
    longer: ASKED_TOO_OFTEN,
  },
  {
    pattern: /server gave HTTP response to HTTPS client/,
    code: 'SOURCE_UNAVAILABLE',
    says: 'the registry does not speak TLS',
    hint: 'Set "insecure: true" on the image in bundles.yaml, if the network in between can be trusted',
  },
  {
    pattern: /x509: |tls: (?!handshake timeout)|certificate signed by unknown/i,
    code: 'SOURCE_UNAVAILABLE',
    says: "the registry's certificate is not trusted",
    hint: 'Add its authority to /etc/containers/certs.d, or set "insecure: true" on the image in bundles.yaml',
  },
  {
    pattern: /policy\.json|Source image rejected/,
    code: 'PROGRAM_FAILED',
    says: "the machine's signature policy does not let the image in",
    hint: 'See containers-policy.json(5); Debian has a default one in golang-github-containers-common',
  },
  {
    pattern: /no space left on device|disk quota exceeded/,
    code: 'DISK',
    says: 'there is no space for its blobs',
    hint: 'Free some space, or put the store on another file system with "store:"; nothing was changed',
  },
  {
    pattern: /: (permission denied|operation not permitted)/,
    code: 'PERMISSION',
    says: 'a file may not be read or written',
    hint: 'Check who owns the image and the store',
  },
  {
    pattern: /did not match|does not match (provided|the) manifest digest|size mismatch|invalid checksum/i,
    code: 'DIGEST_MISMATCH',
    says: 'its bytes do not have the digest they are named by',
    hint: 'The image is damaged where it is kept: push or save it again',
  },
  {
    pattern: /unauthorized|authentication required|denied|invalid username\/password|403 \(?Forbidden/i,
    code: 'REGISTRY_DENIED',
    says: 'the registry wants other credentials, or does not have it',
    hint: 'Check the name, and log in: skopeo login REGISTRY',
  },
  {
    pattern: /no such host|server misbehaving|temporary failure in name resolution/i,
    code: 'SOURCE_UNAVAILABLE',
    says: "the registry's name leads nowhere",
    hint: 'Check the name and the network',
    isTemporary: true,
  },
  {
    pattern:
      /manifest unknown|name unknown|not known to registry|not found|no descriptor found|no such file or directory|is a directory|not a directory|does not resolve to an image|identifier is not an image|no image found|blob unknown|more than one image in oci/i,
    code: 'IMAGE_NOT_FOUND',
    says: 'there is no such image',
    hint: 'Check its name and tag; a relative path counts from the folder of bundles.yaml',
  },
  {
    pattern:
      /connection (refused|reset)|timeout|timed out|deadline exceeded|no route to host|network is unreachable|broken pipe|\bEOF\b|status:? 5\d\d|50[0234] |connection closed|went away/i,
    code: 'SOURCE_UNAVAILABLE',
    says: 'the registry does not answer as it should',
    hint: 'Check the network and the registry, then run ctrbuild again: what has arrived is kept',
    isTemporary: true,
  },
]

const OTHER: Rule = {
  pattern: /^/,
  code: 'PROGRAM_FAILED',
  says: 'skopeo cannot read it',
  hint: 'Try it by hand: skopeo inspect',
}
/** A local file does not come back by waiting: what looks like a lost connection is a file cut short. */
const CUT_SHORT: Rule = {
  pattern: /^/,
  code: 'IMAGE_INVALID',
  says: 'it is damaged or cut short',
  hint: 'Save the image again',
}

/** Reads what skopeo wrote to standard error when it failed. */
export function skopeoFailure(reference: Reference, stderr: string): SkopeoFailure {
  const message = fatalMessage(stderr)
  const found = RULES.find(rule => rule.pattern.test(message)) ?? OTHER
  const rule = found.isTemporary === true && reference.transport !== 'docker' ? CUT_SHORT : found
  const error = new CtrbuildError(
    rule.code,
    `image ${reference.text}: ${rule.says}: ${printable(withoutSecrets(message))}`,
    {
      hint: rule.hint,
      cause: stderr,
    },
  )
  return {
    error,
    isTemporary: rule.isTemporary === true,
    ...(rule.longer !== undefined && { longer: rule.longer }),
  }
}

/** skopeo logs as `time="…" level=fatal msg="…"`, the message quoted as in Go. */
function fatalMessage(stderr: string): string {
  const lines = stderr.trim().split('\n')
  const last = lines.findLast(line => / level=(fatal|error) /.test(line)) ?? lines.at(-1) ?? ''
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1]
  const message = quoted === undefined ? last : quoted.replace(/\\(["\\])/g, '$1')
  return message.replace(/^Error parsing image name "[^"]*": /, '')
}

/** Registries redirect to addresses whose query is a key, and proxies are named with their passwords. */
function withoutSecrets(message: string): string {
  return message
    .replace(/(https?:\/\/[^\s"'?]*)\?[^\s"']*/g, '$1?...')
    .replace(/(https?:\/\/)[^\s"'/@]*@/g, '$1')
}

/** A registry that serves one OCI layout as the repository `app`, and fails in the ways it is told to. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'

/** Answers a request itself, giving true, or leaves it to the registry. `what` is a digest, a tag, or empty. */
export type Fault = (what: string, response: ServerResponse, content: Buffer | undefined) => boolean

export interface FaultyRegistry {
  readonly host: string
  /** Digests and tags that were asked for, with the ping as an empty one. */
  readonly asked: string[]
  /** What goes wrong from now on. */
  fault: Fault
  stop(): Promise<void>
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Serves a layout whose tags are given with the digests they stand for. */
export async function startFaultyRegistry(
  folder: string,
  tags: Record<string, string>,
): Promise<FaultyRegistry> {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const [, kind, what = ''] = /^\/v2\/app\/(manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? []
    asked.push(what)
    const digest = tags[what] ?? what
    const path = join(folder, 'blobs', digest.replace(':', '/'))
    const content = what === '' ? Buffer.from('{}') : await readFile(path).catch(() => undefined)
    if (registry.fault(what, response, content)) return
    if (content === undefined) {
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    } else {
      const type = kind === 'manifests' ? MANIFEST : 'application/octet-stream'
      response.writeHead(200, { 'content-type': type, 'content-length': content.length }).end(content)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const registry: FaultyRegistry = {
    host: `127.0.0.1:${typeof address === 'object' && address?.port}`,
    asked,
    fault: () => false,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return registry
}

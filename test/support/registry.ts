/** A registry of our own: Debian's docker-registry on a free port of this machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A running registry. */
export interface Registry {
  /** `127.0.0.1:PORT`, to put before a repository's name. */
  readonly host: string
  /** What was asked of it so far, such as `GET /v2/a/blobs/sha256:...`; from its access log. */
  requests(): Promise<readonly string[]>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** Starts a registry, and waits until it answers. */
export async function startRegistry(): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-'))
  const host = `127.0.0.1:${await freePort()}`
  await writeFile(join(folder, 'config.yml'), configuration(folder, host))
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  // The log lags behind the answers: a request of our own, once it is there, has all earlier ones before it.
  let marks = 0
  child.stdout.on('data', chunk => {
    log += chunk
  })
  child.stderr.resume()
  const exited = once(child, 'exit')
  await Promise.race([
    untilItAnswers(host),
    exited.then(() => Promise.reject(new Error('docker-registry ended'))),
  ])
  return {
    host,
    async requests() {
      const mark = `/v2/mark${marks++}/tags/list`
      while (!log.includes(mark)) await Promise.all([fetch(`http://${host}${mark}`), sleep(10)])
      return [...log.matchAll(/"([A-Z]+ \/v2\/\S*) HTTP/g)].map(match => match[1]!)
    },
    async stop() {
      child.kill()
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function configuration(folder: string, host: string): string {
  return `version: 0.1
log: { level: error, accesslog: { disabled: false } }
storage: { filesystem: { rootdirectory: ${folder}/data } }
http: { addr: ${host}, secret: test }
`
}

async function untilItAnswers(host: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const response = await fetch(`http://${host}/v2/`).catch(() => undefined)
    if (response?.ok) return
    await sleep(50)
  }
  throw new Error('docker-registry does not answer')
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

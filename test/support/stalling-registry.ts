/** A registry that stops in the middle of one blob or manifest, until it is told to go on. */
import type { ServerResponse } from 'node:http'
import { type FaultyRegistry, startFaultyRegistry } from './faulty-registry.ts'
import type { BuiltImage } from './image.ts'
import type { Project } from './project.ts'
import { until } from './running.ts'

export interface StallingRegistry extends Pick<FaultyRegistry, 'host' | 'stop'> {
  /** Text of a bundles.yaml with one bundle, `one`, of the image. */
  readonly spec: string
  /** From now on the next `times` answers to a question for a digest or a tag are begun only. */
  stall(what: string, times?: number): void
  /** Waits until an answer was begun. */
  stalled(): Promise<void>
  /** Ends all answers that were begun, and begins no more. */
  release(): void
}

/** Serves an image of a project's layout as `app:1`. */
export async function startStallingRegistry(project: Project, image: BuiltImage): Promise<StallingRegistry> {
  const registry = await startFaultyRegistry(project.layout.folder, { '1': image.manifest.digest })
  const begun: (() => void)[] = []
  let left = 0
  const begin = (response: ServerResponse, content: Buffer) => {
    const half = content.length >> 1
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, half))
    begun.push(() => response.end(content.subarray(half)))
    return true
  }
  return {
    host: registry.host,
    spec: `images:\n  app: { image: '${registry.host}/app:1', insecure: true }\nbundles:\n  one: { image: app }\n`,
    stall(what, times = 1) {
      left = times
      registry.fault = (asked, response, content) =>
        asked === what && content !== undefined && left-- > 0 && begin(response, content)
    },
    stalled: () => until(() => begun.length > 0),
    release() {
      left = 0
      for (const end of begun.splice(0)) end()
    },
    stop: registry.stop,
  }
}

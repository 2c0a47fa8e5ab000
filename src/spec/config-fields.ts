/** The keys of a bundle that reach into config.json itself: annotations, hooks, a file to start from, a last word. */
import * as z from 'zod'
import { hostFile } from './host-file.ts'
import { becomes, RUNC_CRUN } from './meta.ts'
import { must } from './rule.ts'
import type { Hook, HookPoint } from './settings.ts'

const hook = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/[^\x00]*$/, must('be an absolute path'))
      .describe('Program to start: on the host, but for startContainer in the container.'),
    args: z.array(z.string()).min(1).describe('Its arguments, beginning with what it is called.').optional(),
    env: z
      .record(z.string().regex(/^[^=]+$/, must('not be empty and not hold "="')), z.string())
      .describe('Its whole environment.')
      .optional(),
    timeout: z.int().min(1).describe('Seconds it may take.').optional(),
  })
  .transform((written): Hook => written as Hook)

const POINTS: Readonly<Record<HookPoint, string>> = {
  prestart: 'Before the process starts, on the host; createRuntime is what replaced it.',
  createRuntime: 'When the container is made, on the host.',
  createContainer:
    "When the container is made, in its mount namespace and before its root is the container's.",
  startContainer: 'Before the process starts, in the container.',
  poststart: 'After the process has started, on the host.',
  poststop: 'After the container is gone, on the host.',
}

const points = Object.fromEntries(
  Object.entries(POINTS).map(([point, meaning]) => [point, z.array(hook).describe(meaning).optional()]),
)

/** Annotations, hooks, and config.json by hand. */
export const configFields = {
  annotations: z
    .record(
      z.string().min(1, must('not be empty')),
      z.string(),
      must('be a mapping', 'Write each one as NAME: TEXT'),
    )
    .meta(becomes('annotations'))
    .describe(
      "What is said about the container, over the image's labels. Some steer a runtime, such as run.oci.* for crun.",
    ),
  hooks: z
    .strictObject(points)
    .meta(becomes('hooks', RUNC_CRUN))
    .transform(written => written as Readonly<Partial<Record<HookPoint, readonly Hook[]>>>)
    .describe(
      'Programs that the runtime starts on the way, as the user who runs the bundle. Each gets the state of the container as JSON on its standard input, and has to read it.',
    ),
  configTemplate: hostFile
    .meta(becomes('any member'))
    .describe(
      "JSON file to start from, for what has no key. Over ctrbuild's defaults and under what the image and the bundle say; namespaces, id mappings and root are never taken from it.",
    ),
  configPatch: z
    .record(z.string(), z.unknown(), must('be a mapping'))
    .meta(becomes('any member'))
    .describe(
      'The last word on config.json: a JSON merge patch (RFC 7396). Mappings are merged, null removes a member, anything else replaces one.',
    ),
}

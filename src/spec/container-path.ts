/** Paths inside a container, as they are written in bundles.yaml. */
import * as z from 'zod'
import { must } from './rule.ts'

/** PATH_MAX with its closing NUL (limits.h). */
const MAX_LENGTH = 4095
const HINT = 'It begins with "/" and has no ".." and no control characters'

/** An absolute path without `..`; comes out without `.`, doubled slashes and a slash at the end. */
export const containerPath = z
  .string()
  .regex(/^\/(?!(?:.*\/)?\.\.(?:\/|$))[^\x00-\x1f\x7f]*$/, must('be an absolute path', HINT))
  .max(MAX_LENGTH, must(`be a path of at most ${MAX_LENGTH} characters`))
  .transform(normalise)

/** Where something can be mounted: any such path but the root itself. */
export const mountTarget = containerPath.refine(
  path => path !== '/',
  must('be below "/"', 'To change "/", use "rootfs"'),
)

function normalise(path: string): string {
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  return `/${parts.join('/')}`
}

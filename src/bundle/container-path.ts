/** Paths inside a container, as texts: absolute, without `.`, `..`, doubled or trailing slashes. */
import { posix } from 'node:path'

/**
 * The path that an image or a person wrote, from the root: a relative one starts there too, and `..` stops there.
 * Undefined for what no Linux container has: a NUL, or a drive letter.
 */
export function tryContainerPath(written: string): string | undefined {
  if (written.includes('\0') || /^[A-Za-z]:[\\/]/.test(written)) return undefined
  const path = posix.normalize(`/${written}`)
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** True for `folder` itself and for everything below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`)
}

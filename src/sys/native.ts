/** The native module for locks and extended attributes, loaded when first used. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The part of fs-native-extensions that is used; all of it throws errors with an errno's name as `code`. */
export interface NativeFs {
  /** F_OFD_SETLK on a range (length 0: to the end); false where another holds it. */
  tryLock(fd: number, offset: number, length: number, options: { readonly shared: boolean }): boolean
  /** Null where there is no such attribute. */
  getAttrSync(fd: number, name: string): Buffer | null
  setAttrSync(fd: number, name: string, value: Buffer): void
  listAttrsSync(fd: number): string[]
}

let loaded: NativeFs | undefined

/** The module, loaded once for each thread. */
export function nativeFs(): NativeFs {
  loaded ??= loadNative()
  return loaded
}

/** Looking for the binary of this machine, as the package does, takes five times as long as loading it: it is known where it lies. */
function loadNative(): NativeFs {
  const require = createRequire(import.meta.url)
  try {
    const binding = require.resolve('fs-native-extensions/binding.js')
    const host = `${process.platform}-${process.arch}`
    const binary = join(dirname(binding), 'prebuilds', host, 'fs-native-extensions.node')
    require(binary)
    require.cache[binding] = require.cache[binary]
  } catch {
    // Not where it is today: the package finds it, or says why not.
  }
  return require('fs-native-extensions') as NativeFs
}

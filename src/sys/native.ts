/** The native module for locks and extended attributes, loaded when first used: loading it takes 20 ms. */
import { createRequire } from 'node:module'

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
  loaded ??= createRequire(import.meta.url)('fs-native-extensions') as NativeFs
  return loaded
}

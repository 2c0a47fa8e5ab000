import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { nativeFs } from '../../src/sys/native.ts'

test('the binary is loaded from where it lies, and not looked for', () => {
  const require = createRequire(import.meta.url)
  expect(nativeFs()).toBe(require('fs-native-extensions'))
  const loaded = Object.keys(require.cache)
  expect(loaded.filter(path => path.endsWith('fs-native-extensions.node'))).toHaveLength(1)
  expect(loaded.filter(path => path.includes('require-addon'))).toEqual([])
})

/** Folders for one test file, gone when it ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Makes an empty folder. To be called while the test file loads, outside of its tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ctrbuild-test-'))
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return folder
}

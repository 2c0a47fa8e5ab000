/** A folder beside the bundles that no image may touch. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { fingerprint } from '../support/intact.ts'
import type { Project } from '../support/project.ts'

/** Makes the folder, with files that images aim at, and gives its absolute path. */
export async function makeVictim({ folder }: Project): Promise<string> {
  const victim = join(folder, 'victim')
  await mkdir(join(victim, 'etc'), { recursive: true })
  for (const name of ['secret', 'etc/passwd']) await writeFile(join(victim, name), `${name} of the host`)
  return victim
}

/** Makes the folder, and gives a check that everything about it is as it was. */
export async function setCanary(project: Project): Promise<() => Promise<void>> {
  const victim = await makeVictim(project)
  const before = await fingerprint(victim, project)
  if (!before.includes(`${victim}/etc/passwd f`)) throw new Error(`the folder is not looked at: ${before}`)
  return async () => expect(await fingerprint(victim, project)).toBe(before)
}

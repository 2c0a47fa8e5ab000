/** Which of the tools that tests use are there. A missing one skips its tests visibly, or fails them on request. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Skips the test when a program is not installed; with REQUIRE_TOOLS=1 it goes on, and fails. */
export function needs(ctx: { skip: (note?: string) => void }, ...programs: string[]): void {
  for (const program of programs) {
    if (!isInstalled(program) && process.env.REQUIRE_TOOLS !== '1') ctx.skip(`${program} is not installed`)
  }
}

/** Skips the test for a plain user, visibly. */
export function needsRoot(ctx: { skip: (note?: string) => void }): void {
  if (process.getuid!() !== 0) ctx.skip('this is for root')
}

/** Whether a program can be run by its name. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

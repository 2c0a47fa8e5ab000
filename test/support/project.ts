/** A project as a user has it: a folder with bundles.yaml and images, and the built program run on it. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { temporaryFolder } from './folder.ts'
import { type Layout, newLayout } from './image.ts'

/** The program as `make build` leaves it, or another build of it. */
export const PROGRAM =
  process.env.CTRBUILD_PROGRAM ?? fileURLToPath(new URL('../../dist/ctrbuild.js', import.meta.url))

/** How a run of the program ended. */
export interface Ended {
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A folder that ctrbuild is run in. */
export interface Project {
  readonly folder: string
  /** An OCI layout at `images` in the folder. */
  readonly layout: Layout
  /** Writes bundles.yaml: the header, and `body`. */
  write(body: string): Promise<void>
  /** Runs `ctrbuild ARGS`. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>
  /** Starts `ctrbuild ARGS` and does not wait. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ReturnType<typeof spawn>
  /** Runs another program in the folder, as on a machine that is not CI's. */
  tool(program: string, ...args: string[]): Promise<Ended>
  /** The same project with everything run by another program, such as `prlimit --nofile=64`, or as another user. */
  through(...prefix: string[]): Project
}

/** A new project in a folder of its own. */
export async function newProject(folder?: string): Promise<Project> {
  if (!existsSync(PROGRAM)) throw new Error('run "make build" first: there is no dist/ctrbuild.js')
  const at = folder ?? (await temporaryFolder())
  return projectIn(at, await newLayout(join(at, 'images')), [])
}

function projectIn(at: string, layout: Layout, prefix: readonly string[]): Project {
  const argv = (program: string, args: readonly string[]) =>
    [...prefix, program, ...args] as [string, ...string[]]
  const options = { cwd: at, reject: false, stripFinalNewline: false, stdin: 'ignore' } as const
  const clean = { CI: '', NO_COLOR: '1' }
  return {
    folder: at,
    layout,
    write: body => writeFile(join(at, 'bundles.yaml'), `apiVersion: ctrbuild/v1\nkind: Bundles\n${body}`),
    async run(args, env = {}) {
      const [first, ...rest] = argv(process.execPath, [PROGRAM, ...args])
      const { exitCode, stdout, stderr } = await execa(first, rest, { ...options, env: { ...clean, ...env } })
      return { status: exitCode, stdout, stderr }
    },
    start(args, env = {}) {
      const [first, ...rest] = argv(process.execPath, [PROGRAM, ...args])
      return spawn(first, rest, { cwd: at, env: { ...process.env, ...clean, ...env } })
    },
    async tool(program, ...args) {
      const [first, ...rest] = argv(program, args)
      const { exitCode, stdout, stderr } = await execa(first, rest, { ...options, env: clean })
      return { status: exitCode, stdout, stderr }
    },
    through: (...more) => projectIn(at, layout, [...prefix, ...more]),
  }
}

/** The keys of a bundle that say what its process is. */
import * as z from 'zod'
import { capabilities } from './capabilities.ts'
import { containerPath } from './container-path.ts'
import { hostFile } from './host-file.ts'
import { becomes, RUNC_CRUN } from './meta.ts'
import { rlimits } from './rlimits.ts'
import { must, oneLine } from './rule.ts'
import type { Settings } from './settings.ts'
import { GROUP, hasPossibleIds, MAX_ID, USER } from './user.ts'

/** What counts for a bundle that says nothing. */
export const PROCESS_DEFAULTS = { terminal: false } as const

type Selinux = NonNullable<Settings['selinux']>

const variableName = z.string().regex(/^[^=]+$/, must('not be empty and not hold "="'))

/** What the process runs, and as whom. */
export const processFields = {
  args: z
    .array(z.string(), must('be a list', 'For example: [redis-server, --save, ""]'))
    .min(1, must('not be empty', "Leave it out to run the image's own program"))
    .refine(args => args[0] !== '', must('begin with the name of a program'))
    .meta(becomes('process.args'))
    .describe("Program and arguments. Without it: the image's Entrypoint and Cmd."),
  env: z
    .record(variableName, z.string(), must('be a mapping', 'Write each variable as NAME: value'))
    .meta(becomes('process.env'))
    .describe(
      "Environment variables, over the image's own and those of envFile. Values are texts: numbers go in quotes.",
    ),
  envFile: z
    .array(hostFile, must('be a list', 'For example: [./app.env]'))
    .meta(becomes('process.env'))
    .describe(
      "Files of environment variables, over the image's own; a later file counts over an earlier one. See below.",
    ),
  cwd: containerPath
    .meta(becomes('process.cwd'))
    .describe("Working directory: an absolute path in the container. Without it: the image's."),
  user: z
    .union([
      z.int().min(0).max(MAX_ID).transform(String),
      z
        .string()
        .regex(USER, must('be a user or a uid, perhaps with ":" and a group or gid'))
        .refine(hasPossibleIds, must(`be a user with ids of at most ${MAX_ID}`)),
    ])
    .meta(becomes('process.user.uid, gid, additionalGids'))
    .describe(
      "Who the process runs as: name or uid, perhaps :group or :gid, looked up in the image. Without it: the image's.",
    ),
  groups: z
    .array(
      z.union([
        z.int().min(0).max(MAX_ID).transform(String),
        z
          .string()
          .regex(GROUP, must('be a group or a gid'))
          .refine(hasPossibleIds, must(`be a gid of at most ${MAX_ID}`)),
      ]),
    )
    .meta(becomes('process.user.additionalGids', ['runc', 'crun', 'bwrap']))
    .describe(
      "Further groups: names or gids, looked up in the image. Added to those that the image's /etc/group gives the user.",
    ),
  umask: z
    .string()
    .regex(/^0?[0-7]{3}$/, must('be permission bits in octal, such as "0022"'))
    .meta(becomes('process.user.umask', RUNC_CRUN))
    .transform(text => Number.parseInt(text, 8))
    .describe(
      'Permission bits that new files do not get, octal, in quotes. Without it: what the runtime has.',
    ),
  terminal: z
    .boolean()
    .meta({ default: PROCESS_DEFAULTS.terminal, ...becomes('process.terminal', RUNC_CRUN) })
    .describe('Give the process a terminal of its own.'),
}

/** What the process may do. */
export const rightsFields = {
  capabilities,
  noNewPrivileges: z
    .boolean()
    .meta({ default: true, ...becomes('process.noNewPrivileges') })
    .describe('setuid programs and file capabilities give no further rights.'),
  rlimits,
  oomScoreAdj: z
    .int()
    .min(-1000)
    .max(1000)
    .meta(becomes('process.oomScoreAdj', RUNC_CRUN))
    .describe(
      'How early the process is killed when memory runs out, from -1000 (never) to 1000 (first). Only root may make it less.',
    ),
  apparmor: z
    .string()
    .regex(oneLine, must('be the name of a profile'))
    .meta(becomes('process.apparmorProfile', RUNC_CRUN))
    .describe('AppArmor profile of the process; it has to be loaded on the host.'),
  selinux: z
    .union([
      z
        .string()
        .regex(oneLine, must('be a label'))
        .transform((process): Selinux => ({ process })),
      z
        .strictObject({
          process: z.string().regex(oneLine, must('be a label')).describe('Label of the process.').optional(),
          mount: z.string().regex(oneLine, must('be a label')).describe('Label of its mounts.').optional(),
        })
        .transform((labels): Selinux => labels as Selinux),
    ])
    .meta(becomes('process.selinuxLabel, linux.mountLabel', ['runc', 'crun', 'bwrap-oci', 'bwrap']))
    .describe(
      'SELinux label of the process, or { process, mount } with one for the mounts too. The host must have SELinux.',
    ),
}

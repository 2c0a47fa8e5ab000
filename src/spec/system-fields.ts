/** The keys that make a service of a bundle, and those that say what an image's /exports is to become. */
import * as z from 'zod'
import { must, oneLine } from './rule.ts'
import type { ServiceSpec } from './settings.ts'

/** What counts where `service` leaves it out. */
export const SERVICE_DEFAULTS = { type: 'simple', restart: 'on-failure', enable: true } as const

/** Variables of /exports that follow from the bundle: nobody sets them. */
export const FIXED_VARIABLES: readonly string[] = [
  'DESTDIR',
  'NAME',
  'IMAGE_NAME',
  'IMAGE_ID',
  'HOST_UID',
  'HOST_GID',
  'EXEC_START',
  'EXEC_STOP',
  'EXEC_STARTPRE',
  'EXEC_STOPPOST',
]

/** A unit's name (systemd.unit(5), "Description"). */
const UNIT =
  /^[A-Za-z0-9:_.\\@-]{1,240}\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/
const SPAN = /^(?:infinity|\d+(?:\.\d+)?(?:us|ms|s|min|h|d)?(?: \d+(?:\.\d+)?(?:us|ms|s|min|h|d))*)$/

const units = z.array(
  z.string().regex(UNIT, must('be the name of a unit', 'With its kind, for example docker.service')),
)
const span = z
  .union([z.int().min(0).transform(String), z.string()])
  .refine(text => SPAN.test(text), must('be a span of time', 'For example 30s, 2min or infinity'))

const service = z
  .strictObject({
    description: z
      .string()
      .regex(oneLine, must('be one line of text'))
      .describe("What it is, in a few words. Without it: the image's title, or the bundle's name.")
      .optional(),
    before: units.describe('Units that start after this one, such as docker.service.').optional(),
    after: units.describe('Units that this one starts after.').optional(),
    wants: units.describe('Units that are started with this one.').optional(),
    requires: units.describe('Units without which this one does not run.').optional(),
    wantedBy: units
      .describe(
        'Units that start this one, once it is enabled. Without it: multi-user.target, for a user default.target.',
      )
      .optional(),
    type: z
      .enum(['simple', 'exec', 'notify', 'oneshot'])
      .meta({ default: SERVICE_DEFAULTS.type })
      .describe('When it counts as started. notify: when the program says so (sd_notify(3)).')
      .optional(),
    restart: z
      .enum(['no', 'on-success', 'on-failure', 'on-abnormal', 'on-abort', 'on-watchdog', 'always'])
      .meta({ default: SERVICE_DEFAULTS.restart })
      .describe('When systemd starts it again.')
      .optional(),
    restartSec: span.describe('How long it waits before that.').optional(),
    timeoutStart: span.describe('How long it may take to start.').optional(),
    timeoutStop: span.describe('How long it may take to stop.').optional(),
    enable: z
      .boolean()
      .meta({ default: SERVICE_DEFAULTS.enable })
      .describe('Start it with the machine, or with the session of the user.')
      .optional(),
  })
  .transform(written => written as ServiceSpec)

const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, must('have letters, digits and "_", and no digit first'))
  .refine(
    name => !FIXED_VARIABLES.includes(name),
    must('not be a variable that follows from the bundle', `Those are ${FIXED_VARIABLES.join(', ')}`),
  )

/** A line of tmpfiles.d(5): a type, a path, and what may follow. */
const TMPFILE = /^[a-zA-Z][-+!=~^]* (?:\/|%[a-zA-Z]|"(?:\/|%))[^\x00-\x1f\x7f]*$/

/** A bundle as a service of systemd. */
export const systemFields = {
  system: z
    .boolean()
    .describe(
      "The image is a system container: its /exports say how it runs. Without it: true where the image's label atomic.type is system.",
    ),
  scope: z
    .enum(['system', 'user'])
    .describe(
      "Whose service it is: the machine's, or that of the user who applies. Without it: the machine's for root, else the user's.",
    ),
  set: z
    .record(variable, z.string(), must('be a mapping', 'Write each variable as NAME: value'))
    .describe(
      "Variables of the image's templates, over the image's own values. Values are texts: numbers go in quotes.",
    ),
  service: service.describe(
    "Make a service of the bundle, whatever its image says; over the image's own unit where it has one.",
  ),
  tmpfiles: z
    .array(
      z.string().regex(TMPFILE, must('be a line of tmpfiles.d(5)', 'For example: d /var/lib/app 0700 - - -')),
      must('be a list', 'For example: [d /var/lib/app 0700 - - -]'),
    )
    .describe('Files and folders that the machine makes when it starts: lines as in tmpfiles.d(5).'),
  hostFiles: z
    .boolean()
    .describe(
      'Whether "ctrbuild install" puts what the image has in /exports/hostfs on the host. Without it: yes, but not in the scope user.',
    ),
}

/** `ctrbuild init`: a bundles.yaml to begin with, and its schema beside it for editors. */
import { writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CtrbuildError, isErrno } from '../errors.ts'
import { diskError } from '../sys/failure.ts'
import type { CommandOptions, Surroundings } from './context.ts'
import { schemaText } from './schema.ts'

const SCHEMA = 'bundles.schema.json'

const STARTER = `# yaml-language-server: $schema=${SCHEMA}
apiVersion: ctrbuild/v1
kind: Bundles

# Images, each on a line of its own, where "ctrbuild lock" and update bots find them.
images:
  redis:
    image: library/redis:7-alpine

# What counts for every bundle that says nothing else.
defaults:
  env: { TZ: UTC }

bundles:
  redis:
    image: redis
    args: [redis-server, --save, ""]
    mounts:
      - { type: volume, source: data, target: /data } # outlives every generation
`

/**
 * Writes the two files; a schema that is there stays.
 * @throws CtrbuildError SPEC_EXISTS; DISK, PERMISSION
 */
export async function init(options: CommandOptions, { cwd, stdout }: Surroundings): Promise<number> {
  const path = resolve(cwd, options.file)
  if (!wrote(path, STARTER)) {
    throw new CtrbuildError('SPEC_EXISTS', `${options.file} is there already`, {
      hint: 'Name another file with --file, or move it away',
    })
  }
  wrote(join(dirname(path), SCHEMA), schemaText('bundles'))
  stdout.write(`${options.file} is written, and ${SCHEMA} for editors.\n\n${NEXT}`)
  return 0
}

const NEXT = `Next:
  ctrbuild validate    what it says is right
  ctrbuild lock        what its tags mean: commit bundles.lock.json too
  ctrbuild plan        what would change here
  ctrbuild apply       do it
Keep ".ctrbuild/" and "out/" out of version control.
`

/** Writes a new file; false where something of that name is there. */
function wrote(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw diskError(error, `cannot write ${path}`)
  }
}

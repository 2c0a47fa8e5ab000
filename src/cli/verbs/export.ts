/** `ctrbuild export` on the command line. */
import type { ExportOptions } from '../../commands/export.ts'
import { EXPORT_FORMATS } from '../../commands/export-formats.ts'
import { usage } from '../../commands/usage.ts'
import { commonOptions, durationOf, LOCK_TIMEOUT, once, TEXT } from '../flags.ts'
import { verb } from '../verb.ts'

export const exportVerb = verb({
  command: 'export <name>',
  summary: 'Write a bundle in a form that other programs take',
  examples: [
    'ctrbuild export redis --format tar --output redis.tar',
    'ctrbuild export redis --format tar | ssh host tar -xf - --xattrs -C /srv/redis',
    'ctrbuild export redis --format oci --output images/redis',
    'ctrbuild export redis --format portable --output /var/lib/portables/redis',
    'ctrbuild export redis --format k8s-pod --image registry.example/redis:1',
  ],
  positionals: { name: { type: 'string', demandOption: true, desc: 'The bundle' } },
  flags: () => ({
    format: { choices: EXPORT_FORMATS, demandOption: true, desc: 'What to write' },
    output: { ...TEXT, alias: 'o', desc: 'File or folder to write; standard output' },
    image: { ...TEXT, desc: 'What the image of a k8s-pod is called; localhost/NAME:latest' },
    generation: { ...TEXT, desc: 'Its number; the current one' },
    'lock-timeout': LOCK_TIMEOUT,
  }),
  choose(given) {
    const generation = once('generation', given.generation)
    if (generation !== undefined && !/^[1-9]\d{0,8}$/.test(generation))
      throw usage(`${JSON.stringify(generation)} is not a generation`)
    const options: ExportOptions = {
      ...commonOptions(given),
      name: given.name,
      format: once('format', given.format),
      output: once('output', given.output),
      image: once('image', given.image),
      generation: generation === undefined ? undefined : Number(generation),
      lockTimeout: durationOf('lock-timeout', given['lock-timeout']),
    }
    return { options, run: async s => (await import('../../commands/export.ts')).exportBundle(options, s) }
  },
})

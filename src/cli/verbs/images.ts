/** `ctrbuild images` on the command line. */
import type { ImagesOptions } from '../../commands/images.ts'
import { commonOptions, JSON_FLAG, once } from '../flags.ts'
import { verb } from '../verb.ts'

export const images = verb({
  command: 'images',
  summary: 'Show the images that the store has by name',
  examples: ['ctrbuild images', 'ctrbuild images --json'],
  flags: () => ({ json: JSON_FLAG }),
  choose(given) {
    const options: ImagesOptions = { ...commonOptions(given), json: once('json', given.json) }
    return { options, run: async s => (await import('../../commands/images.ts')).images(options, s) }
  },
})

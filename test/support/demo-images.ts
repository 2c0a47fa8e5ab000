/** The demo's images, made of Debian's packages: made once, and by one test at a time. */
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { needs } from './programs.ts'

const SCRIPT = fileURLToPath(new URL('../../examples/demo/make-images.sh', import.meta.url))
const LAYOUT = fileURLToPath(new URL('../../examples/images', import.meta.url))

/** The OCI layout with busybox, redis, nginx and etcd. The script does nothing while nothing has changed. */
export async function demoImages(ctx: Parameters<typeof needs>[0]): Promise<string> {
  needs(ctx, 'apt-get', 'dpkg-deb', 'flock')
  await execa('flock', [SCRIPT, SCRIPT, LAYOUT])
  return LAYOUT
}

/** What package.json says this version is. */
import { readFileSync } from 'node:fs'

/** Both src and dist lie beside it. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Such as `1.2.3`. */
export const VERSION = version

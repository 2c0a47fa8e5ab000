/** What the rpm program says of its database. */
import type { Package } from './types.ts'

/** Prints one package a line, for `rpm --query --queryformat`. */
export const RPM_FORMAT = '%{NAME}\\t%{ARCH}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n'

/** Reads what was printed by `RPM_FORMAT`. An epoch of 0 is left out of the version, as people write it. */
export function parseRpm(text: string): Package[] {
  return text.split('\n').flatMap(line => {
    const [name, architecture, version] = line.split('\t')
    if (!name || !version) return []
    return [
      {
        manager: 'rpm',
        name,
        version: version.replace(/^0:/, ''),
        architecture: architecture === '(none)' ? '' : (architecture ?? ''),
      },
    ]
  })
}

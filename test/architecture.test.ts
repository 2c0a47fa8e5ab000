/** The borders that ARCHITECTURE.md draws, as tests. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const SRC = fileURLToPath(new URL('../src', import.meta.url))

/** What each folder may import from, beside itself and errors.ts. */
const CORE = ['oci', 'tree', 'packages', 'spec', 'lock', 'system', 'bundle', 'plan', 'export', 'atomic']
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  oci: ['tree'],
  tree: ['oci'],
  packages: [],
  spec: ['oci', 'tree'],
  lock: ['oci', 'tree', 'spec'],
  system: ['oci', 'tree', 'spec', 'lock'],
  bundle: ['oci', 'tree', 'spec', 'lock', 'system'],
  plan: ['oci', 'tree', 'packages', 'spec', 'lock', 'system', 'bundle'],
  export: ['oci', 'tree', 'spec', 'bundle', 'plan'],
  atomic: ['oci', 'tree', 'spec'],
  sys: ['tree'],
  report: [...CORE, 'apply', 'sys'],
  source: [...CORE, 'sys'],
  ostree: [...CORE, 'sys'],
  apply: [...CORE, 'sys', 'ostree', 'source', 'report'],
  install: [...CORE, 'sys', 'apply'],
  commands: [...CORE, 'sys', 'ostree', 'source', 'report', 'apply', 'install'],
  cli: ['commands', 'report', 'sys'],
}

interface Source {
  readonly path: string
  readonly folder: string
  readonly text: string
  readonly imports: readonly { readonly from: string; readonly isType: boolean }[]
}

const sources: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .sort()
  .map(path => {
    const text = readFileSync(join(SRC, path), 'utf8')
    const imports = [...text.matchAll(/^(import|export)( type)? [^;]*?from '([^']+)'/gms)]
    return {
      path,
      folder: path.includes('/') ? path.split('/')[0]! : '',
      text,
      imports: imports.map(match => ({ from: match[3]!, isType: match[2] !== undefined })),
    }
  })

function targetFolder(source: Source, from: string): string {
  const path = normalize(join(dirname(source.path), from))
  return path.includes('/') ? path.split('/')[0]! : ''
}

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(50)
})

describe.each(Object.entries(MAY_IMPORT))('%s', (folder, allowed) => {
  test('imports only what it may', () => {
    const wrong = sources
      .filter(source => source.folder === folder)
      .flatMap(source =>
        source.imports
          .filter(({ from }) => from.startsWith('.'))
          .map(({ from, isType }) => ({ source, from, isType })),
      )
      // A type leaves nothing behind; values of the shell must not enter the core.
      .filter(
        ({ source, from, isType }) =>
          !isType && ![folder, '', ...allowed].includes(targetFolder(source, from)),
      )
    expect(wrong.map(({ source, from }) => `${source.path} imports ${from}`)).toEqual([])
  })
})

describe('the core', () => {
  const core = sources.filter(source => CORE.includes(source.folder))
  test.each(['node:fs', 'node:child_process', 'node:os', 'node:worker_threads', 'execa', 'cacache'])(
    'does not import %s',
    name => {
      const wrong = core.filter(({ imports }) =>
        imports.some(({ from }) => from === name || from.startsWith(`${name}/`)),
      )
      expect(wrong.map(({ path }) => path)).toEqual([])
    },
  )

  test.each([
    /(?<![.\w`'])process\.(env|cwd|platform|arch|getuid|argv)/,
    /\bDate\.now\b|\bnew Date\(\)/,
    /\bMath\.random\b/,
  ])('has no %s', pattern => {
    expect(core.filter(({ text }) => pattern.test(text)).map(({ path }) => path)).toEqual([])
  })
})

describe('every file', () => {
  test('begins with a comment that says what it is for', () => {
    const wrong = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('has at most 250 lines', () => {
    const wrong = sources.filter(({ text }) => text.split('\n').length > 251)
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('has named exports only, and exports nothing of others', () => {
    const wrong = sources.filter(({ text }) => /^export default|^export (type )?[{*][^\n]* from/m.test(text))
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('has a name that means something', () => {
    expect(
      sources.filter(({ path }) => /util|helper|manager|misc|common/i.test(path)).map(({ path }) => path),
    ).toEqual([])
  })
})

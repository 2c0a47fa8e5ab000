/** The canonical form of bundles.yaml. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { formatSpec } from '../../src/spec/format/format.ts'

function formatted(text: string): string {
  const result = formatSpec(text, 'f')
  return result.ok ? result.text : result.problems.map(problem => problem.message).join('\n')
}

test('keys in order, images on lines of their own, everything else as it is', () => {
  const text = `# head

kind: Bundles   # what it is
apiVersion: ctrbuild/v1
bundles:
    one: {runtimes: [runc], "image": 'a', env: {B: "2", A: 0777}} # the first
    # about two
    two:
        mounts:
        - {target: /tmp, type: tmpfs}
        -   target: /data
            type: volume
            source: data
        image:   # why
            "b"

        # in two
    # in bundles
# about images
images: { a: { insecure: true, image: "x.test/i:1" }, # one
    # another
    b: { image: x.test/j@sha256:${'ab'.repeat(32)} } }


# the end
`
  expect(formatted(text)).toMatchInlineSnapshot(`
    "# head

    apiVersion: ctrbuild/v1
    kind: Bundles # what it is
    # about images
    images:
      a: # one
        image: x.test/i:1
        insecure: true
      # another
      b:
        image: x.test/j@sha256:abababababababababababababababababababababababababababababababab
    bundles:
      one: # the first
        image: a
        env: {B: "2", A: 0777}
        runtimes: [runc]
      # about two
      two:
        image: b # why
        mounts:
          - {target: /tmp, type: tmpfs}
          - type: volume
            source: data
            target: /data

        # in two
      # in bundles

    # the end
    "
  `)
})

test('texts over several lines keep their lines', () => {
  const text = `bundles:
    b:
        args:
        - |
            two
              lines

        - >+ # kept
            folded

        - "over
            lines"
        image: a
`
  expect(formatted(text)).toMatchInlineSnapshot(`
    "bundles:
      b:
        image: a
        args:
          - |
              two
                lines

          - >+ # kept
              folded

          - "over
              lines"
    "
  `)
})

test.each([
  [
    'a list beside a list',
    'a:\n- - x # 1\n  - y\n- # 2\n  # 3\n  - z\n',
    'a:\n  - - x # 1\n    - y\n  # 2\n  # 3\n  - - z\n',
  ],
  [
    'a quoted image that is no text without quotes',
    'images: {a: {image: "1"}}',
    'images:\n  a:\n    image: "1"\n',
  ],
  ['nothing after a key', 'bundles:\n  a:\n      # to do\n  b:\n', 'bundles:\n  a: # to do\n  b:\n'],
  ['empty lines', '\n\napiVersion: x\n\n\n\nkind: y\n\n\n', 'apiVersion: x\n\nkind: y\n'],
  ['a marked document', '# a\n---\n# b\nkind: y\n', '# a\n---\n# b\nkind: y\n'],
  ['a mark in front', '\ufeffkind: y\r\n', 'kind: y\n'],
  ['a text alone', 'x\n', 'x\n'],
  ['no YAML', 'a: [', 'the bracket that begins here is not closed'],
])('%s', (_, text, expected) => {
  expect(formatted(text)).toBe(expected)
})

test('every bundles.yaml of the project is in canonical form', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const examples = readdirSync(`${root}/examples`, { recursive: true, encoding: 'utf8' }).map(
    path => `examples/${path}`,
  )
  const files = ['bundles.yaml', ...examples.filter(path => /(^|\/)bundles\.yaml$/.test(path))]
  for (const file of files) {
    const text = readFileSync(`${root}/${file}`, 'utf8')
    expect(formatted(text), file).toBe(text)
  }
})

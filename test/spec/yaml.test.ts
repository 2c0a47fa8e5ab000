import { expect, test } from 'vitest'
import { plainOf } from '../../src/spec/document.ts'
import { readYaml } from '../../src/spec/yaml.ts'
import { oneLine } from './check-spec.ts'

function faults(text: string): readonly string[] {
  return readYaml(text, 'f').problems.map(oneLine)
}

function value(text: string): unknown {
  const { root } = readYaml(text, 'f')
  return root && JSON.parse(JSON.stringify(plainOf(root)))
}

const anchors = (token: string) =>
  `Write the value out, or use "defaults". Put it in quotes if it is meant as text: "${token}"`

test.each([
  [
    'an alias',
    'a: &x 1\nb: *x',
    [
      `1:4 YAML_INVALID an anchor ("&x") is not used here [${anchors('&x')}]`,
      `2:4 YAML_INVALID an alias ("*x") is not used here [${anchors('*x')}]`,
    ],
  ],
  [
    'a glob that reads as an alias',
    'args: [ls, *.txt]',
    [`1:12 YAML_INVALID an alias ("*.txt") is not used here [${anchors('*.txt')}]`],
  ],
  [
    'a tag',
    'a: !!js/function x',
    [
      '1:4 YAML_INVALID the tag "!!js/function" is not used here [Put it in quotes if it is meant as text: "!!js/function"]',
    ],
  ],
  [
    'a merge key',
    'a:\n  <<: {b: 1}',
    [
      '2:3 YAML_INVALID the merge key "<<" is not used here [Write the keys out, or use "defaults" for what bundles have in common]',
    ],
  ],
  [
    'keys that are there twice',
    'a: 1\nb: {c: 1, d: 1, c: 2}\na: 2',
    [
      '2:17 YAML_INVALID the key "c" is there twice [Keep one of them]',
      '3:1 YAML_INVALID the key "a" is there twice [Keep one of them]',
    ],
  ],
  [
    'keys that are the same in other quotes',
    '"a": 1\n\'a\': 2',
    ['2:1 YAML_INVALID the key "a" is there twice [Keep one of them]'],
  ],
  ['the prototype', 'env:\n  __proto__: {x: 1}', ['2:3 YAML_INVALID the key "__proto__" is not allowed']],
  [
    'two documents',
    'a: 1\n---\nb: 2\n---\nc: 3',
    ['2:1 YAML_INVALID a second document begins here [Keep one document in the file]'],
  ],
  [
    'a document after the end',
    'a: 1\n...\nb: 2',
    ['3:1 YAML_INVALID a second document begins here [Keep one document in the file]'],
  ],
  [
    'a directive',
    '%YAML 1.1\n---\na: yes',
    ['1:1 YAML_INVALID directives are not used here [Remove the line]'],
  ],
  [
    'a tab as indentation',
    'a:\n\tb: c',
    ['2:1 YAML_INVALID tabs are not allowed as indentation [Indent with spaces]'],
  ],
  [
    'a byte order mark inside',
    'a: 1\nb: \ufeff',
    [
      '2:4 YAML_INVALID the character U+FEFF may not stand in YAML [Remove it, or write it as an escape such as "\\x1b" in double quotes]',
    ],
  ],
  [
    'control characters',
    'a: \x1b[31m\nb: \x00',
    [
      '1:4 YAML_INVALID the character U+001B may not stand in YAML [Remove it, or write it as an escape such as "\\x1b" in double quotes]',
      '2:4 YAML_INVALID the character U+0000 may not stand in YAML [Remove it, or write it as an escape such as "\\x1b" in double quotes]',
    ],
  ],
  [
    'a lone carriage return',
    'a: 1\rb: 2',
    [
      '1:5 YAML_INVALID the character U+000D may not stand in YAML [Remove it, or write it as an escape such as "\\x1b" in double quotes]',
    ],
  ],
  [
    'NUL by escape',
    'a: "x\\0"',
    ['1:4 YAML_INVALID a text holds the character NUL, which no program can be given'],
  ],
  ['half a pair by escape', 'a: "\\ud800"', ['1:4 YAML_INVALID a text holds half of a surrogate pair']],
  [
    'a bracket that closes nothing',
    'a: [1]]',
    [
      '1:7 YAML_INVALID nothing was opened that this "]" could close [Put it in quotes if it is meant as text]',
    ],
  ],
  [
    'an unclosed quote',
    'a: !x 1\nb: ["x\\"\n  y]\nc: 1',
    [
      '1:4 YAML_INVALID the tag "!x" is not used here [Put it in quotes if it is meant as text: "!x"]',
      '2:5 YAML_INVALID the quote that begins here is not closed [Close it, and indent every line that belongs to it]',
    ],
  ],
  [
    'an unclosed bracket',
    'a: [x, y\nb: 1',
    [
      '1:4 YAML_INVALID the bracket that begins here is not closed [Close it, and indent every line that belongs to it]',
    ],
  ],
  [
    'a key that is a list',
    '[a]: b',
    ['1:1 YAML_INVALID a collection cannot be a key [A key is a single word or a text in quotes]'],
  ],
  [
    'two values in an item',
    'a: {b: c: d}',
    ['1:9 YAML_INVALID a second ":" in one item [Put the value in quotes if it holds ": "]'],
  ],
  [
    'a list in brackets, the other way',
    'a: [- b, - c]',
    ['1:5 YAML_INVALID a "- " inside of brackets', '1:10 YAML_INVALID a "- " inside of brackets'],
  ],
  [
    'an explicit key',
    '? [a]\n: b',
    ['1:1 YAML_INVALID keys with "? " in front are not used here [Write KEY: VALUE]'],
  ],
  [
    'two mappings in one line',
    'a: b: c',
    ['1:5 YAML_INVALID a second ":" in one line [Put the value in quotes if it holds ": "]'],
  ],
  [
    'a reserved character',
    'a: @x',
    ['1:4 YAML_INVALID plain value cannot start with reserved character @ [Put the value in quotes]'],
  ],
] as const)('%s', (_, text, expected) => {
  expect(faults(text)).toEqual(expected)
})

test('several mistakes at once', () => {
  expect(faults('a: !x 1\nb: *c\nd: ]')).toHaveLength(3)
})

test('a byte order mark at the start is a warning, and does not count as a column', () => {
  const { root, problems } = readYaml('\ufeffa: 1\na: 2', 'f')
  expect(root).toBeDefined()
  expect(problems.map(problem => `${problem.severity} ${problem.line}:${problem.col}`)).toEqual([
    'warning 1:1',
    'error 2:1',
  ])
})

test('values are those of the YAML 1.2 core schema, keys are texts', () => {
  expect(value('a: yes\nb: 0777\nc: 1e3\nd: ~\ne: on\n1: x\nnull: y\ntrue: z')).toEqual({
    a: 'yes',
    b: 777,
    c: 1000,
    d: null,
    e: 'on',
    1: 'x',
    null: 'y',
    true: 'z',
  })
})

test('positions count lines by LF and CRLF alike', () => {
  expect(faults('a: 1\r\nb: 2\r\nb: 3')).toEqual([
    '3:1 YAML_INVALID the key "b" is there twice [Keep one of them]',
  ])
})

test('one document may have a start and an end', () => {
  expect(faults('---\na: 1\n...\n')).toEqual([])
})

test.each([
  ['flow', `a: ${'['.repeat(65)}${']'.repeat(65)}`, `a: ${'['.repeat(64)}${']'.repeat(64)}`],
  [
    'block',
    Array.from({ length: 65 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    Array.from({ length: 60 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  ],
  ['compact lists', '- '.repeat(65), '- '.repeat(60)],
])('nesting ends at 64: %s', (_, tooDeep, deepEnough) => {
  expect(faults(tooDeep).join()).toContain('collections are nested more than 64 deep')
  expect(faults(deepEnough)).toEqual([])
})

test.each([
  ['bytes', `a: ${'x'.repeat(1024 * 1024)}`, 'the file has 1048579 bytes, more than 1048576'],
  ['bytes, not characters', `a: ${'é'.repeat(600 * 1024)}`, 'the file has 1228803 bytes, more than 1048576'],
  ['lines', '\n'.repeat(100_000), 'the file has 100001 lines, more than 100000'],
  ['tokens', `[${'a,'.repeat(150_000)}]`, 'the file has more than 200000 keys, values and signs'],
])('size is limited: %s', (_, text, message) => {
  expect(readYaml(text, 'f').problems.map(problem => problem.message)).toEqual([message])
})

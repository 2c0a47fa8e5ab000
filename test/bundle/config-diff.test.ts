/** The structural difference of two config.json. */
import { describe, expect, test } from 'vitest'
import { diffConfig } from '../../src/bundle/config-diff.ts'

test.each([
  ['nothing', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ['the order of members is nothing', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
  ['a value', { root: { readonly: true } }, { root: { readonly: false } }, [['root.readonly', true, false]]],
  ['a member more', {}, { hostname: 'a' }, [['hostname', undefined, 'a']]],
  ['a member less', { hostname: 'a' }, {}, [['hostname', 'a', undefined]]],
  ['args as a whole', { args: ['a', 'b'] }, { args: ['b', 'a'] }, [['args', ['a', 'b'], ['b', 'a']]]],
  [
    'variables by name',
    { process: { env: ['A=1', 'B=2=3', 'C=4'] } },
    { process: { env: ['B=2', 'A=1', 'D='] } },
    [
      ['process.env[B]', '2=3', '2'],
      ['process.env[C]', '4', undefined],
      ['process.env[D]', undefined, ''],
    ],
  ],
  [
    'mounts by destination, their options by word',
    {
      mounts: [
        { destination: '/a', options: ['ro'] },
        { destination: '/b', type: 'tmpfs' },
      ],
    },
    {
      mounts: [
        { destination: '/b', type: 'tmpfs' },
        { destination: '/a', options: ['rw', 'nosuid'] },
      ],
    },
    [
      ['mounts[/a].options[ro]', 'ro', undefined],
      ['mounts[/a].options[rw]', undefined, 'rw'],
      ['mounts[/a].options[nosuid]', undefined, 'nosuid'],
    ],
  ],
  [
    'another order is the whole list',
    { mounts: [{ destination: '/a' }, { destination: '/b' }] },
    { mounts: [{ destination: '/b' }, { destination: '/a' }] },
    [
      [
        'mounts',
        [{ destination: '/a' }, { destination: '/b' }],
        [{ destination: '/b' }, { destination: '/a' }],
      ],
    ],
  ],
  [
    'two mounts on one place cannot be told apart',
    { mounts: [{ destination: '/a' }, { destination: '/a' }] },
    { mounts: [{ destination: '/a' }] },
    [['mounts', [{ destination: '/a' }, { destination: '/a' }], [{ destination: '/a' }]]],
  ],
  ['numbers are a whole list', { x: [1, 2] }, { x: [1] }, [['x', [1, 2], [1]]]],
  [
    'names of any kind',
    { annotations: { 'a.b': 'c' } },
    { annotations: {} },
    [['annotations["a.b"]', 'c', undefined]],
  ],
  ['another kind of value', { a: { b: 1 } }, { a: [1] }, [['a', { b: 1 }, [1]]]],
  ['a name that every object has', JSON.parse('{"__proto__":1}'), {}, [['__proto__', 1, undefined]]],
])('%s', (_name, before, after, expected) => {
  expect(diffConfig(before, after).map(({ path, before, after }) => [path, before, after])).toEqual(expected)
})

describe('backwards', () => {
  test('it is the opposite', () => {
    const [a, b] = [
      { env: ['A=1'], x: 1 },
      { env: ['A=2'], y: 2 },
    ]
    const there = diffConfig(a, b).map(({ path, before, after }) => [path, before, after])
    const back = diffConfig(b, a).map(({ path, before, after }) => [path, after, before])
    expect(back).toEqual(there)
    expect(there).toHaveLength(3)
  })
})

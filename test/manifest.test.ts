import { describe, expect, it } from 'vitest'
import { readManifest } from '../src/manifest/rules.ts'

const board = 'query Board { pipelines { name } }'
const role = 'query Role { viewer { role } }'
const operations = [
  { id: 'a1', text: board },
  { id: 'b2', text: role },
]
const entry = (id: string, name: string, body: string) => ({ id, name, type: 'query', body })

describe('a manifest', () => {
  it.each<[string, string, unknown]>([
    [
      'generate-persisted-query-manifest',
      'Apollo persisted query manifest, version 1',
      {
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [entry('a1', 'Board', board), entry('b2', 'Role', role)],
      },
    ],
    [
      'Apollo Kotlin',
      'operation output of Apollo Kotlin, or operation ids of Apollo iOS',
      { a1: { name: 'Board', source: board }, b2: { name: 'Role', source: role } },
    ],
    [
      'relay-compiler, client-preset, Hive',
      'map of ids to texts (Relay, GraphQL Code Generator, Hive)',
      { a1: board, 'sha256:b2': role },
    ],
    [
      'older relay-compiler',
      'pairs of ids and texts (Relay)',
      [
        ['a1', board],
        ['b2', role],
      ],
    ],
  ])('of %s is told by what is in it', (_tool, format, file) => {
    expect(readManifest(file)).toEqual({ format, operations })
  })

  it('with one operation twice has it once', () => {
    const pairs = [...operations, ...operations].map(({ id, text }) => [id, text])
    expect(readManifest(pairs)).toMatchObject({ operations })
  })

  it.each([
    ['a number', 7],
    ['null', null],
    ['a text', 'query { viewer { role } }'],
    ['an empty object', {}],
    ['an empty list', []],
    ['a list of texts', [board, role]],
    ['a map of numbers', { a1: 1 }],
    [
      'a later version of a format',
      { format: 'apollo-persisted-query-manifest', version: 2, operations: [] },
    ],
    ['the answer of a gateway', { data: null, errors: [{ message: 'x' }] }],
  ])('is not %s, and every format that is one is named', (_what, file) => {
    const { problem } = readManifest(file)
    for (const part of ['apollo-persisted-query-manifest', '"source"', '"<text>"}', '[["<id>"']) {
      expect(problem).toContain(part)
    }
  })

  it.each([
    [
      'an id with two texts',
      [
        ['a1', board],
        ['sha256:a1', role],
      ],
      'The id a1 has two texts.',
    ],
    ['no text', { a1: board, b2: '' }, 'b2 does not'],
    ['a text that is none', { a1: { name: 'Board', source: board }, b2: { name: 'Role' } }, 'b2'],
    ['no id', [['', board]], 'needs an id'],
    [
      'an entry that is none',
      { format: 'apollo-persisted-query-manifest', version: 1, operations: [{ body: board }] },
      'entry 1 does not',
    ],
    [
      'too many operations',
      Object.fromEntries(Array.from({ length: 2_001 }, (_, index) => [`${index}`, board])),
      'at most 2000',
    ],
  ])('with %s is refused', (_what, file, problem) => {
    expect(readManifest(file).problem).toContain(problem)
  })
})

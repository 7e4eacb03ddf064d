import { readFile } from 'node:fs/promises'
import {
  Client,
  CombinedError,
  cacheExchange,
  type DocumentInput,
  fetchExchange,
  formatDocument,
  stringifyDocument,
} from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { type DocumentNode, Kind, parse, separateOperations } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { operationModes } from '../../src/persisted/mode.ts'
import { byHash, type Operation } from '../persisted-fixtures.ts'
import { type Ask, workOnBoard } from './board.ts'
import { type GeneratedOperations, generatedOperations } from './codegen.ts'
import { app, type ClientGateway, clientGateway } from './gateway.ts'
import { openModes, refusals, unregisteredText } from './refusals.ts'
import { outlineOf, recordingFetch } from './sent.ts'

const text = await readFile('test/clients/urql/operations.graphql', 'utf8')
const documents = separateOperations(parse(text))
/** As the cache leaves each to the exchange that takes its hash. */
const hashed: Operation[] = Object.values(documents).map((document) =>
  byHash(stringifyDocument(formatDocument(document))),
)

let generated: GeneratedOperations
/** What an app has of each where the texts stay at home. */
let bare: Record<string, DocumentNode>

beforeAll(async () => {
  generated = await generatedOperations(text)
  bare = Object.fromEntries(
    Object.entries(generated.ids).map(([name, id]) => [
      name,
      { kind: Kind.DOCUMENT, definitions: [], documentId: `sha256:${id}` },
    ]),
  )
  // Only in a released app does urql send a document of which it has nothing but the id.
  vi.stubEnv('NODE_ENV', 'production')
})

afterAll(() => {
  vi.unstubAllEnvs()
})

type PersistedOptions = Parameters<typeof persistedExchange>[0]

interface Setting {
  persisted?: PersistedOptions
  preferGetMethod?: boolean
}

function clientFor({ url, headers }: ClientGateway, setting: Setting = {}) {
  const { fetch, sent } = recordingFetch()
  const { persisted, preferGetMethod = false } = setting
  const client = new Client({
    url,
    preferGetMethod,
    fetch,
    fetchOptions: {
      headers: {
        ...headers,
        'graphql-client-name': app.name,
        'graphql-client-version': app.version,
      },
    },
    requestPolicy: 'network-only',
    exchanges: [
      cacheExchange,
      ...(persisted ? [persistedExchange({ enableForMutation: true, ...persisted })] : []),
      fetchExchange,
    ],
  })
  const send = async (kind: 'query' | 'mutation', document: DocumentInput, variables: object) => {
    const { data, error } = await client[kind](document, variables)
    if (error) throw error
    return data
  }
  return {
    ask: (document: DocumentInput, variables = {}) => send('query', document, variables),
    asking(of: Record<string, DocumentNode>): Ask {
      return (name, variables) => {
        const kind = name === 'MoveDeal' ? 'mutation' : 'query'
        return send(kind, of[name] as DocumentNode, variables)
      }
    },
    outline: () => outlineOf(sent),
    sent,
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof CombinedError ? error.graphQLErrors[0]?.extensions.code : error
}

describe.each(operationModes)('urql in mode %s', (mode) => {
  const gateway = clientGateway(mode, () => [...hashed, ...generated.operations])

  it.each([
    [false, 'POST'],
    [true, 'GET'],
  ])('works by the ids that were generated (preferGetMethod: %s)', async (get, method) => {
    const { asking, outline, sent } = clientFor(gateway(), { preferGetMethod: get })
    await workOnBoard(asking(bare), gateway())
    expect(outline()).toEqual([method, method, 'POST', 'POST'])
    expect(sent.at(-1)?.body).toEqual({
      documentId: `sha256:${generated.ids.MoveDeal}`,
      variables: expect.any(Object),
    })
  })

  it.each([
    [false, 'POST'],
    [true, 'GET'],
  ])('works by the hashes of its texts (preferGetForPersistedQueries: %s)', async (get, method) => {
    const persisted = { preferGetForPersistedQueries: get }
    const { asking, outline } = clientFor(gateway(), { persisted })
    await workOnBoard(asking(documents), gateway())
    expect(outline()).toEqual([method, method, 'POST', 'POST'])
  })

  it.each(refusals.filter((refusal) => refusal.mode === mode))(
    'is refused the $sends of an unregistered operation without a second request',
    async ({ sends, code }) => {
      const { ask, sent } = clientFor(gateway(), sends === 'id' ? { persisted: {} } : {})
      expect(await ask(unregisteredText).catch(codeOf)).toBe(code)
      expect(sent).toHaveLength(1)
    },
  )

  if (mode === 'safelist')
    it('works by its texts', async () => {
      const { asking, outline } = clientFor(gateway())
      await workOnBoard(asking(documents), gateway())
      expect(outline()).toEqual(Array(4).fill('POST with text'))
    })
})

describe.each(openModes)('urql in mode %s that has registered nothing', (mode) => {
  const gateway = clientGateway(mode)

  it('teaches each operation once', async () => {
    const { asking, outline, sent } = clientFor(gateway(), { persisted: {} })
    await workOnBoard(asking(documents), gateway())
    const taught = ['GET', 'GET with text']
    expect(outline()).toEqual([...taught, ...taught, 'POST', 'POST with text', 'POST'])
    expect(sent[5]?.body.extensions.persistedQuery.miss).toBe(true)
    sent.length = 0
    await workOnBoard(asking(documents), gateway())
    expect(outline()).toEqual(['GET', 'GET', 'POST', 'POST'])
  })

  it('is told that an id is unknown where it has no text to send', async () => {
    const { ask, sent } = clientFor(gateway())
    expect(await ask(bare.Board as DocumentNode).catch(codeOf)).toBe('PERSISTED_QUERY_NOT_FOUND')
    expect(sent).toHaveLength(1)
  })
})

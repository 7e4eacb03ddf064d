import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ApolloClient,
  CombinedGraphQLErrors,
  type DocumentNode,
  gql,
  HttpLink,
  InMemoryCache,
  type OperationVariables,
} from '@apollo/client'
import { createPersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { getMainDefinition } from '@apollo/client/utilities'
import { beforeAll, describe, expect, it } from 'vitest'
import { isListed, operationModes } from '../../src/persisted/mode.ts'
import { hashOf, type Operation } from '../persisted-fixtures.ts'
import * as documents from './apollo/operations.ts'
import { workOnBoard } from './board.ts'
import { app, type ClientGateway, clientGateway } from './gateway.ts'
import { openModes, refusals, unregisteredText } from './refusals.ts'
import { outlineOf, recordingFetch } from './sent.ts'
import { inFolder, operationsIn, runTool } from './tools.ts'

const byName: Record<string, DocumentNode> = {
  Board: documents.board,
  StagePage: documents.stagePage,
  MoveDeal: documents.moveDeal,
}
const unregistered = gql(unregisteredText)

let operations: Operation[]

beforeAll(async () => {
  operations = await inFolder(async (folder) => {
    const [config, output] = [join(folder, 'config.json'), join(folder, 'manifest.json')]
    await writeFile(config, JSON.stringify({ documents: ['test/clients/apollo/*.ts'], output }))
    const tool = '@apollo/generate-persisted-query-manifest/cli.js'
    await runTool(tool, ['--config', config])
    return operationsIn(output)
  })
})

type PersistedOptions = Parameters<typeof createPersistedQueryLink>[0]

/** Ids as the manifest has them for the names of operations, which the client sends as they are. */
const byManifest: PersistedOptions = {
  generateHash(document) {
    const definition = getMainDefinition(document)
    const name = 'name' in definition ? definition.name?.value : undefined
    return operations.find(({ text }) => text.includes(` ${name}(`))?.id ?? `unknown ${name}`
  },
}
const byHash: PersistedOptions = { sha256: hashOf }

interface Setting {
  persisted?: PersistedOptions
  headers?: Record<string, string>
}

function clientFor(gateway: ClientGateway, { persisted, headers }: Setting) {
  const { fetch, sent } = recordingFetch()
  const http = new HttpLink({
    uri: gateway.url,
    headers: { ...gateway.headers, ...headers },
    fetch,
  })
  const client = new ApolloClient({
    link: persisted ? createPersistedQueryLink(persisted).concat(http) : http,
    cache: new InMemoryCache(),
    clientAwareness: app,
  })
  const ask = async (document: DocumentNode, variables: OperationVariables = {}) => {
    const { data } =
      document === documents.moveDeal
        ? await client.mutate({ mutation: document, variables })
        : await client.query({ query: document, variables, fetchPolicy: 'network-only' })
    return data
  }
  return {
    ask,
    askNamed: (name: string, variables: object) => ask(byName[name] as DocumentNode, variables),
    outline: () => outlineOf(sent),
    sent,
  }
}

function codeOf(error: unknown): unknown {
  return CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.code : error
}

describe.each(operationModes)('Apollo Client in mode %s', (mode) => {
  const gateway = clientGateway(mode, () => operations)

  it('works by the ids of its manifest', async () => {
    const { askNamed, outline, sent } = clientFor(gateway(), { persisted: byManifest })
    await workOnBoard(askNamed, gateway())
    expect(outline()).toEqual(['POST', 'POST', 'POST', 'POST'])
    expect(sent[0]?.headers.get('apollographql-client-name')).toBe(app.name)
    expect(sent[0]?.body.extensions.clientLibrary.name).toBe('@apollo/client')
  })

  it('reads by GET and moves by POST', async () => {
    const persisted = { ...byManifest, useGETForHashedQueries: true }
    const { askNamed, outline } = clientFor(gateway(), { persisted })
    await workOnBoard(askNamed, gateway())
    expect(outline()).toEqual(['GET', 'GET', 'POST', 'POST'])
  })

  it.each(refusals.filter((refusal) => refusal.mode === mode))(
    'is refused the $sends of an unregistered operation without a second request',
    async ({ sends, code }) => {
      const { ask, sent } = clientFor(gateway(), sends === 'id' ? { persisted: byHash } : {})
      expect(await ask(unregistered).catch(codeOf)).toBe(code)
      expect(sent).toHaveLength(1)
    },
  )

  if (mode === 'safelist')
    it('works by the texts of its manifest', async () => {
      const { askNamed, outline } = clientFor(gateway(), {})
      await workOnBoard(askNamed, gateway())
      expect(outline()).toEqual(Array(4).fill('POST with text'))
    })

  if (isListed(mode))
    it('sends anything with the right to break the glass', async () => {
      const authorization = `Bearer ${await gateway().t.keyFor('ADMIN')}`
      const headers = { authorization, 'x-break-glass': '1' }
      const { ask } = clientFor(gateway(), { headers })
      expect(await ask(unregistered)).toMatchObject({ viewer: { scopes: expect.any(Array) } })
    })
})

describe.each(openModes)('Apollo Client in mode %s that has registered nothing', (mode) => {
  const gateway = clientGateway(mode)

  it('teaches each operation once', async () => {
    const persisted = { ...byHash, useGETForHashedQueries: true }
    const { askNamed, outline } = clientFor(gateway(), { persisted })
    await workOnBoard(askNamed, gateway())
    const taught = ['GET', 'POST with text']
    expect(outline()).toEqual([...taught, ...taught, 'POST', 'POST with text', 'POST'])
    const again = clientFor(gateway(), { persisted })
    await workOnBoard(again.askNamed, gateway())
    expect(again.outline()).toEqual(['GET', 'GET', 'POST', 'POST'])
  })
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ConcreteRequest,
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getSingularSelector,
  type MutationParameters,
  Network,
  RecordSource,
  Store,
  type Variables,
} from 'relay-runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { isListed, operationModes } from '../../src/persisted/mode.ts'
import type { Operation } from '../persisted-fixtures.ts'
import { app, type ClientGateway, clientGateway } from './gateway.ts'
import { type Compiled, compileRelay } from './relay-compiler.ts'
import { outlineOf, recordingFetch } from './sent.ts'
import { inFolder, operationsIn } from './tools.ts'

const pageSize = 5

let compiled: Compiled
let operations: Operation[]

beforeAll(async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'operations.json')
    await writeFile(file, '{}')
    compiled = await compileRelay(folder, { file: 'operations.json' })
    operations = await operationsIn(file)
  })
})

/** An environment whose network sends nothing but the ids that were compiled into the app. */
function environmentFor(gateway: ClientGateway, key: 'doc_id' | 'id' = 'doc_id') {
  const { fetch, sent } = recordingFetch()
  const headers = {
    'content-type': 'application/json',
    'graphql-client-name': app.name,
    ...gateway.headers,
  }
  const network = Network.create(async ({ id }, variables) => {
    const body = JSON.stringify({ [key]: id, variables })
    const response = await fetch(gateway.url, { method: 'POST', headers, body })
    return response.json()
  })
  const environment = new Environment({ network, store: new Store(new RecordSource()) })
  return { environment, outline: () => outlineOf(sent), sent }
}

interface Lead {
  id: string
  deals: {
    edges: { node: { id: string; name: string; version: number } }[]
    pageInfo: { endCursor: string }
  }
}

/** Asks for a board, and gives the stage Lead as the store has it at any time. */
async function openBoard(environment: Environment, { pipelineId }: ClientGateway) {
  const variables = { pipelineId, count: pageSize }
  const operation = createOperationDescriptor(compiled.board, variables)
  environment.retain(operation)
  await fetchQuery(environment, compiled.board, variables).toPromise()
  const { pipeline } = environment.lookup(operation.fragment).data as {
    pipeline: { stages: object[] }
  }
  const stage = getSingularSelector(compiled.stage, pipeline.stages[0])
  if (!stage) throw new Error('the board has no stage')
  return () => environment.lookup(stage).data as unknown as Lead
}

/** As the pagination hooks do it, by the query that the compiler has made of the fragment. */
async function loadNext(environment: Environment, { id, deals }: Lead) {
  const { paginationRequest, paginationMetadata } = getPaginationMetadata(compiled.stage, 'Lead')
  const { endCursor } = deals.pageInfo
  const variables = getPaginationVariables(
    ...(['forward', pageSize, endCursor, { id }, {}, paginationMetadata] as const),
  )
  await fetchQuery(environment, paginationRequest, variables).toPromise()
}

function move(environment: Environment, input: Variables) {
  return new Promise<MutationParameters['response']>((resolve, reject) => {
    const variables = { input }
    commitMutation(environment, {
      ...{ mutation: compiled.move, variables },
      ...{ onCompleted: resolve, onError: reject },
    })
  })
}

/** The code of the error of which Relay made one of its own. */
function codeOf(error: unknown): unknown {
  const { source } = error as { source?: { errors: { extensions: { code: string } }[] } }
  return source?.errors[0]?.extensions.code ?? error
}

describe.each(operationModes)('Relay in mode %s', (mode) => {
  const gateway = clientGateway(mode, () => operations)

  it.each(['doc_id', 'id'] as const)('works by the ids of its compiler, as %s', async (key) => {
    const { environment, outline } = environmentFor(gateway(), key)
    const leads = await gateway().leads()
    const lead = await openBoard(environment, gateway())
    const names = () => lead().deals.edges.map(({ node }) => node.name)
    expect(names()).toEqual(leads.slice(0, pageSize))

    await loadNext(environment, lead())
    expect(names()).toEqual(leads.slice(0, 2 * pageSize))

    const { id: dealId, version: expectedVersion } = lead().deals.edges[0]?.node ?? {}
    const input = { dealId, stageId: gateway().stage('Qualified'), expectedVersion }
    const moved = { deal: { stageName: 'Qualified', version: 2 }, userErrors: [] }
    expect(await move(environment, input)).toMatchObject({ moveDeal: moved })
    expect(lead().deals.edges[0]?.node.version).toBe(2)

    const stale = { userErrors: [{ code: 'VERSION_CONFLICT', currentVersion: 2 }] }
    expect(await move(environment, input)).toMatchObject({ moveDeal: stale })
    expect(outline()).toEqual(Array(4).fill('POST'))
  })

  it('is told at once that an id is not registered', async () => {
    const { environment, sent } = environmentFor(gateway())
    const params = { ...compiled.board.params, id: 'ec2ddab3ff80ac1ff2b8efa7b1f1e0e5' }
    const asked = fetchQuery(environment, { ...compiled.board, params } as ConcreteRequest, {})
    const code = isListed(mode) ? 'PERSISTED_QUERY_NOT_IN_LIST' : 'PERSISTED_QUERY_NOT_FOUND'
    expect(await asked.toPromise().catch(codeOf)).toBe(code)
    expect(sent).toHaveLength(1)
  })
})

describe('relay-compiler', () => {
  const gateway = clientGateway('open')

  async function persistConfig(role: 'ADMIN' | 'MEMBER') {
    const authorization = `Bearer ${await gateway().t.keyFor(role)}`
    const url = new URL('/operations/relay', gateway().url).href
    return { url, params: { client: app.name }, headers: { authorization }, concurrency: 2 }
  }

  it('registers operations while it compiles, whose ids are served from then on', async () => {
    const config = await persistConfig('ADMIN')
    const { board } = await inFolder((folder) => compileRelay(folder, config))
    const { environment } = environmentFor(gateway())
    const { pipelineId } = gateway()
    const variables = { pipelineId, count: pageSize }
    const data = await fetchQuery(environment, board, variables).toPromise()
    expect(data).toMatchObject({ pipeline: { name: 'Sales' } })
  })

  it('is told why an operation was not registered', async () => {
    const config = await persistConfig('MEMBER')
    const compiling = inFolder((folder) => compileRelay(folder, config))
    await expect(compiling).rejects.toThrow('operations:write')
  })
})

import { afterAll, beforeAll } from 'vitest'
import type { OperationMode } from '../../src/persisted/mode.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { ask, dealFixture, pipelineFixture } from '../fixtures.ts'
import { appFor, type TestTenant, testTenant } from '../harness.ts'
import { type Operation, release } from '../persisted-fixtures.ts'

/** A board of deals behind a gateway that listens on a port of its own. */
export interface ClientGateway {
  t: TestTenant
  server: RunningServer
  url: string
  /** By which the app says for whom it asks: it may do what a MEMBER may. */
  headers: { authorization: string }
  pipelineId: string
  stage(name: string): string
  /** The names of the deals in the stage Lead as they are now. */
  leads(): Promise<string[]>
}

/** What the app calls itself. */
export const app = { name: 'web', version: '1.0' }

const dealsOnBoard = 15

/**
 * A gateway in a mode for the tests of a `describe`, and the operations that apps in the field have.
 */
export function clientGateway(
  mode: OperationMode,
  operations: () => Operation[] = () => [],
  clients = [app.name],
): () => ClientGateway {
  let server: RunningServer
  let gateway: ClientGateway
  beforeAll(async () => {
    const t = await testTenant()
    for (const name of operations().length > 0 ? clients : []) {
      await release(t, name, app.version, operations())
    }
    const options = { operationModes: { default: mode, clients: {} }, feed: t.feed }
    server = await startServer(appFor(t, options), { host: '127.0.0.1', port: 0 })
    const authorization = `Bearer ${await t.keyFor('MEMBER')}`
    const url = `${server.url}/graphql`
    gateway = { t, server, url, headers: { authorization }, ...(await board(t)) }
  })
  afterAll(async () => {
    await server.stop(0)
    await gateway.t.database.settle()
  })
  return () => gateway
}

async function board(
  t: TestTenant,
): Promise<Pick<ClientGateway, 'pipelineId' | 'stage' | 'leads'>> {
  const { id: pipelineId, stage } = await pipelineFixture(t)
  for (let number = 1; number <= dealsOnBoard; number++) {
    await dealFixture(t, { name: `Deal ${number}`, amount: '1000' })
  }
  const document = `query ($id: ID!) { node(id: $id) { ... on Stage { deals(first: 100) { nodes { name } } } } }`
  return {
    pipelineId,
    stage,
    async leads() {
      const { node } = await ask(t, document, { id: stage('Lead') })
      return node.deals.nodes.map(({ name }: { name: string }) => name)
    },
  }
}

import { type Client, createClient } from 'graphql-ws'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { operationModes } from '../../src/persisted/mode.ts'
import { rememberSaid } from '../log-audit.ts'
import { urlOf } from '../websocket-fixtures.ts'
import { type Ask, moveFirst, workOnBoard } from './board.ts'
import { app, type ClientGateway, clientGateway } from './gateway.ts'
import { dealMoved, idOf, operations, texts } from './operations.ts'
import { refusals, unregisteredText } from './refusals.ts'

const clients: Client[] = []

afterEach(() => {
  for (const client of clients.splice(0)) client.dispose()
})

/** A client, and the types of all messages that it has sent on whatever connections it made. */
function clientFor({ server, headers }: ClientGateway) {
  const sent: string[] = []
  class RecordedSocket extends WebSocket {
    override send(data: string) {
      sent.push(JSON.parse(data).type)
      super.send(data)
    }
  }
  const client = createClient({
    url: urlOf(server),
    connectionParams: { ...headers, 'graphql-client-name': app.name },
    webSocketImpl: RecordedSocket,
    // The connection stays when nothing is asked for.
    lazy: false,
  })
  clients.push(client)
  const ask: Ask = async (name, variables) => {
    rememberSaid(headers, { variables })
    const request = { ...idOf(texts[name]), variables: { ...variables } }
    const { value } = await client.iterate(request).next()
    return value?.data
  }
  return { client, ask, sent }
}

function codeOf(errors: unknown): unknown {
  const [error] = errors as { extensions: { code: string } }[]
  return error?.extensions.code
}

describe.each(operationModes)('graphql-ws in mode %s', (mode) => {
  const gateway = clientGateway(mode, () => [...operations, dealMoved])

  it('works by ids on one connection', async () => {
    const { ask, sent } = clientFor(gateway())
    await workOnBoard(ask, gateway())
    expect(sent).toEqual(['connection_init', ...Array(4).fill('subscribe')])
  })

  it.each(refusals.filter((refusal) => refusal.mode === mode))(
    'is refused the $sends of an unregistered operation, and goes on by ids',
    async ({ sends, code }) => {
      const { client, ask, sent } = clientFor(gateway())
      const request = sends === 'id' ? idOf(unregisteredText) : { query: unregisteredText }
      const asked = client.iterate(request).next()
      expect(await asked.catch(codeOf)).toBe(code)
      const { pipeline } = await ask('Board', { pipelineId: gateway().pipelineId, first: 1 })
      expect(pipeline.name).toBe('Sales')
      expect(sent).toEqual(['connection_init', 'subscribe', 'subscribe'])
    },
  )

  // Apollo iOS subscribes by texts, whatever it does with queries.
  it.each(mode === 'require-id' ? ['id'] : ['id', 'text'])(
    'is told of a move by the %s of a subscription',
    async (sends) => {
      const { client, ask } = clientFor(gateway())
      const { pipelineId, t } = gateway()
      const request = sends === 'id' ? idOf(dealMoved.text) : { query: dealMoved.text }
      const moves = client.iterate({ ...request, variables: { pipelineId } })
      const told = moves.next()
      await expect.poll(() => t.feed.listeners).toBe(1)
      const id = await moveFirst(ask, gateway())
      const deal = { id, stageName: 'Qualified', version: 2 }
      expect((await told).value).toMatchObject({ data: { dealMoved: { deal } } })
      await moves.return?.()
      await expect.poll(() => t.feed.listeners).toBe(0)
    },
  )
})

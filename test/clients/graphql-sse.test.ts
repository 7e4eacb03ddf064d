import { createClient } from 'graphql-sse'
import { describe, expect, it } from 'vitest'
import { operationModes } from '../../src/persisted/mode.ts'
import { type Ask, moveFirst, workOnBoard } from './board.ts'
import { app, type ClientGateway, clientGateway } from './gateway.ts'
import { dealMoved, idOf, operations, texts } from './operations.ts'
import { refusals, unregisteredText } from './refusals.ts'
import { recordingFetch } from './sent.ts'

function clientFor({ url, headers }: ClientGateway) {
  const { fetch, sent } = recordingFetch()
  const client = createClient({
    url,
    headers: { ...headers, 'graphql-client-name': app.name },
    fetchFn: fetch,
  })
  const ask: Ask = async (name, variables) => {
    const request = { ...idOf(texts[name]), variables: { ...variables } }
    const { value } = await client.iterate(request).next()
    expect(value?.errors).toBeUndefined()
    return value?.data
  }
  return { client, ask, sent }
}

describe.each(operationModes)('graphql-sse in mode %s', (mode) => {
  const gateway = clientGateway(mode, () => [...operations, dealMoved])

  it('works by ids', async () => {
    const { ask } = clientFor(gateway())
    await workOnBoard(ask, gateway())
  })

  it.each(refusals.filter((refusal) => refusal.mode === mode))(
    'is refused the $sends of an unregistered operation without a second request',
    async ({ sends, code }) => {
      const { client, sent } = clientFor(gateway())
      const request = sends === 'id' ? idOf(unregisteredText) : { query: unregisteredText }
      const { value } = await client.iterate(request).next()
      expect(value?.errors?.[0]?.extensions?.code).toBe(code)
      expect(sent).toHaveLength(1)
    },
  )

  it('is told of a move by the id of a subscription', async () => {
    const { client, ask } = clientFor(gateway())
    const { pipelineId, t } = gateway()
    const moves = client.iterate({ ...idOf(dealMoved.text), variables: { pipelineId } })
    const told = moves.next()
    await expect.poll(() => t.feed.listeners).toBe(1)
    const id = await moveFirst(ask, gateway())
    const deal = { id, stageName: 'Qualified', version: 2 }
    expect((await told).value).toMatchObject({ data: { dealMoved: { deal } } })
    await moves.return?.()
    await expect.poll(() => t.feed.listeners).toBe(0)
  })
})

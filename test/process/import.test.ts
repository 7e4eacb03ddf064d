import { expect, it } from 'vitest'
import { dealgraph, freshPlace, type Gateway, startGateway } from './gateway.ts'

const file = new URL('../../examples/sales-pipeline.csv', import.meta.url).pathname

const map = [
  'externalId=opportunity_id',
  'name=opportunity_id',
  'stage=deal_stage',
  'organization=account',
  'owner=sales_agent',
  'source=product',
  'createdAt=engage_date',
  'closedAt=close_date',
  'amount=close_value',
].join(',')

const importArgs = [
  ...['import', file, '--tenant', 'acme', '--pipeline', 'Sales', '--map', map, '--currency', 'USD'],
  ...[
    '--stages',
    'Prospecting,Engaging,Won,Lost',
    '--won',
    'Won',
    '--lost',
    'Lost',
    '--entry',
    'Engaging',
    '--json',
  ],
]

const changes = `query Changes($after: String) { deals(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor } nodes { history { nodes { direction } } } } }`

async function directions(gateway: Gateway, key: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let after: string | null = null; ; ) {
    const { deals } = await gateway.graphql(key, changes, { after })
    for (const { history } of deals.nodes) {
      for (const { direction } of history.nodes) counts[direction] = (counts[direction] ?? 0) + 1
    }
    if (!deals.pageInfo.hasNextPage) return counts
    after = deals.pageInfo.endCursor
  }
}

it('imports 8,800 real opportunities, and nothing a second time', async () => {
  const place = await freshPlace()
  await dealgraph(place.env, 'tenant', 'create', 'acme')
  const { key } = JSON.parse(
    await dealgraph(place.env, 'key', 'create', '--tenant', 'acme', '--role', 'ADMIN', '--json'),
  )
  const first = await dealgraph(place.env, ...importArgs)
  expect(first).toBe('{"read":8800,"created":8800,"updated":0,"unchanged":0,"rejected":0}')
  const second = await dealgraph(place.env, ...importArgs)
  expect(second).toBe('{"read":8800,"created":0,"updated":0,"unchanged":8800,"rejected":0}')

  const gateway = await startGateway(place.env)
  try {
    const { pipelines, won, lost } = await gateway.graphql(
      key,
      `{ pipelines { name stages { name deals(first: 0) { totalCount } totals { currency count amount } } }
         won: deals(first: 0, filter: { status: { eq: WON } }) { totalCount }
         lost: deals(first: 0, filter: { status: { eq: LOST } }) { totalCount } }`,
    )
    const [{ stages }] = pipelines
    expect(
      stages.map((stage: { name: string; deals: { totalCount: number } }) => [
        stage.name,
        stage.deals.totalCount,
      ]),
    ).toEqual([
      ['Prospecting', 500],
      ['Engaging', 1_589],
      ['Won', 4_238],
      ['Lost', 2_473],
    ])
    expect([won.totalCount, lost.totalCount]).toEqual([4_238, 2_473])
    expect(stages[2].totals).toEqual([{ currency: 'USD', count: 4_238, amount: '10005534' }])
    expect(await directions(gateway, key)).toEqual({ CREATED: 8_800, WON: 4_238, LOST: 2_473 })
  } finally {
    await gateway.kill('SIGTERM')
    await place.remove()
  }
})

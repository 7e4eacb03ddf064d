import { beforeEach, describe, expect, test } from 'vitest'
import { ask, memberFixture, pipelineFixture, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { type Fields, runFields } from './import-fixtures.ts'

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  await pipelineFixture(t, { name: 'Renewals' })
})

const run = (...rows: Fields[]) => runFields(t, rows)
const deal = (values: object = {}) => ({ externalId: '1', name: 'Mill', stage: 'Won', ...values })
const at = (day: number) => `2026-01-0${day}T10:00:00.000Z`

async function read() {
  const { deals } = await ask(
    t,
    `{ deals { nodes { createdAt closedAt stageEnteredAt version
      history { nodes { seq direction fromStageName toStageName pipelineName amount currency probability
        expectedCloseDate reason note override occurredAt actor { kind name } } } } } }`,
  )
  return deals.nodes[0]
}

describe('the history of a new deal', () => {
  test('is the audit that the file tells, over pipelines and with who it was', async () => {
    await memberFixture(t)
    const history = [
      {
        pipeline: 'renewals',
        stage: 'lead',
        occurredAt: at(1),
        amount: '5',
        currency: 'EUR',
        actor: 'grace.hopper@example.com',
      },
      {
        stage: 'Proposal',
        occurredAt: at(2),
        amount: null,
        probability: 42,
        note: 'Taken over',
        toStageName: 'Offer',
      },
      {
        stage: 'Lost',
        occurredAt: at(3),
        reason: 'Price',
        actorKind: 'API_KEY',
        fromStageName: 'Bid',
      },
      { stage: 'Lead', occurredAt: at(3), override: true, expectedCloseDate: '2026-12-31' },
      { stage: 'Won', occurredAt: at(4) },
    ]
    await run(deal({ history, amount: '7', closedAt: '2026-01-05', createdAt: '2025-12-31' }))
    const found = await read()
    expect(found).toMatchObject({
      ...{ createdAt: '2025-12-31T00:00:00.000Z', closedAt: '2026-01-05T00:00:00.000Z' },
      ...{ stageEnteredAt: at(4), version: 1 },
    })
    const facts = { reason: null, note: null, override: false, expectedCloseDate: null }
    const byImport = { actor: { kind: 'IMPORT', name: 'Import' } }
    expect(found.history.nodes).toEqual([
      {
        ...facts,
        seq: 1,
        direction: 'CREATED',
        fromStageName: null,
        toStageName: 'Lead',
        pipelineName: 'Renewals',
        amount: '5',
        currency: 'EUR',
        probability: 10,
        occurredAt: at(1),
        actor: { kind: 'MEMBER', name: 'Grace Hopper' },
      },
      {
        ...facts,
        seq: 2,
        direction: 'TRANSFERRED',
        fromStageName: 'Lead',
        toStageName: 'Offer',
        pipelineName: 'Sales',
        amount: null,
        currency: 'USD',
        probability: 42,
        note: 'Taken over',
        occurredAt: at(2),
        ...byImport,
      },
      {
        ...facts,
        seq: 3,
        direction: 'LOST',
        fromStageName: 'Bid',
        toStageName: 'Lost',
        pipelineName: 'Sales',
        amount: '7',
        currency: 'USD',
        probability: 0,
        reason: 'Price',
        occurredAt: at(3),
        actor: { kind: 'API_KEY', name: 'Import' },
      },
      {
        ...facts,
        seq: 4,
        direction: 'REOPENED',
        fromStageName: 'Lost',
        toStageName: 'Lead',
        pipelineName: 'Sales',
        amount: '7',
        currency: 'USD',
        probability: 10,
        override: true,
        expectedCloseDate: '2026-12-31',
        occurredAt: at(3),
        ...byImport,
      },
      {
        ...facts,
        seq: 5,
        direction: 'WON',
        fromStageName: 'Lead',
        toStageName: 'Won',
        pipelineName: 'Sales',
        amount: '7',
        currency: 'USD',
        probability: 100,
        occurredAt: at(4),
        ...byImport,
      },
    ])
  })

  test('is not told again to a deal that is there', async () => {
    await run(deal({ history: [{ stage: 'Won', occurredAt: at(1) }] }))
    const told = [
      { stage: 'Lead', occurredAt: at(1) },
      { stage: 'Won', occurredAt: at(2) },
    ]
    const { counts } = await untouched([t], () => run(deal({ history: told })))
    expect(counts.unchanged).toBe(1)
  })

  test.each([
    [[{ stage: 'Lead', occurredAt: at(1) }], 'history ends in "Lead" and not in "Won"'],
    [
      [{ pipeline: 'Renewals', stage: 'Won', occurredAt: at(1) }],
      'history ends in "Won" and not in "Won"',
    ],
    [
      [
        { stage: 'Lead', occurredAt: at(2) },
        { stage: 'Won', occurredAt: at(1) },
      ],
      'history is not in the order of its dates',
    ],
    [
      [{ stage: 'Gone', occurredAt: at(1) }],
      'history names "Gone", no stage of a pipeline "Sales"',
    ],
    [
      [{ pipeline: 'Gone', stage: 'Won', occurredAt: at(1) }],
      'history names "Won", no stage of a pipeline "Gone"',
    ],
    [[{ stage: 'Won', occurredAt: at(1), probability: 101 }], '[0].probability'],
  ])('is rejected where it cannot be the deal’s (%#)', async (history, reason) => {
    const { reasons } = await untouched([t], () => run(deal({ history })))
    expect(reasons).toEqual([[expect.stringContaining(reason)]])
  })
})

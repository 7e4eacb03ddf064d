import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture
let a: DealFixture
let b: DealFixture
let c: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  a = await dealFixture(t, { name: 'A' })
  b = await dealFixture(t, { name: 'B' })
  c = await dealFixture(t, { name: 'C' })
})

/** The names of the deals on a stage's board, from top to bottom. */
async function board(stage: string): Promise<string> {
  const document = `query ($id: ID!) { node(id: $id) { ... on Stage { deals { nodes { name } } } } }`
  const { node } = await ask(t, document, { id: sales.stage(stage) })
  return node.deals.nodes.map((deal: { name: string }) => deal.name).join(' ')
}

async function versionAndHistory({ id }: DealFixture) {
  const document = `query ($id: ID!) { deal(id: $id) { version history { totalCount } } }`
  const { deal } = await ask(t, document, { id })
  return [deal.version, deal.history.totalCount]
}

function place(deal: DealFixture, stage: string, others: object = {}) {
  return { dealId: deal.id, stageId: sales.stage(stage), expectedVersion: deal.version, ...others }
}

const move = (deal: DealFixture, stage: string, others: object = {}) =>
  done(t, 'moveDeal', place(deal, stage, others), 'stageChange { seq } deal { version }')

describe('moveDeal with a place', () => {
  it('puts a deal at the end of the stage where no place is named', async () => {
    await move(b, 'Qualified')
    await move(a, 'Qualified')
    expect(await board('Lead')).toBe('C')
    expect(await board('Qualified')).toBe('B A')
  })

  it.each([
    ['before the first', () => ({ before: a.id }), 'X A B C'],
    ['before another', () => ({ before: c.id }), 'A B X C'],
    ['after another', () => ({ after: a.id }), 'A X B C'],
    ['after the last', () => ({ after: c.id }), 'A B C X'],
    ['between two neighbours', () => ({ after: a.id, before: b.id }), 'A X B C'],
    ['after one and before a farther one', () => ({ after: a.id, before: c.id }), 'A X B C'],
  ])('puts a deal from another stage %s', async (_, where, expected) => {
    const x = await dealFixture(t, { name: 'X', stageId: sales.stage('Qualified') })
    const { stageChange } = await move(x, 'Lead', where())
    expect(stageChange.seq).toBe(2)
    expect(await board('Lead')).toBe(expected)
  })

  it.each([
    ['to the top', () => ({ before: a.id }), 'C A B'],
    ['between two', () => ({ after: a.id }), 'A C B'],
  ])(
    'reorders within a stage %s, which is a version but no history',
    async (_, where, expected) => {
      const before = await eventsOf(t)
      const { stageChange, deal } = await move(c, 'Lead', where())
      expect(await board('Lead')).toBe(expected)
      expect({ stageChange, version: deal.version }).toEqual({ stageChange: null, version: 2 })
      expect(await versionAndHistory(c)).toEqual([2, 1])
      const events = (await eventsOf(t)).slice(before.length)
      expect(events.map(({ type }) => type)).toEqual(['deal.reordered'])
    },
  )

  it.each([
    ['after the one above', () => ({ after: a.id })],
    ['before the one below', () => ({ before: c.id })],
    ['between its neighbours', () => ({ after: a.id, before: c.id })],
  ])('writes nothing for the place where the deal is: %s', async (_, where) => {
    await untouched([t], () => move(b, 'Lead', where()))
  })

  it('keeps the order through many moves to the same spot', async () => {
    for (let round = 0; round < 30; round += 1) {
      const deal = round % 2 === 0 ? c : b
      await move({ ...deal, version: 1 + Math.floor(round / 2) }, 'Lead', { after: a.id })
    }
    expect([await versionAndHistory(b), await versionAndHistory(c)]).toEqual([
      [16, 1],
      [16, 1],
    ])
    expect(await board('Lead')).toBe('A B C')
  })

  it('takes no deleted deal for a neighbour', async () => {
    await done(t, 'deleteDeal', { dealId: b.id, expectedVersion: 1 })
    await untouched([t], () => move(c, 'Lead', { after: a.id }))
    const x = await dealFixture(t, { name: 'X', stageId: sales.stage('Qualified') })
    await move(x, 'Lead', { after: a.id })
    expect(await board('Lead')).toBe('A X C')
  })

  it('moves no other deal', async () => {
    const others = [await versionAndHistory(a), await versionAndHistory(b)]
    await move(c, 'Lead', { before: a.id })
    expect([await versionAndHistory(a), await versionAndHistory(b)]).toEqual(others)
  })
})

describe('moveDeal with a place that is none', () => {
  const invalid = { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }
  const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }

  it.each(['before', 'after'])('refuses a neighbour in another stage: %s', async (argument) => {
    const errors = await refusal(t, 'moveDeal', place(a, 'Qualified', { [argument]: b.id }))
    expect(errors).toMatchObject([{ ...invalid, path: ['input', argument] }])
  })

  it.each(['before', 'after'])('refuses the deal itself: %s', async (argument) => {
    for (const stage of ['Lead', 'Qualified']) {
      const errors = await refusal(t, 'moveDeal', place(a, stage, { [argument]: a.id }))
      expect(errors).toMatchObject([{ ...invalid, path: ['input', argument] }])
    }
  })

  it.each(['before', 'after'])(
    'does not find an unknown or deleted neighbour: %s',
    async (argument) => {
      await done(t, 'deleteDeal', { dealId: b.id, expectedVersion: 1 })
      for (const id of [`deal_${randomUUID()}`, b.id]) {
        const errors = await refusal(t, 'moveDeal', place(a, 'Lead', { [argument]: id }))
        expect(errors).toMatchObject([{ ...missing, path: ['input', argument] }])
      }
    },
  )

  it.each(['before', 'after'])(
    'does not find a neighbour of another tenant: %s',
    async (argument) => {
      const stranger = await testTenant()
      await pipelineFixture(stranger)
      const theirs = await dealFixture(stranger)
      await untouched([stranger], async () => {
        const errors = await refusal(t, 'moveDeal', place(a, 'Lead', { [argument]: theirs.id }))
        expect(errors).toMatchObject([{ ...missing, path: ['input', argument] }])
      })
    },
  )

  it('refuses neighbours in the wrong order', async () => {
    const x = await dealFixture(t, { name: 'X', stageId: sales.stage('Qualified') })
    for (const where of [
      { after: b.id, before: a.id },
      { after: a.id, before: a.id },
    ]) {
      const errors = await refusal(t, 'moveDeal', place(x, 'Lead', where))
      expect(errors).toMatchObject([{ ...invalid, path: ['input', 'after'] }])
    }
  })
})

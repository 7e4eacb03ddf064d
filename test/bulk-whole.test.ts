import { beforeEach, describe, expect, it } from 'vitest'
import { dealRows } from './bulk-fixtures.ts'
import {
  ask,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  mutate,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const errors = 'userErrors { __typename code message path }'
const results = `results { deal { id version stageName } ${errors} } ${errors} replayed`
const movedResults = `results { deal { id version stageName } stageChange { id } ${errors} } replayed`

let t: TestTenant
let sales: PipelineFixture
let a: DealFixture
let b: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  a = await dealFixture(t, { name: 'A' })
  b = await dealFixture(t, { name: 'B' })
})

const at = ({ id }: { id: string }, expectedVersion = 1) => ({ dealId: id, expectedVersion })
const to = (deal: { id: string }, stage: string) => ({ ...at(deal), stageId: sales.stage(stage) })

const bulks = [
  [
    'moveDeals',
    (id: string, version: number) => ({ ...to({ id }, 'Won'), expectedVersion: version }),
  ],
  ['updateDeals', (id: string, version: number) => ({ ...at({ id }, version), name: 'New' })],
  ['deleteDeals', (id: string, version: number) => at({ id }, version)],
] as const

/** How many statements it takes to read the results of 2 items, and those of 20. */
async function readsOf(mutation: string, item: (id: string) => object, selection: string) {
  const document = `mutation ($items: [${mutation.replace(/^./, (letter) => letter.toUpperCase())}Item!]!) {
    ${mutation}(input: { items: $items }) { results { ${selection} } } }`
  const counts = []
  for (const count of [2, 20]) {
    const items = (await dealRows(t, sales, Array(count).fill({}))).map(item)
    const statements = await t.recordStatements(() => ask(t, document, { items }))
    const reading = statements.findLastIndex((text) => text.startsWith('BEGIN'))
    counts.push(statements.slice(reading).filter((text) => text.startsWith('SELECT')).length)
  }
  return counts
}

describe.each(bulks)('%s of all or nothing', (mutation, item) => {
  it('does nothing when one item is refused, and tells why', async () => {
    const c = await dealFixture(t, { name: 'C' })
    const items = [item(a.id, 1), item(b.id, 7), item(c.id, 1), item(b.id, 8)]
    await untouched([t], async () => {
      const payload = await mutate(t, mutation, { items, atomic: true }, results)
      expect(payload.userErrors).toEqual([
        {
          __typename: 'BulkRefused',
          code: 'BULK_REFUSED',
          message: '2 of 4 items were refused, so that none was done.',
          path: ['input', 'items'],
        },
      ])
      const conflict = { __typename: 'VersionConflict', code: 'VERSION_CONFLICT' }
      expect(payload.results).toMatchObject([
        { deal: null, userErrors: [] },
        {
          deal: null,
          userErrors: [{ ...conflict, path: ['input', 'items', '1', 'expectedVersion'] }],
        },
        { deal: null, userErrors: [] },
        {
          deal: null,
          userErrors: [{ ...conflict, path: ['input', 'items', '3', 'expectedVersion'] }],
        },
      ])
    })
  })

  it('does every item when none is refused', async () => {
    const items = [item(a.id, 1), item(b.id, 1)]
    const payload = await done(t, mutation, { items, atomic: true }, results)
    expect(payload.results).toMatchObject([
      { deal: { id: a.id, version: 2 }, userErrors: [] },
      { deal: { id: b.id, version: 2 }, userErrors: [] },
    ])
  })

  it('keeps no idempotency key of what it refused', async () => {
    const idempotencyKey = 'once'
    const wrong = { items: [item(a.id, 1), item(b.id, 7)], atomic: true, idempotencyKey }
    await untouched([t], () => mutate(t, mutation, wrong))
    const right = { ...wrong, items: [item(a.id, 1), item(b.id, 1)] }
    expect(await done(t, mutation, right, results)).toMatchObject({ replayed: false })
  })
})

describe.each(bulks)('%s', (mutation, item) => {
  it('takes 1 to 100 items', async () => {
    const ids = await dealRows(t, sales, Array(101).fill({}))
    for (const count of [0, 101]) {
      const items = ids.slice(0, count).map((id) => item(id, 1))
      expect(await refusal(t, mutation, { items })).toEqual([
        {
          __typename: 'ValidationError',
          code: 'VALIDATION_ERROR',
          message: `A bulk has 1 to 100 items, not ${count}.`,
          path: ['input', 'items'],
        },
      ])
    }
    const items = ids.slice(0, 100).map((id) => item(id, 1))
    const payload = await done(t, mutation, { items }, results)
    expect(payload.results.map(({ deal }: { deal: DealFixture }) => deal.id)).toEqual(
      ids.slice(0, 100),
    )
    const events = (await eventsOf(t)).slice(-100)
    expect(new Set(events.map(({ revision }) => revision)).size).toBe(1)
    expect(events.map(({ dealId }) => `deal_${dealId}`)).toEqual(ids.slice(0, 100))
  })

  it('has no results when it is refused before its items are looked at', async () => {
    const { results: none } = await mutate(t, mutation, { items: [] }, 'results { deal { id } }')
    expect(none).toEqual([])
  })

  it('answers a retry as the first time, with what was refused', async () => {
    const input = { items: [item(a.id, 1), item(b.id, 7)], idempotencyKey: 'again' }
    const first = await done(t, mutation, input, results)
    expect(first.results).toMatchObject([
      { deal: { id: a.id, version: 2 } },
      { deal: null, userErrors: [{ code: 'VERSION_CONFLICT' }] },
    ])
    await untouched([t], async () => {
      expect(await done(t, mutation, input, results)).toEqual({ ...first, replayed: true })
    })
  })

  it('reads its results back in two statements, with the stages’ names, for 2 deals and for 20', async () => {
    const selection = `deal { id organization { name } contacts { contact { name } } stageName } ${errors}`
    expect(await readsOf(mutation, (id) => item(id, 1), selection)).toEqual([2, 2])
  })

  it('reads the deals of version conflicts in one statement for 2 and for 20', async () => {
    const selection = 'userErrors { ... on VersionConflict { deal { id organization { name } } } }'
    expect(await readsOf(mutation, (id) => item(id, 7), selection)).toEqual([1, 1])
  })
})

describe('moveDeals', () => {
  it('answers a retry with the stage changes of the first time', async () => {
    const input = { items: [to(a, 'Qualified'), to(b, 'Lead')], idempotencyKey: 'again' }
    const first = await done(t, 'moveDeals', input, movedResults)
    await done(t, 'moveDeal', { ...to(a, 'Won'), expectedVersion: 2 })
    const again = await done(t, 'moveDeals', input, movedResults)
    expect(again).toMatchObject({
      replayed: true,
      results: [
        { deal: { version: 3, stageName: 'Won' }, stageChange: first.results[0].stageChange },
        { deal: { id: b.id, version: 1 }, stageChange: null },
      ],
    })
  })

  it('reads the stage changes back in one statement more', async () => {
    const selection = 'deal { id } stageChange { seq fromStage { name } }'
    expect(await readsOf('moveDeals', (id) => to({ id }, 'Won'), selection)).toEqual([2, 2])
  })

  it('locks the deals once, in the order of their ids, before it changes one', async () => {
    const document = `mutation ($items: [MoveDealsItem!]!) { moveDeals(input: { items: $items }) { userErrors { code } } }`
    const items = [to(b, 'Won'), to(a, 'Won')]
    const statements = await t.recordStatements(() => ask(t, document, { items }))
    const locks = statements.flatMap((text, index) => (/FOR UPDATE/.test(text) ? [index] : []))
    const change = statements.findIndex((text) => /FROM move_deals\(/.test(text))
    expect(locks).toHaveLength(1)
    expect(statements[locks[0] ?? 0]).toMatch(/ORDER BY id FOR UPDATE/)
    expect(locks[0]).toBeLessThan(change)
  })
})

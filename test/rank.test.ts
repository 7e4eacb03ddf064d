import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Transaction } from '../src/database/transaction.ts'
import { encodeId, newId } from '../src/ids.ts'
import { type Place, placeOf } from '../src/rank/service.ts'
import { dealRows, rowId } from './bulk-fixtures.ts'
import {
  ask,
  askMutation,
  done,
  eventsOf,
  keyOfMember,
  memberFixture,
  type PipelineFixture,
  pipelineFixture,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const longest = 24

interface Card {
  id: string
  rank: string
}

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
})

let lastNumber = 1000

async function insertCards({ db, tenantId, now }: Transaction, cards: Card[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO deal (tenant_id, id, number, name, currency, value_period, status, pipeline_id, stage_id, rank,
      stage_entered_at, version, created_at, updated_at)
    SELECT ${tenantId}::uuid, id, ${lastNumber} + row_number() OVER (), 'Deal', 'USD', 'ONE_TIME', 'OPEN',
      ${rowId(sales.id)}::uuid, ${rowId(sales.stage('Lead'))}::uuid, rank, ${now}, 1, ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(cards)}::jsonb) AS r(id uuid, rank text)`
  lastNumber += cards.length
}

/** Deals of these ranks in Lead, with ids that rise in the order of the ranks given. */
async function cardsInLead(ranks: string[]): Promise<Card[]> {
  const cards = ranks.map((rank) => ({ rank, id: newId() }))
  await t.write(async (tx) => {
    await insertCards(tx, cards)
    tx.emit({ type: 'deal.imported' })
  })
  return cards
}

/** The live deals of Lead in the order of its board. */
function board(): Promise<Card[]> {
  const stageId = rowId(sales.stage('Lead'))
  return t.read(
    (db) => db.$queryRaw<Card[]>`
      SELECT id, rank FROM deal
      WHERE tenant_id = ${t.tenantId}::uuid AND stage_id = ${stageId}::uuid AND deleted_at IS NULL ORDER BY rank, id`,
  )
}

const idsOf = (cards: Card[]) => cards.map(({ id }) => id)
const longestOf = (cards: Card[]) => Math.max(...cards.map(({ rank }) => rank.length))

/** The transaction with a count of the rows that take new ranks in it. */
function counting(tx: Transaction, count: (rows: number) => void): Transaction {
  const $executeRaw = async (...args: Parameters<typeof tx.db.$executeRaw>) => {
    const rows = await tx.db.$executeRaw(...args)
    count(rows)
    return rows
  }
  const get = (db: typeof tx.db, name: keyof typeof tx.db) =>
    name === '$executeRaw' ? $executeRaw : db[name]
  return { ...tx, db: new Proxy(tx.db, { get }) }
}

/**
 * Drops cards one after the other at the place that `next` tells. Where a short rank is free it is
 * what `placeOf` gives too, and is only noted; wherever none is, `placeOf` makes room in the rows.
 */
async function drop(cards: Card[], count: number, next: (board: Card[], last: string) => number) {
  const stageId = rowId(sales.stage('Lead'))
  let noted: Card[] = []
  let [last, rewritten, shown] = ['', 0, [...cards]]
  for (let round = 0; round < count; round += 1) {
    const card = { id: newId(), rank: '' }
    const index = next(shown, last)
    const [above, below] = [shown[index - 1], shown[index]]
    card.rank = generateKeyBetween(above?.rank, below?.rank)
    noted.push(card)
    shown.splice(index, 0, card)
    last = card.id
    if (card.rank.length <= longest && round < count - 1) continue
    await t.write(async (tx) => {
      await insertCards(tx, noted.slice(0, -1))
      const place: Place = above ? { after: above.id } : { before: below?.id ?? '' }
      const counted = counting(tx, (rows) => {
        rewritten += rows
      })
      const rank = (await placeOf(counted, { dealId: card.id, stageId, ...place })) ?? ''
      await insertCards(tx, [{ ...card, rank }])
      tx.emit({ type: 'deal.imported' })
    })
    const stored = await board()
    expect(idsOf(stored)).toEqual(idsOf(shown))
    expect(longestOf(stored)).toBeLessThanOrEqual(longest)
    shown = stored
    noted = []
  }
  return { shown, rewritten }
}

const turnByTurn = (shown: Card[], last: string) =>
  Math.max(1, shown.findIndex(({ id }) => id === last) + (shown.length % 2))

describe('inserts at one place', () => {
  it.each([
    [10_000, 'behind the first', () => 1],
    [2000, 'before the last', (shown: Card[]) => shown.length - 1],
    [3000, 'above and below the one before in turn', turnByTurn],
  ])(
    'keep every rank short and rewrite few: %i %s',
    async (count, _, next) => {
      const cards = await cardsInLead(['a0', 'a1'])
      const { shown, rewritten } = await drop(cards, count, next)
      expect(shown).toHaveLength(count + 2)
      expect(new Set(shown.map(({ rank }) => rank)).size).toBe(count + 2)
      expect(rewritten).toBeGreaterThan(0)
      expect(rewritten).toBeLessThan(4 * count)
    },
    240_000,
  )

  it('keep every rank short where it is the place of moves', async () => {
    const [first] = await cardsInLead(['a0', 'a1'])
    const ids = await dealRows(t, sales, Array(200).fill({ stage: 'Qualified' }))
    const where = { stageId: sales.stage('Lead'), after: encodeId('Deal', first?.id ?? '') }
    for (const part of [ids.slice(0, 100), ids.slice(100)]) {
      const items = part.map((dealId) => ({ dealId, expectedVersion: 1, ...where }))
      const { results } = await done(t, 'moveDeals', { items }, 'results { userErrors { code } }')
      expect(results.filter(({ userErrors }: { userErrors: [] }) => userErrors.length)).toEqual([])
    }
    const shown = await board()
    expect(idsOf(shown.slice(1, -1))).toEqual(ids.toReversed().map(rowId))
    expect(longestOf(shown)).toBeLessThanOrEqual(longest)
  })
})

/** Between these two nothing short is left. */
const tight = ['a0', `a0${'0'.repeat(22)}1`]

const idOf = (card: Card | undefined) => encodeId('Deal', card?.id ?? '')

function moveInLead(card: Card | undefined, place: Place) {
  const input = { dealId: idOf(card), stageId: sales.stage('Lead'), expectedVersion: 1, ...place }
  return done(t, 'moveDeal', input, 'deal { version }')
}

async function versions(cards: Card[]): Promise<number[]> {
  const { nodes } = await ask(
    t,
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Deal { version } } }',
    {
      ids: cards.map(idOf),
    },
  )
  return nodes.map(({ version }: { version: number }) => version)
}

describe('a place without a short rank', () => {
  it.each([
    ['after the first', ([a]: Card[]): Place => ({ after: idOf(a) })],
    ['before the second', ([, b]: Card[]): Place => ({ before: idOf(b) })],
  ])('gives the deals around it new ranks, which is no change of theirs: %s', async (_, place) => {
    const cards = await cardsInLead([...tight, 'a1', 'a2'])
    const [a, b, c, d] = cards
    const before = await eventsOf(t)
    await moveInLead(d, place(cards))
    const shown = await board()
    expect(idsOf(shown)).toEqual([a, d, b, c].map((card) => card?.id))
    expect(longestOf(shown)).toBeLessThan(longest)
    expect(await versions(cards)).toEqual([1, 1, 1, 2])
    const events = (await eventsOf(t)).slice(before.length)
    expect(events.map(({ type }) => type)).toEqual(['deal.reordered'])
  })

  it('is looked for farther away where the deals around it stand as close', async () => {
    const [low, high = ''] = tight
    const cards = await cardsInLead(['a0', ...generateNKeysBetween(low, high, 100), high, 'a1'])
    const moved = cards.at(-1)
    await moveInLead(moved, { after: idOf(cards[50]) })
    const shown = await board()
    const others = idsOf(cards.slice(0, -1))
    expect(idsOf(shown)).toEqual(others.toSpliced(51, 0, moved?.id ?? ''))
    expect(longestOf(shown)).toBeLessThan(longest)
  })
})

describe('deals of the same rank', () => {
  it.each([
    ['after the first of them', ([, b]: Card[]): Place => ({ after: idOf(b) }), 2],
    ['before the last of them', ([, , , d]: Card[]): Place => ({ before: idOf(d) }), 3],
    [
      'between two of them',
      ([, , c, d]: Card[]): Place => ({ after: idOf(c), before: idOf(d) }),
      3,
    ],
    ['before all of them', ([, b]: Card[]): Place => ({ before: idOf(b) }), 1],
  ])('take a deal directly %s', async (_, place, index) => {
    const cards = await cardsInLead(['a0', 'a1', 'a1', 'a1', 'a2'])
    const moved = cards.at(-1)
    await moveInLead(moved, place(cards))
    const shown = await board()
    expect(idsOf(shown)).toEqual(idsOf(cards.slice(0, -1)).toSpliced(index, 0, moved?.id ?? ''))
  })

  it('stand in the order of their ids, so that a place among them can be where a deal is', async () => {
    const [a, b, c] = await cardsInLead(['a1', 'a1', 'a1'])
    await untouched([t], () => moveInLead(b, { after: idOf(a) }))
    await untouched([t], () => moveInLead(b, { before: idOf(c) }))
    await moveInLead(c, { before: idOf(b) })
    expect(idsOf(await board())).toEqual([a, c, b].map((card) => card?.id))
  })

  it('take a deal among them however many they are', async () => {
    const cards = await cardsInLead([...Array(300).fill('a1'), 'a2'])
    const moved = cards.at(-1)
    await moveInLead(moved, { after: idOf(cards[149]) })
    const shown = await board()
    const others = idsOf(cards.slice(0, -1))
    expect(idsOf(shown)).toEqual(others.toSpliced(150, 0, moved?.id ?? ''))
  })
})

describe('two members who drop deals at the same place at once', () => {
  it.each([
    ['where there is room', ['a0', 'a1']],
    ['where there is none', tight],
  ])('both succeed, each with a rank of its own, %s', async (_, ranks) => {
    const [above, below] = await cardsInLead(ranks)
    const ids = await dealRows(t, sales, [{ stage: 'Qualified' }, { stage: 'Qualified' }])
    const keys = await Promise.all(
      ['Ada', 'Grace'].map(async (name) => keyOfMember(t, await memberFixture(t, name))),
    )
    const place = { stageId: sales.stage('Lead'), after: idOf(above), before: idOf(below) }
    const answers = await Promise.all(
      ids.map((dealId, index) => {
        const as = keys[index] as { key: string }
        const input = { dealId, expectedVersion: 1, ...place }
        return askMutation(t, 'moveDeal', input, { selection: 'deal { rank }', as })
      }),
    )
    expect(answers.flatMap(({ data }) => data.moveDeal.userErrors)).toEqual([])
    const shown = await board()
    expect(new Set(idsOf(shown.slice(1, -1)))).toEqual(new Set(ids.map(rowId)))
    expect([shown[0]?.id, shown.at(-1)?.id]).toEqual([above?.id, below?.id])
    expect(new Set(shown.map(({ rank }) => rank)).size).toBe(4)
  })
})

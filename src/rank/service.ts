import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'
import type { Transaction } from '../database/transaction.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'

export interface Place {
  /** The deal to stand directly before. */
  before?: string | null
  /** The deal to stand directly after. */
  after?: string | null
}

interface Placed extends Place {
  dealId: string
  stageId: string
}

/** A rank longer than this makes its neighbours take new ones. */
const longestRank = 24
const smallestWindow = 32

interface Gap {
  previous: string | null
  next: string | null
}

/** A rank behind the last live deal of the stage. */
export async function lastPlace(tx: Transaction, stageId: string): Promise<string> {
  return generateKeyBetween(await neighbour(tx, { stageId, order: 'desc' }), null)
}

/**
 * The rank at a place on the stage's board, its end when no neighbour is named. Null when the deal
 * stands there already.
 */
export async function placeOf(
  tx: Transaction,
  placed: Placed,
  rank?: string,
): Promise<string | null> {
  const gap = await gapAt(tx, placed)
  if (rank !== undefined && isInside(rank, gap)) return null
  const key = generateKeyBetween(gap.previous, gap.next)
  if (key.length <= longestRank) return key
  await spread(tx, placed, gap)
  const wider = await gapAt(tx, placed)
  return generateKeyBetween(wider.previous, wider.next)
}

function isInside(rank: string, { previous, next }: Gap): boolean {
  return (previous === null || previous < rank) && (next === null || rank < next)
}

/** One named neighbour is enough: the other is who stands there now; none means the end. */
async function gapAt(tx: Transaction, placed: Placed): Promise<Gap> {
  const { stageId, dealId } = placed
  const previous = placed.after ? await rankOf(tx, placed, 'after') : null
  const next = placed.before ? await rankOf(tx, placed, 'before') : null
  if (previous !== null && next !== null && previous >= next) {
    const message = '`after` stands behind `before`: name neighbours in their order.'
    refuse(invalid(message, ['input', 'after']))
  }
  if (previous !== null) {
    const above = { stageId, dealId, rank: { gt: previous }, order: 'asc' } as const
    return { previous, next: await neighbour(tx, above) }
  }
  const under = next === null ? {} : { rank: { lt: next } }
  const below = { stageId, dealId, ...under, order: 'desc' } as const
  return { previous: await neighbour(tx, below), next }
}

async function rankOf(
  { db, tenantId }: Transaction,
  { dealId, stageId, ...place }: Placed,
  argument: 'before' | 'after',
): Promise<string> {
  const path = ['input', argument]
  const id = place[argument] ?? ''
  if (id === dealId) refuse(invalid('A deal cannot stand next to itself.', path))
  const found = await db.deal.findFirst({ where: { tenantId, id, deletedAt: null } })
  if (!found) return refuse(notFound('deal', path))
  if (found.stageId !== stageId) refuse(invalid('That deal is not in the stage moved to.', path))
  return found.rank
}

interface Search {
  stageId: string
  /** The deal that shall stand there, which is no neighbour of itself. */
  dealId?: string
  rank?: { gt: string } | { lt: string }
  order: 'asc' | 'desc'
}

async function neighbour(
  { db, tenantId }: Transaction,
  { stageId, dealId, rank, order }: Search,
): Promise<string | null> {
  const deal = await db.deal.findFirst({
    where: {
      ...{ tenantId, stageId, deletedAt: null },
      ...(rank && { rank }),
      ...(dealId && { id: { not: dealId } }),
    },
    orderBy: [{ rank: order }, { id: order }],
    select: { rank: true },
  })
  return deal?.rank ?? null
}

/**
 * Gives the deals around a gap new ranks, evenly between those at the ends of a window that grows
 * until the new ranks are short. No deal changes its place, so none changes its version.
 */
async function spread(tx: Transaction, { stageId }: Placed, gap: Gap): Promise<void> {
  for (let size = smallestWindow; ; size *= 4) {
    const below = await around(tx, stageId, { lte: gap.previous ?? '' }, size)
    const above = await around(tx, stageId, { gt: gap.previous ?? '' }, size)
    const low = below.length > size ? (below.pop()?.rank ?? null) : null
    const high = above.length > size ? (above.pop()?.rank ?? null) : null
    const deals = [...below.reverse(), ...above]
    const ranks = generateNKeysBetween(low, high, deals.length)
    const isWhole = low === null && high === null
    if (!isWhole && ranks.some((rank) => rank.length > longestRank / 2)) continue
    return writeRanks(
      tx,
      deals.map(({ id }, index) => ({ id, rank: ranks[index] ?? '' })),
    )
  }
}

/** The deals next to a rank on one side, the nearest first, and one more than asked for. */
function around(
  { db, tenantId }: Transaction,
  stageId: string,
  rank: { lte: string } | { gt: string },
  size: number,
): Promise<{ id: string; rank: string }[]> {
  const order = 'gt' in rank ? 'asc' : 'desc'
  return db.deal.findMany({
    where: { tenantId, stageId, deletedAt: null, rank },
    orderBy: [{ rank: order }, { id: order }],
    take: size + 1,
    select: { id: true, rank: true },
  })
}

async function writeRanks(
  { db, tenantId }: Transaction,
  ranks: { id: string; rank: string }[],
): Promise<void> {
  await db.$executeRaw`
    UPDATE deal SET rank = r.rank
    FROM jsonb_to_recordset(${JSON.stringify(ranks)}::jsonb) AS r(id uuid, rank text)
    WHERE deal.tenant_id = ${tenantId}::uuid AND deal.id = r.id`
}

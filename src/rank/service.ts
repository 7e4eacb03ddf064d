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

/** Where a deal stands. Deals of the same rank, as another system may have left them, stand by their ids. */
interface Spot {
  rank: string
  id: string
}

interface Gap {
  previous: Spot | null
  next: Spot | null
}

/** A rank behind the last live deal of the stage. */
export async function lastPlace(tx: Transaction, stageId: string): Promise<string> {
  const [last] = await spots(tx, { stageId, order: 'desc', take: 1 })
  return generateKeyBetween(last?.rank ?? null, null)
}

/**
 * The rank at a place on the stage's board, its end when no neighbour is named. Null when the deal
 * stands there already. Where no short rank is left the deals around the place take new ones, which
 * changes neither their order nor their versions.
 */
export async function placeOf(
  tx: Transaction,
  placed: Placed,
  rank?: string,
): Promise<string | null> {
  const { stageId, dealId } = placed
  const gap = await gapAt(tx, placed)
  if (rank !== undefined && isInside({ rank, id: dealId }, gap)) return null
  const free = rankIn(gap)
  if (free !== null && free.length <= longestRank) return free
  await spread(tx, stageId, gap.previous)
  return rankIn(await gapAt(tx, placed))
}

/** A rank between two spots; null where they have the same one. */
function rankIn({ previous, next }: Gap): string | null {
  if (previous && next && previous.rank === next.rank) return null
  return generateKeyBetween(previous?.rank ?? null, next?.rank ?? null)
}

function isInside(spot: Spot, { previous, next }: Gap): boolean {
  return (!previous || precedes(previous, spot)) && (!next || precedes(spot, next))
}

function precedes(one: Spot, other: Spot): boolean {
  return one.rank === other.rank ? one.id < other.id : one.rank < other.rank
}

/** One named neighbour is enough: the other is who stands there now; none means the end. */
async function gapAt(tx: Transaction, placed: Placed): Promise<Gap> {
  const { stageId, dealId } = placed
  const previous = placed.after ? await spotOf(tx, placed, 'after') : null
  const next = placed.before ? await spotOf(tx, placed, 'before') : null
  if (previous && next && !precedes(previous, next)) {
    const message = '`after` stands behind `before`: name neighbours in their order.'
    refuse(invalid(message, ['input', 'after']))
  }
  const [order, from] = previous ? (['asc', previous] as const) : (['desc', next] as const)
  const [other = null] = await spots(tx, { stageId, order, from, without: dealId, take: 1 })
  return previous ? { previous, next: other } : { previous: other, next }
}

async function spotOf(
  { db, tenantId }: Transaction,
  { dealId, stageId, ...place }: Placed,
  argument: 'before' | 'after',
): Promise<Spot> {
  const path = ['input', argument]
  const id = place[argument] ?? ''
  if (id === dealId) refuse(invalid('A deal cannot stand next to itself.', path))
  const found = await db.deal.findFirst({ where: { tenantId, id, deletedAt: null } })
  if (!found) return refuse(notFound('deal', path))
  if (found.stageId !== stageId) refuse(invalid('That deal is not in the stage moved to.', path))
  return found
}

interface Search {
  stageId: string
  order: 'asc' | 'desc'
  /** Only what stands beyond this spot in the order. */
  from?: Spot | null
  /** The deal that shall stand there, which is no neighbour of itself. */
  without?: string
  take: number
}

/** Where the live deals of a stage stand, those too that the viewer does not see. */
function spots({ db }: Transaction, search: Search): Promise<Spot[]> {
  const { stageId, order, from = null, without = null, take } = search
  return db.$queryRaw<Spot[]>`
    SELECT id, rank FROM places_in_stage(${stageId}::uuid, ${order === 'asc'}, ${from?.rank ?? null}, ${from?.id ?? null}::uuid,
      ${without}::uuid, ${take}::integer)`
}

/**
 * Gives the deals on both sides of a gap new ranks, evenly between the two that bound a window. It
 * grows until the new ranks are short, so that there is room for many before the next time.
 */
async function spread(tx: Transaction, stageId: string, previous: Spot | null): Promise<void> {
  for (let size = smallestWindow; ; size *= 4) {
    const search = { stageId, from: previous, take: size + 1 }
    const below = previous ? await spots(tx, { ...search, order: 'desc' }) : []
    const above = await spots(tx, { ...search, order: 'asc' })
    const low = below.length > size ? (below.pop()?.rank ?? null) : null
    const high = above.length > size ? (above.pop()?.rank ?? null) : null
    if (low !== null && low === high) continue
    const deals = [...below.reverse(), ...(previous ? [previous] : []), ...above]
    const ranks = generateNKeysBetween(low, high, deals.length)
    const isWhole = low === null && high === null
    if (!isWhole && ranks.some((rank) => rank.length > longestRank / 2)) continue
    return writeRanks(
      tx,
      deals.map(({ id }, index) => ({ id, rank: ranks[index] ?? '' })),
    )
  }
}

async function writeRanks({ db }: Transaction, ranks: Spot[]): Promise<void> {
  await db.$executeRaw`SELECT give_ranks(${JSON.stringify(ranks)}::jsonb)`
}

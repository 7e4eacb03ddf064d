import type DataLoader from 'dataloader'
import { type BatchSource, inOrder } from './context.ts'
import { Prisma } from './generated/prisma/client.ts'

type Amount = Prisma.Decimal | null

/**
 * Prisma reads what comes with a parent as JSON, whose numbers keep 15 digits: from here on an
 * amount may have more.
 */
const exactBelow = new Prisma.Decimal('100000000000')

interface Amounted {
  id: string
  amount: Amount
}

/** The amount of a row as it is stored, whichever way the row was read. */
export async function exactAmount(
  { id, amount }: Amounted,
  stored: DataLoader<string, Amount>,
): Promise<Amount> {
  return amount?.abs().gte(exactBelow) ? stored.load(id) : amount
}

/** The amounts of deals, by their ids. */
export async function dealAmounts(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<Amount[]> {
  const find = { where: { tenantId, id: { in: [...ids] } }, select: { id: true, amount: true } }
  return inOrder(ids, await db.deal.findMany(find)).map(({ amount }) => amount)
}

/** The amounts that deals had at changes of their stages, by the ids of those. */
export async function changeAmounts(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<Amount[]> {
  const find = { where: { tenantId, id: { in: [...ids] } }, select: { id: true, amount: true } }
  return inOrder(ids, await db.stageChange.findMany(find)).map(({ amount }) => amount)
}

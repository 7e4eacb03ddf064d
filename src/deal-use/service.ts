import type { Transaction } from '../database/transaction.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { refuse, type StillInUse } from '../user-errors.ts'

export interface Use {
  /** Which deals need what is to go or to change. */
  deals: Prisma.DealWhereInput
  message: (count: number) => string
  path: string[]
}

const mostDeals = 10

/** Refuses while deals that the viewer does not see need a thing, and tells nothing of them. */
export async function refuseUnseenUse(
  { db, dealsOf }: Transaction,
  { id, what, path }: { id: string; what: string; path: string[] },
): Promise<void> {
  if (dealsOf === null) return
  const [unseen] = await db.$queryRaw<{ needed: boolean }[]>`
    SELECT unseen_deals_need(${id}::uuid) AS needed`
  if (!unseen?.needed) return
  const message = `Deals that you may not see need this ${what}: ask an administrator.`
  refuse({ code: 'STILL_IN_USE', message, path, count: 0, dealIds: [] } as StillInUse)
}

/** Refuses while there are such deals, deleted ones too, with their number and the first of them. */
export async function refuseInUse(
  { db, tenantId }: Transaction,
  { deals, message, path }: Use,
): Promise<void> {
  const where = { AND: [{ tenantId }, deals] }
  const first = await db.deal.findMany({
    where,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: mostDeals,
    select: { id: true },
  })
  if (first.length === 0) return
  const count = await db.deal.count({ where })
  const dealIds = first.map(({ id }) => id)
  const error: StillInUse = { code: 'STILL_IN_USE', message: message(count), path, count, dealIds }
  refuse(error)
}

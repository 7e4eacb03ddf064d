import type { Batch, BatchSource } from '../context.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { mostIds, Search } from '../search.ts'

/** What a deal belongs to; a contact by the deal's link to it. */
export type DealParent = 'stageId' | 'pipelineId' | 'organizationId' | 'ownerId' | 'contactId'

/** Counts the deals of many parents of one type under one condition in one statement. */
export function countDeals(
  column: DealParent,
  where: object,
): { batch: Batch<number>; key: string } {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
  return {
    key: `countDeals ${column} ${JSON.stringify(where, plain)}`,
    async batch(source, ids) {
      const counts = new Map(await countsOf(source, column, ids, where))
      return ids.map((id) => counts.get(id) ?? 0)
    },
  }
}

/**
 * What leads a list to the deals of a viewer who sees only their own, which the policies of the
 * database see to anyway: without it a few deals would be looked for among all of the tenant.
 */
export function ownDeals(dealsOf: string | null): Search[] {
  const own = Prisma.sql`(SELECT DISTINCT id FROM visible_deals() AS id LIMIT ${mostIds + 1})`
  return dealsOf === null ? [] : [new Search(own, {})]
}

type Count = [id: string | null, count: number]

async function countsOf(
  { db, tenantId }: BatchSource,
  column: DealParent,
  ids: readonly string[],
  where: object,
): Promise<Count[]> {
  const within = { tenantId, [column]: { in: [...ids] } }
  const _count = { _all: true } as const
  if (column === 'contactId') {
    const links = await db.dealContact.groupBy({
      by: [column],
      where: { AND: [within, { deal: where }] },
      _count,
    })
    return links.map((link): Count => [link.contactId, link._count._all])
  }
  const deals = await db.deal.groupBy({ by: [column], where: { AND: [within, where] }, _count })
  return deals.map((deal): Count => [deal[column], deal._count._all])
}

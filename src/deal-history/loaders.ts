import type { BatchSource } from '../context.ts'

/**
 * How many stage changes deals have had, by the deals' ids. Entries are gapless from 1, so the last
 * number is the count.
 */
export async function historyLengths(
  { db, tenantId }: BatchSource,
  dealIds: readonly string[],
): Promise<number[]> {
  const groups = await db.stageChange.groupBy({
    by: ['dealId'],
    where: { tenantId, dealId: { in: [...dealIds] } },
    _max: { seq: true },
  })
  const lengths = new Map(groups.map(({ dealId, _max }) => [dealId, _max.seq ?? 0]))
  return dealIds.map((id) => lengths.get(id) ?? 0)
}

/** How many audited changes deals have had, by the deals' ids. */
export async function changeCounts(
  { db, tenantId }: BatchSource,
  dealIds: readonly string[],
): Promise<number[]> {
  const groups = await db.dealChange.groupBy({
    by: ['dealId'],
    where: { tenantId, dealId: { in: [...dealIds] } },
    _count: true,
  })
  const counts = new Map(groups.map(({ dealId, _count }) => [dealId, _count]))
  return dealIds.map((id) => counts.get(id) ?? 0)
}

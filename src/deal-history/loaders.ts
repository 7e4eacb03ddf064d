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

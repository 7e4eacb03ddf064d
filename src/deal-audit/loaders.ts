import type { BatchSource } from '../context.ts'

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

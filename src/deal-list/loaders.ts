import type { Batch } from '../context.ts'

/** Counts the deals of many stages, or of many pipelines, under one condition in one statement. */
export function countDeals(
  column: 'stageId' | 'pipelineId',
  where: object,
): { batch: Batch<number>; key: string } {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
  return {
    key: `countDeals ${column} ${JSON.stringify(where, plain)}`,
    async batch({ db, tenantId }, ids) {
      const groups = await db.deal.groupBy({
        by: [column],
        where: { AND: [{ tenantId, [column]: { in: [...ids] } }, where] },
        _count: { _all: true },
      })
      const counts = new Map(groups.map((group) => [group[column], group._count._all]))
      return ids.map((id) => counts.get(id) ?? 0)
    },
  }
}

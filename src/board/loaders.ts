import type { BatchSource } from '../context.ts'
import type { Prisma } from '../generated/prisma/client.ts'

export interface StageTotal {
  currency: string
  count: number
  amount: Prisma.Decimal
  weightedAmount: Prisma.Decimal
}

/** The totals of stages, one for each currency, all of them in one grouped statement. */
export async function stageTotals(
  { db, tenantId }: BatchSource,
  stageIds: readonly string[],
): Promise<StageTotal[][]> {
  const rows = await db.$queryRaw<(StageTotal & { stageId: string })[]>`
    SELECT d.stage_id AS "stageId", d.currency, count(*)::int AS count, coalesce(sum(d.amount), 0) AS amount,
      coalesce(sum(d.amount * CASE d.status WHEN 'WON' THEN 100 WHEN 'LOST' THEN 0
        ELSE coalesce(d.confidence, s.probability) END / 100), 0) AS "weightedAmount"
    FROM deal d JOIN stage s ON s.tenant_id = d.tenant_id AND s.id = d.stage_id
    WHERE d.tenant_id = ${tenantId}::uuid AND d.stage_id = ANY(${[...stageIds]}::uuid[]) AND d.deleted_at IS NULL
    GROUP BY d.stage_id, d.currency
    ORDER BY d.currency`
  return stageIds.map((id) => rows.filter((row) => row.stageId === id))
}

import type { Batch, BatchSource } from '../context.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** What deals come to in one currency. */
export interface Total {
  currency: string
  count: number
  amount: Prisma.Decimal
  weightedAmount: Prisma.Decimal
}

export type TotalsParent = 'pipeline' | 'organization' | 'contact' | 'owner'

/** The totals of stages, one for each currency. */
export function stageTotals(source: BatchSource, stageIds: readonly string[]): Promise<Total[][]> {
  const stage = Prisma.sql`t.stage_id`
  return keptTotals(source, stage, stageIds, Prisma.empty)
}

/**
 * The totals of the deals below many parents of one type, one for each currency: those of pipelines
 * from the totals of their stages, all others by counting the deals.
 */
export function dealTotals(
  parent: TotalsParent,
  status: string | null | undefined,
): { batch: Batch<Total[]>; key: string } {
  return {
    key: `dealTotals ${parent} ${status ?? ''}`,
    batch(source, ids) {
      if (parent !== 'pipeline') return countedTotals(source, parent, ids, status)
      const ofKind = status ? Prisma.sql`AND s.kind = ${status}` : Prisma.empty
      return keptTotals(source, Prisma.sql`s.pipeline_id`, ids, ofKind)
    },
  }
}

/**
 * As stage_total keeps them for who sees all deals, by counting for who sees their own. Amounts are
 * multiplied by hundredths, which is exact where a division would be rounded.
 */
async function keptTotals(
  { db, tenantId }: BatchSource,
  parent: Prisma.Sql,
  ids: readonly string[],
  ofKind: Prisma.Sql,
): Promise<Total[][]> {
  const rows = await db.$queryRaw<TotalRow[]>`
    SELECT ${parent} AS "parentId", t.currency, sum(t.count)::int AS count, sum(t.amount) AS amount,
      sum(CASE s.kind WHEN 'WON' THEN t.amount WHEN 'LOST' THEN 0
        ELSE (t.weighted_by_own + (t.amount - t.confident_amount) * s.probability) * 0.01 END) AS "weightedAmount"
    FROM visible_stage_totals() t JOIN stage s ON s.tenant_id = t.tenant_id AND s.id = t.stage_id
    WHERE t.tenant_id = ${tenantId}::uuid AND ${parent} = ANY(${[...ids]}::uuid[]) AND t.count > 0 ${ofKind}
    GROUP BY ${parent}, t.currency
    ORDER BY t.currency`
  return byParent(rows, ids)
}

async function countedTotals(
  { db, tenantId }: BatchSource,
  parent: Exclude<TotalsParent, 'pipeline'>,
  ids: readonly string[],
  status: string | null | undefined,
): Promise<Total[][]> {
  const { column, link } = parents[parent]
  const ofStatus = status ? Prisma.sql`AND d.status = ${status}` : Prisma.empty
  const rows = await db.$queryRaw<TotalRow[]>`
    SELECT ${column} AS "parentId", d.currency, count(*)::int AS count, coalesce(sum(d.amount), 0) AS amount,
      coalesce(sum(d.amount * CASE d.status WHEN 'WON' THEN 100 WHEN 'LOST' THEN 0
        ELSE coalesce(d.confidence, s.probability) END * 0.01), 0) AS "weightedAmount"
    FROM deal d JOIN stage s ON s.tenant_id = d.tenant_id AND s.id = d.stage_id ${link}
    WHERE d.tenant_id = ${tenantId}::uuid AND ${column} = ANY(${[...ids]}::uuid[]) AND d.deleted_at IS NULL ${ofStatus}
    GROUP BY ${column}, d.currency
    ORDER BY d.currency`
  return byParent(rows, ids)
}

const parents = {
  organization: { column: Prisma.sql`d.organization_id`, link: Prisma.empty },
  owner: { column: Prisma.sql`d.owner_id`, link: Prisma.empty },
  contact: {
    column: Prisma.sql`l.contact_id`,
    link: Prisma.sql`JOIN deal_contact l ON l.tenant_id = d.tenant_id AND l.deal_id = d.id`,
  },
}

type TotalRow = Total & { parentId: string }

function byParent(rows: TotalRow[], ids: readonly string[]): Total[][] {
  const totals = new Map<string, Total[]>(ids.map((id) => [id, []]))
  for (const row of rows) totals.get(row.parentId)?.push(row)
  return ids.map((id) => totals.get(id) ?? [])
}

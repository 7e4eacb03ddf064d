import type { Batch, BatchSource } from '../context.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { type ListScope, NotCompilable, type RowSql } from '../rows.ts'

/** What deals come to in one currency. */
export interface Total {
  currency: string
  count: number
  amount: Prisma.Decimal
  weightedAmount: Prisma.Decimal
}

export type TotalsParent = 'stage' | 'pipeline' | 'organization' | 'contact' | 'owner'

/** The totals of stages, one for each currency. */
export function stageTotals(source: BatchSource, stageIds: readonly string[]): Promise<Total[][]> {
  return totalsOf(source, stageIds, (of) => totalsQuery('stage', of))
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
    batch: (source, ids) => totalsOf(source, ids, (of) => totalsQuery(parent, of, status)),
  }
}

type Of = Pick<Totalled, 'tenantId' | 'which'>

/** The totals of the one parent that a row is, for a statement that has the row. */
export function totalsOfRow(
  parent: TotalsParent,
  row: RowSql,
  { viewer }: ListScope,
  status?: string | null,
): Prisma.Sql {
  // Of who sees only their own deals these are counted, all of them at once.
  if (viewer.dealsOf !== null) throw new NotCompilable('the viewer sees only their own deals')
  const [tenantId, which] = [row.column('tenantId'), row.column('id')]
  return totalsQuery(parent, { tenantId: Prisma.raw(tenantId), which: Prisma.raw(which) }, status)
}

function totalsQuery(parent: TotalsParent, of: Of, status?: string | null): Prisma.Sql {
  if (parent === 'stage') return keptTotals({ ...of, parent: Prisma.sql`t.stage_id`, status })
  if (parent === 'pipeline') return keptTotals({ ...of, parent: Prisma.sql`s.pipeline_id`, status })
  const { column, link } = parents[parent]
  return countedTotals({ ...of, parent: column, status }, link)
}

/** The deals, or the totals kept of them, whose totals are asked for. */
interface Totalled {
  tenantId: Prisma.Sql
  /** What they are totalled for, and for which of these. */
  parent: Prisma.Sql
  which: Prisma.Sql
  status: string | null | undefined
}

/**
 * As stage_total keeps them for who sees all deals, by counting for who sees their own. Amounts are
 * multiplied by hundredths, which is exact where a division would be rounded.
 */
function keptTotals({ tenantId, parent, which, status }: Totalled): Prisma.Sql {
  const ofKind = status ? Prisma.sql`AND s.kind = ${status}` : Prisma.empty
  return Prisma.sql`
    SELECT ${parent} AS "parentId", t.currency, sum(t.count)::int AS count, sum(t.amount) AS amount,
      sum(CASE s.kind WHEN 'WON' THEN t.amount WHEN 'LOST' THEN 0
        ELSE (t.weighted_by_own + (t.amount - t.confident_amount) * s.probability) * 0.01 END) AS "weightedAmount"
    FROM visible_stage_totals() t JOIN stage s ON s.tenant_id = t.tenant_id AND s.id = t.stage_id
    WHERE t.tenant_id = ${tenantId} AND ${parent} = ${which} AND t.count > 0 ${ofKind}
    GROUP BY ${parent}, t.currency
    ORDER BY t.currency`
}

function countedTotals({ tenantId, parent, which, status }: Totalled, link = Prisma.empty) {
  const ofStatus = status ? Prisma.sql`AND d.status = ${status}` : Prisma.empty
  return Prisma.sql`
    SELECT ${parent} AS "parentId", d.currency, count(*)::int AS count, coalesce(sum(d.amount), 0) AS amount,
      coalesce(sum(d.amount * CASE d.status WHEN 'WON' THEN 100 WHEN 'LOST' THEN 0
        ELSE coalesce(d.confidence, s.probability) END * 0.01), 0) AS "weightedAmount"
    FROM deal d JOIN stage s ON s.tenant_id = d.tenant_id AND s.id = d.stage_id ${link}
    WHERE d.tenant_id = ${tenantId} AND ${parent} = ${which} AND d.deleted_at IS NULL ${ofStatus}
    GROUP BY ${parent}, d.currency
    ORDER BY d.currency`
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

async function totalsOf(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
  query: (of: Of) => Prisma.Sql,
): Promise<Total[][]> {
  const which = Prisma.sql`ANY(${[...ids]}::uuid[])`
  const rows = await db.$queryRaw<TotalRow[]>(
    query({ tenantId: Prisma.sql`${tenantId}::uuid`, which }),
  )
  return byParent(rows, ids)
}

function byParent(rows: TotalRow[], ids: readonly string[]): Total[][] {
  const totals = new Map<string, Total[]>(ids.map((id) => [id, []]))
  for (const row of rows) totals.get(row.parentId)?.push(row)
  return ids.map((id) => totals.get(id) ?? [])
}

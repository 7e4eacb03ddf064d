import { generateKeyBetween } from 'fractional-indexing'
import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import {
  type ImportStage,
  type NewEntries,
  needsHistory,
  type StageEntry,
} from '../import-history/rules.ts'
import { findHistory, recordEntries } from '../import-history/service.ts'
import type { Links } from '../import-link/rules.ts'
import { createMissing, findLinks } from '../import-link/service.ts'
import { takeNumbers } from '../tenant/service.ts'
import {
  changedFields,
  type DealChanges,
  type Decision,
  decide,
  type ExistingDeal,
  entersStage,
  type ImportRow,
  type Known,
} from './rules.ts'

export interface Batch {
  pipelineId: string
  /** Where closed deals started. */
  entryStage: ImportStage
  /** Of a new deal whose row names none. */
  currency: string
  rows: ImportRow[]
}

interface NewDeal {
  id: string
  row: ImportRow
  links: Links
  entries: NewEntries
  rank: string
}

interface ChangedDeal {
  deal: ExistingDeal
  changes: DealChanges
  /** Its place in the stage it enters. */
  rank?: string
}

/**
 * Creates and updates the deals of the rows in one transaction, and says what it decided for each
 * row, in their order. The number of statements does not grow with the rows, but for one update per
 * changed deal.
 */
export async function writeBatch(tx: Transaction, batch: Batch): Promise<Decision[]> {
  const decided = await decideRows(tx, batch)
  const created = decided.flatMap(({ row, known, decision, rank }): NewDeal[] => {
    if (decision.outcome !== 'created' || !rank) return []
    return [{ id: newId(), row, links: known, entries: decision.entries, rank }]
  })
  const changed = decided.flatMap(({ known: { deal }, decision, rank }): ChangedDeal[] =>
    decision.outcome === 'updated' && deal ? [{ deal, changes: decision.changes, rank }] : [],
  )
  await createMissing(tx, [...created.map(({ links }) => links), ...changed.map((c) => c.changes)])
  await createDeals(tx, batch, created)
  for (const deal of changed) await updateDeal(tx, deal)
  await recordEntries(tx, [
    ...created.flatMap((deal) => entriesOfNew(batch, deal)),
    ...changed.flatMap((deal) => entriesOfChanged(batch, deal)),
  ])
  return decided.map(({ decision }) => decision)
}

/** A row that enters a stage gets its place there, so that places are in the order of the file. */
async function decideRows(tx: Transaction, batch: Batch) {
  const { rows, pipelineId, entryStage } = batch
  const deals = await findDeals(tx, rows)
  const history = await findHistory(tx, dealsInNeedOfHistory(rows, deals))
  const linksOf = await findLinks(tx, rows)
  const nextRank = await ranksBehind(tx, pipelineId)
  return rows.map((row) => {
    const deal = deals.get(row.externalId)
    const past = { deal, history: history.get(deal?.id ?? '') }
    const known: Known = { pipelineId, entryStage, now: tx.now, ...past, ...linksOf(row) }
    const decision = decide(row, known)
    return {
      row,
      known,
      decision,
      rank: entersStage(decision) ? nextRank(row.stage.id) : undefined,
    }
  })
}

function entriesOfNew({ pipelineId, currency }: Batch, { id, row, entries }: NewDeal) {
  return entries.map((entry) => ({ pipelineId, entry, deal: { currency, ...row.values, id } }))
}

function entriesOfChanged({ pipelineId }: Batch, { deal, changes }: ChangedDeal) {
  const { entry, values } = changes
  return entry ? [{ pipelineId, entry, deal: { ...deal, ...values } }] : []
}

type DealsByExternalId = Map<string | null, ExistingDeal>

async function findDeals(
  { db, tenantId }: Transaction,
  rows: ImportRow[],
): Promise<DealsByExternalId> {
  const deals = await db.deal.findMany({
    where: { tenantId, externalId: { in: rows.map((row) => row.externalId) } },
    include: { stage: true },
  })
  return new Map(
    deals.map((deal) => [deal.externalId, { ...deal, stage: deal.stage as ImportStage }]),
  )
}

function dealsInNeedOfHistory(rows: ImportRow[], deals: DealsByExternalId): string[] {
  return rows.flatMap((row) => {
    const deal = deals.get(row.externalId)
    return deal && needsHistory(row, deal) ? [deal.id] : []
  })
}

/**
 * Gives one place after the other behind the last live deal of a stage; a deal that is restored
 * takes a new place itself.
 */
async function ranksBehind({ db, tenantId }: Transaction, pipelineId: string) {
  const stages = await db.$queryRaw<{ id: string; rank: string | null }[]>`
    SELECT s.id::text, (
      SELECT d.rank FROM deal d
      WHERE d.tenant_id = s.tenant_id AND d.stage_id = s.id AND d.deleted_at IS NULL
      ORDER BY d.rank DESC LIMIT 1
    ) AS rank
    FROM stage s WHERE s.tenant_id = ${tenantId}::uuid AND s.pipeline_id = ${pipelineId}::uuid`
  const last = new Map(stages.map(({ id, rank }) => [id, rank]))
  return (stageId: string): string => {
    const rank = generateKeyBetween(last.get(stageId), null)
    last.set(stageId, rank)
    return rank
  }
}

async function createDeals(tx: Transaction, batch: Batch, created: NewDeal[]): Promise<void> {
  if (created.length === 0) return
  const firstNumber = await takeNumbers(tx, 'deal', created.length)
  const rows = created.map((deal, index) => newDealValues(tx, batch, deal, firstNumber + index))
  await bulkInsert(tx.db, 'deal', rows)
  for (const { id, row } of created) {
    tx.emit({ type: 'deal.imported', dealId: id, payload: { stageId: row.stage.id } })
  }
}

function newDealValues(
  { tenantId }: Transaction,
  { pipelineId, currency }: Batch,
  { id, row, links, entries, rank }: NewDeal,
  number: number,
): Prisma.DealCreateManyInput {
  const { stage, values } = row
  const [entered, last] = [entries[0], entries.at(-1) ?? entries[0]]
  return {
    valuePeriod: 'ONE_TIME',
    currency,
    ...values,
    tenantId,
    id,
    number,
    externalId: row.externalId,
    pipelineId,
    stageId: stage.id,
    status: stage.kind,
    rank,
    stageEnteredAt: last.occurredAt,
    lastOpenStageId: entered.to.id,
    organizationId: links.organization?.ids[0] ?? null,
    ownerId: links.owner?.ids[0] ?? null,
    sourceId: links.source?.ids[0] ?? null,
    closedAt: stage.kind === 'OPEN' ? null : last.occurredAt,
    version: 1,
    createdAt: entered.occurredAt,
    updatedAt: last.occurredAt,
  }
}

async function updateDeal(tx: Transaction, { deal, changes, rank }: ChangedDeal): Promise<void> {
  const { values, organization, owner, source, closedAt, entry } = changes
  await tx.db.deal.updateMany({
    where: { tenantId: tx.tenantId, id: deal.id },
    data: {
      ...values,
      ...(organization && { organizationId: organization.ids[0] ?? null }),
      ...(owner && { ownerId: owner.ids[0] ?? null }),
      ...(source && { sourceId: source.ids[0] ?? null }),
      ...(closedAt && { closedAt }),
      ...(entry && rank && movedValues(entry, rank)),
      version: { increment: 1 },
      updatedAt: tx.now,
    },
  })
  const fields = changedFields(changes)
  const move = entry && { fromStageId: deal.stage.id, stageId: entry.to.id }
  const type = entry ? 'deal.moved' : 'deal.updated'
  tx.emit({ type, dealId: deal.id, payload: { fields, ...move } })
}

function movedValues({ from, to, occurredAt }: StageEntry, rank: string) {
  const isOpen = to.kind === 'OPEN'
  const lastOpenStage = isOpen ? to : from?.kind === 'OPEN' ? from : null
  return {
    stageId: to.id,
    status: to.kind,
    rank,
    stageEnteredAt: occurredAt,
    closedAt: isOpen ? null : occurredAt,
    closeReasonId: null,
    ...(lastOpenStage && { lastOpenStageId: lastOpenStage.id }),
  }
}

import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import { effectiveProbability } from '../deal/rules.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import type { EntryFacts, ImportStage, PastChange, PastStage, StageEntry } from './rules.ts'

export interface RecordedEntry {
  entry: StageEntry
  /** The member who did it, where the file names one. */
  actorId?: string
  /** What history keeps of the deal as it was then. */
  deal: {
    id: string
    currency: string
    amount?: Prisma.Decimal | null
    confidence?: number | null
    expectedCloseDate?: Date | null
  }
}

/** The stage changes of each of the deals, in their order. */
export async function findHistory(
  { db, tenantId }: Transaction,
  dealIds: string[],
): Promise<Map<string, PastChange[]>> {
  const history = new Map<string, PastChange[]>(dealIds.map((id) => [id, []]))
  if (dealIds.length === 0) return history
  const changes = await db.stageChange.findMany({
    where: { tenantId, dealId: { in: dealIds } },
    orderBy: [{ dealId: 'asc' }, { seq: 'asc' }],
    select: { dealId: true, seq: true, occurredAt: true },
  })
  for (const { dealId, ...change } of changes) history.get(dealId)?.push(change)
  return history
}

export async function recordEntries(tx: Transaction, entries: RecordedEntry[]): Promise<void> {
  await bulkInsert(
    tx.db,
    'stage_change',
    entries.map((entry) => toRow(tx, entry)),
  )
}

function toRow(
  tx: Transaction,
  { entry, deal, actorId }: RecordedEntry,
): Prisma.StageChangeCreateManyInput {
  const { seq, from, to, direction, occurredAt, facts = {} } = entry
  const { reason = null, note = null, override = false } = facts
  const { amount = null, expectedCloseDate = null, currency } = { ...deal, ...facts }
  const confidence = deal.confidence ?? null
  return {
    tenantId: tx.tenantId,
    id: newId(),
    dealId: deal.id,
    seq,
    fromPipelineId: from?.pipelineId ?? null,
    fromStageId: from?.id ?? null,
    fromStageName: from && (facts.fromStageName ?? from.name),
    toPipelineId: to.pipelineId,
    toStageId: to.id,
    toStageName: facts.toStageName ?? to.name,
    direction,
    amount,
    currency,
    probability:
      facts.probability ?? effectiveProbability({ status: to.kind, confidence }, to.probability),
    expectedCloseDate,
    reason,
    note,
    override,
    ...actorOf(tx, facts, actorId),
    requestId: tx.requestId,
    occurredAt,
  }
}

function actorOf({ actor }: Transaction, { actorKind }: EntryFacts, actorId: string | undefined) {
  if (!actorId && !actorKind) {
    return {
      actorKind: actor.kind,
      actorMemberId: actor.memberId,
      actorApiKeyId: actor.apiKeyId,
    }
  }
  return { actorKind: actorKind ?? 'MEMBER', actorMemberId: actorId ?? null, actorApiKeyId: null }
}

/** All stages of the tenant with the names of their pipelines, archived ones last. */
export async function findPastStages({ db, tenantId }: Transaction): Promise<PastStage[]> {
  const stages = await db.stage.findMany({
    where: { tenantId },
    orderBy: [{ archivedAt: { sort: 'desc', nulls: 'first' } }, { number: 'desc' }],
    include: { pipeline: { select: { name: true } } },
  })
  return stages.map(({ pipeline, ...stage }) => ({
    ...(stage as ImportStage),
    pipelineName: pipeline.name,
  }))
}

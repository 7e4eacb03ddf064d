import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import { effectiveProbability } from '../deal/rules.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import type { PastChange, StageEntry } from './rules.ts'

export interface RecordedEntry {
  pipelineId: string
  entry: StageEntry
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
  { tenantId, actor, requestId }: Transaction,
  { pipelineId, entry, deal }: RecordedEntry,
): Prisma.StageChangeCreateManyInput {
  const { seq, from, to, direction, occurredAt } = entry
  const { amount = null, confidence = null, expectedCloseDate = null } = deal
  return {
    tenantId,
    id: newId(),
    dealId: deal.id,
    seq,
    fromPipelineId: from && pipelineId,
    fromStageId: from?.id ?? null,
    fromStageName: from?.name ?? null,
    toPipelineId: pipelineId,
    toStageId: to.id,
    toStageName: to.name,
    direction,
    amount,
    currency: deal.currency,
    probability: effectiveProbability({ status: to.kind, confidence }, to.probability),
    expectedCloseDate,
    actorKind: actor.kind,
    actorMemberId: actor.memberId,
    actorApiKeyId: actor.apiKeyId,
    requestId,
    occurredAt,
  }
}

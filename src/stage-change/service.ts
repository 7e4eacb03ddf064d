import type { Transaction } from '../database/transaction.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import type { StageKind } from '../pipeline/rules.ts'
import { directionOf } from './rules.ts'

export interface ChangedStage {
  id: string
  pipelineId: string
  name: string
  kind: StageKind
  position: number
}

export interface NewStageChange {
  deal: {
    id: string
    amount: Prisma.Decimal | null
    currency: string
    expectedCloseDate: Date | null
  }
  from: ChangedStage | null
  to: ChangedStage
  /** The deal's probability after the change. */
  probability: number
  reason?: string | null
  note?: string | null
  /** Whether a rule was set aside for it. */
  override?: boolean
}

/**
 * Adds the next entry to the deal's audit. The tenant's revision is held, so nobody else takes the
 * same number.
 */
export async function recordStageChange(tx: Transaction, change: NewStageChange): Promise<string> {
  const { db, tenantId } = tx
  const where = { tenantId, dealId: change.deal.id }
  const last = change.from ? await db.stageChange.aggregate({ where, _max: { seq: true } }) : null
  const row = stageChangeRow(tx, change, (last?._max.seq ?? 0) + 1)
  await db.stageChange.create({ data: row })
  return row.id
}

/** An entry of a deal's audit as a row, for those that write many at once. */
export function stageChangeRow(
  { tenantId, actor, requestId, now }: Transaction,
  change: NewStageChange,
  seq: number,
) {
  const { deal, from, to, probability, note = null, override = false } = change
  return {
    tenantId,
    id: newId(),
    dealId: deal.id,
    seq,
    fromPipelineId: from?.pipelineId ?? null,
    fromStageId: from?.id ?? null,
    fromStageName: from?.name ?? null,
    toPipelineId: to.pipelineId,
    toStageId: to.id,
    toStageName: to.name,
    direction: directionOf(from, to),
    amount: deal.amount,
    currency: deal.currency,
    probability,
    expectedCloseDate: deal.expectedCloseDate,
    actorKind: actor.kind,
    actorMemberId: actor.memberId,
    actorApiKeyId: actor.apiKeyId,
    // As on the deal itself, so that the two can be compared.
    reason: change.reason?.trim() || null,
    note,
    override,
    requestId,
    occurredAt: now,
  }
}

import { generateNKeysBetween } from 'fractional-indexing'
import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import { effectiveProbability } from '../deal/rules.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { writeOrder } from '../pipeline/service.ts'
import { lastPlace } from '../rank/service.ts'
import { checkRoom } from '../stage/rules.ts'
import {
  type ChangedStage,
  liveStage,
  liveStages,
  refuseLastOfKind,
  refuseTakenName,
  refuseWithDeals,
  requireStage,
  type Stage,
} from '../stage/service.ts'
import { stageChangeRow } from '../stage-change/service.ts'
import { invalid, refuse } from '../user-errors.ts'

export interface ArchivedStage extends ChangedStage {
  reassignedCount: number
}

/** Of how many deals one statement writes. */
const chunkSize = 1_000

/**
 * Archives a stage. Its deals, deleted ones too, go to the end of the stage that takes its place,
 * each with its audit and event; without such a stage one that has deals is refused. The rules of
 * the pipeline are for people's moves and do not hold them up.
 */
export async function archiveStage(
  tx: Transaction,
  { stageId, reassignTo }: { stageId: string; reassignTo: string | null },
): Promise<ArchivedStage> {
  const { db, tenantId, now } = tx
  const stage = await requireStage(tx, stageId)
  const { pipelineId } = stage
  if (stage.archivedAt) return { stageId, pipelineId, reassignedCount: 0 }
  const to = reassignTo === null ? null : await successor(tx, stage, reassignTo)
  await refuseLastOfKind(tx, stage, ['input', 'stageId'])
  if (!to) await refuseWithDeals(tx, stage, 'name a stage for them', ['input', 'reassignTo'])

  const reassignedCount = to ? await reassign(tx, stage, to) : 0
  const where = { tenantId_id: { tenantId, id: stageId } }
  await db.stage.update({ where, data: { archivedAt: now, updatedAt: now } })
  const others = await liveStages(tx, pipelineId)
  await writeOrder(
    tx,
    'stage',
    others.map(({ id }) => id),
  )
  tx.emit({ type: 'stage.archived', payload: { stageId, pipelineId, reassignedTo: reassignTo } })
  return { stageId, pipelineId, reassignedCount }
}

/** Brings an archived stage back to where it stood. One that is not archived stays as it is. */
export async function restoreStage(tx: Transaction, stageId: string): Promise<ChangedStage> {
  const { db, tenantId, now } = tx
  const path = ['input', 'stageId']
  const stage = await requireStage(tx, stageId)
  const { pipelineId, position } = stage
  if (!stage.archivedAt) return { stageId, pipelineId }
  const others = await liveStages(tx, pipelineId)
  const errors = checkRoom(others.length, path)
  if (errors.length > 0) refuse(...errors)
  await refuseTakenName(tx, stage, path)
  const where = { tenantId_id: { tenantId, id: stageId } }
  await db.stage.update({ where, data: { archivedAt: null, updatedAt: now } })
  const order = others.map(({ id }) => id).toSpliced(position, 0, stageId)
  await writeOrder(tx, 'stage', order)
  tx.emit({ type: 'stage.restored', payload: { stageId, pipelineId } })
  return { stageId, pipelineId }
}

/** The stage that takes the place of another: a live one of its pipeline and kind. */
async function successor(tx: Transaction, stage: Stage, id: string): Promise<Stage> {
  const path = ['input', 'reassignTo']
  const to = await liveStage(tx, id, path)
  if (to.id === stage.id) refuse(invalid('The stage cannot take its own place.', path))
  if (to.pipelineId !== stage.pipelineId) {
    const message = `The stage "${to.name}" is in another pipeline: its deals would change pipeline.`
    refuse({ code: 'STAGE_NOT_IN_PIPELINE', message, path })
  }
  if (to.kind !== stage.kind) {
    refuse(invalid(`The deals stay ${stage.kind}: name a stage of that kind.`, path))
  }
  return to
}

async function reassign(tx: Transaction, from: Stage, to: Stage): Promise<number> {
  const deals = await dealsIn(tx, from)
  const [first, ...others] = deals
  if (!first) return 0
  const rank = await lastPlace(tx, to.id)
  const ranks = [rank, ...generateNKeysBetween(rank, null, others.length)]
  const moves = deals.map((deal, index) => ({ id: deal.id, rank: ranks[index] ?? '' }))
  const changes = deals.map((deal) => toChange(tx, { deal, from, to }))
  for (let start = 0; start < deals.length; start += chunkSize) {
    await moveDeals(tx, to, moves.slice(start, start + chunkSize))
    await bulkInsert(tx.db, 'stage_change', changes.slice(start, start + chunkSize))
  }
  for (const { id, dealId } of changes) {
    const pipelines = { fromPipelineId: from.pipelineId, toPipelineId: to.pipelineId }
    const payload = { stageChangeId: id, fromStageId: from.id, toStageId: to.id, ...pipelines }
    tx.emit({ type: 'deal.moved', dealId, payload })
  }
  return deals.length
}

const dealSelection = {
  ...{ id: true, amount: true, currency: true, confidence: true, status: true },
  expectedCloseDate: true,
  history: { select: { seq: true }, orderBy: { seq: 'desc' }, take: 1 },
} satisfies Prisma.DealSelect

type ReassignedDeal = Prisma.DealGetPayload<{ select: typeof dealSelection }>

/** Every deal of a stage in the order of its board, with the last entry of its audit. */
function dealsIn({ db, tenantId }: Transaction, stage: Stage): Promise<ReassignedDeal[]> {
  return db.deal.findMany({
    where: { tenantId, stageId: stage.id },
    orderBy: [{ rank: 'asc' }, { id: 'asc' }],
    select: dealSelection,
  })
}

async function moveDeals(
  { db, tenantId, now }: Transaction,
  to: Stage,
  moves: { id: string; rank: string }[],
): Promise<void> {
  const lastOpen = to.kind === 'OPEN' ? to.id : null
  await db.$executeRaw`
    UPDATE deal SET stage_id = ${to.id}::uuid, rank = m.rank, stage_entered_at = ${now}, updated_at = ${now},
      version = version + 1, last_open_stage_id = coalesce(${lastOpen}::uuid, last_open_stage_id)
    FROM jsonb_to_recordset(${JSON.stringify(moves)}::jsonb) AS m(id uuid, rank text)
    WHERE deal.tenant_id = ${tenantId}::uuid AND deal.id = m.id`
}

function toChange(
  tx: Transaction,
  { deal, from, to }: { deal: ReassignedDeal; from: Stage; to: Stage },
) {
  const probability = effectiveProbability(deal, to.probability)
  return stageChangeRow(tx, { deal, from, to, probability }, (deal.history[0]?.seq ?? 0) + 1)
}

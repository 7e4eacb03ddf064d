import { randomUUID } from 'node:crypto'
import { generateKeyBetween } from 'fractional-indexing'
import type { Context } from './apollo.ts'

interface Move {
  dealId: string
  stageId: string
  expectedVersion: number
}

/** What moveDeal of the gateway writes, call by call: the revision, the deal, its audit and an event. */
export async function moveDeal(_: unknown, move: Move, { db, tenantId }: Context) {
  const { dealId, stageId, expectedVersion } = move
  const byId = (id: string) => ({ where: { tenantId_id: { tenantId, id } } })
  const { revision } = await db.tenantRevision.update({
    where: { tenantId },
    data: { revision: { increment: 1 } },
  })
  const deal = await db.deal.findUnique(byId(dealId))
  if (!deal || deal.deletedAt) return { userErrors: [{ code: 'NOT_FOUND' }] }
  if (deal.version !== expectedVersion) return { userErrors: [{ code: 'VERSION_CONFLICT' }] }
  const from = await db.stage.findUniqueOrThrow(byId(deal.stageId))
  const to = await db.stage.findUnique(byId(stageId))
  if (to?.pipelineId !== deal.pipelineId) return { userErrors: [{ code: 'STAGE_NOT_IN_PIPELINE' }] }
  const last = await db.deal.findFirst({
    where: { tenantId, stageId, deletedAt: null },
    orderBy: [{ rank: 'desc' }, { id: 'desc' }],
  })
  const now = new Date()
  const moved = await db.deal.update({
    ...byId(dealId),
    data: {
      stageId,
      status: to.kind,
      rank: generateKeyBetween(last?.rank ?? null, null),
      stageEnteredAt: now,
      lastOpenStageId: stageId,
      version: expectedVersion + 1,
      updatedAt: now,
    },
  })
  const { _max } = await db.stageChange.aggregate({
    where: { tenantId, dealId },
    _max: { seq: true },
  })
  const stageChange = await db.stageChange.create({
    data: {
      tenantId,
      id: randomUUID(),
      dealId,
      seq: (_max.seq ?? 0) + 1,
      fromPipelineId: from.pipelineId,
      fromStageId: from.id,
      fromStageName: from.name,
      toPipelineId: to.pipelineId,
      toStageId: to.id,
      toStageName: to.name,
      direction: to.position >= from.position ? 'FORWARD' : 'BACKWARD',
      amount: deal.amount,
      currency: deal.currency,
      probability: deal.confidence ?? to.probability,
      expectedCloseDate: deal.expectedCloseDate,
      actorKind: 'API_KEY',
      requestId: randomUUID(),
      occurredAt: now,
    },
  })
  const payload = { stageChangeId: stageChange.id, fromStageId: from.id, toStageId: to.id }
  const event = { tenantId, revision, position: 0, type: 'deal.moved', dealId, occurredAt: now }
  await db.event.create({ data: { ...event, payload } })
  return { deal: moved, stageChange, userErrors: [] }
}

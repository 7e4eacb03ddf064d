import type { Transaction } from '../database/transaction.ts'
import type { Stage as StageRow } from '../generated/prisma/client.ts'
import type { StageKind } from '../pipeline/rules.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'

export type Stage = Omit<StageRow, 'kind'> & { kind: StageKind }

/** A stage that takes deals, or a refusal that says why it does not. */
export async function liveStage(tx: Transaction, id: string, path: string[]): Promise<Stage> {
  const where = { tenantId_id: { tenantId: tx.tenantId, id } }
  const stage = (await tx.db.stage.findUnique({ where })) as Stage | null
  if (!stage) return refuse(notFound('stage', path))
  if (stage.archivedAt)
    refuse({ code: 'STAGE_ARCHIVED', message: `The stage "${stage.name}" is archived.`, path })
  return stage
}

export interface WantedStage {
  pipelineId?: string | null | undefined
  stageId?: string | null | undefined
  /** Of the stage where none is named. Default: OPEN. */
  kind?: string
}

/**
 * Where a deal enters a pipeline: the stage named, else the first one of its kind in the pipeline
 * named, else in the default pipeline.
 */
export async function entryStage(tx: Transaction, wanted: WantedStage): Promise<Stage> {
  const { db, tenantId } = tx
  if (wanted.stageId) return stageIn(tx, wanted.stageId, wanted.pipelineId)
  const pipeline = await db.pipeline.findFirst({
    where: { tenantId, ...(wanted.pipelineId ? { id: wanted.pipelineId } : { isDefault: true }) },
  })
  const path = ['input', 'pipelineId']
  if (!pipeline && wanted.pipelineId) return refuse(notFound('pipeline', path))
  if (!pipeline) return refuse(invalid('The tenant has no default pipeline: name one.', path))
  refuseArchived(pipeline, path)
  return (await db.stage.findFirstOrThrow({
    where: { tenantId, pipelineId: pipeline.id, kind: wanted.kind ?? 'OPEN', archivedAt: null },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  })) as Stage
}

async function stageIn(
  tx: Transaction,
  stageId: string,
  pipelineId: string | null | undefined,
): Promise<Stage> {
  const path = ['input', 'stageId']
  const stage = await liveStage(tx, stageId, path)
  if (pipelineId && stage.pipelineId !== pipelineId) {
    refuse({
      code: 'STAGE_NOT_IN_PIPELINE',
      message: 'The stage is in another pipeline than the one named.',
      path,
    })
  }
  const where = { tenantId_id: { tenantId: tx.tenantId, id: stage.pipelineId } }
  refuseArchived(await tx.db.pipeline.findUniqueOrThrow({ where }), path)
  return stage
}

function refuseArchived(pipeline: { name: string; archivedAt: Date | null }, path: string[]): void {
  if (pipeline.archivedAt) refuse(invalid(`The pipeline "${pipeline.name}" is archived.`, path))
}

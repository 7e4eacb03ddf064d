import { changedValues } from '../changes.ts'
import type { Transaction } from '../database/transaction.ts'
import { refuseInUse } from '../deal-use/service.ts'
import type { Prisma, Stage as StageRow } from '../generated/prisma/client.ts'
import {
  checkPosition,
  checkStage,
  type NewStage,
  type StageKind,
  stageProbability,
} from '../pipeline/rules.ts'
import { createStages, requirePipeline, writeOrder } from '../pipeline/service.ts'
import { invalid, notFound, refuse, type UserError } from '../user-errors.ts'
import {
  changedStage,
  checkCleared,
  checkRequiredFields,
  checkRoom,
  type StageChange,
  usualPosition,
} from './rules.ts'

export type Stage = Omit<StageRow, 'kind'> & { kind: StageKind }

export interface ChangedStage {
  stageId: string
  pipelineId: string
}

export interface CreateStage extends NewStage {
  pipelineId: string
  position?: number | null
}

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

/** Creates a stage at a place among the live ones; those behind it move along. */
export async function createStage(
  tx: Transaction,
  { pipelineId, position, ...stage }: CreateStage,
): Promise<ChangedStage> {
  const path = ['input']
  await requirePipeline(tx, pipelineId)
  const others = await liveStages(tx, pipelineId)
  const place = position ?? usualPosition(stage.kind, others)
  const errors = [
    ...checkRoom(others.length, [...path, 'pipelineId']),
    ...checkStage(stage, path),
    ...checkPosition(place, others.length, [...path, 'position']),
    ...(await requirementErrors(tx, stage.requiredFields, pipelineId, path)),
  ]
  if (errors.length > 0) refuse(...errors)
  await refuseTakenName(tx, { ...stage, pipelineId }, [...path, 'name'])
  const [id = ''] = await createStages(tx, pipelineId, [stage], place)
  await writeOrder(tx, 'stage', others.map((other) => other.id).toSpliced(place, 0, id))
  tx.emit({ type: 'stage.created', payload: { stageId: id, pipelineId } })
  return { stageId: id, pipelineId }
}

/**
 * Writes the values that differ from the stage's. Its kind stays while deals are in it, deleted
 * ones too, or when no other live stage is of that kind.
 */
export async function updateStage(
  tx: Transaction,
  { stageId, ...change }: StageChange & { stageId: string },
): Promise<ChangedStage> {
  const { db, tenantId, now } = tx
  const path = ['input']
  const stage = await requireStage(tx, stageId)
  const { pipelineId } = stage
  const after = changedStage(stage, change)
  const errors = [
    ...checkCleared(change, path),
    ...checkStage(after, path),
    ...(await requirementErrors(tx, change.requiredFields, pipelineId, path)),
  ]
  if (errors.length > 0) refuse(...errors)
  const values = { ...after, probability: stageProbability(after.kind, after.probability) }
  const changed = changedValues(stage, values)
  const fields = Object.keys(changed)
  if (fields.length === 0) return { stageId, pipelineId }
  if (fields.includes('name') && !stage.archivedAt) {
    await refuseTakenName(tx, { ...stage, name: after.name }, [...path, 'name'])
  }
  if (fields.includes('kind')) {
    await refuseLastOfKind(tx, stage, [...path, 'kind'])
    await refuseWithDeals(tx, stage, 'move them to another stage first', [...path, 'kind'])
  }
  await db.stage.update({
    where: { tenantId_id: { tenantId, id: stageId } },
    data: { ...(changed as Prisma.StageUncheckedUpdateInput), updatedAt: now },
  })
  tx.emit({ type: 'stage.updated', payload: { stageId, pipelineId, fields } })
  return { stageId, pipelineId }
}

/** The live stages of a pipeline in their order. */
export async function liveStages(
  { db, tenantId }: Transaction,
  pipelineId: string,
): Promise<Stage[]> {
  const where = { tenantId, pipelineId, archivedAt: null }
  const orderBy = [{ position: 'asc' as const }, { id: 'asc' as const }]
  return (await db.stage.findMany({ where, orderBy })) as Stage[]
}

/** The stage that an input names by `stageId`, archived or not. */
export async function requireStage({ db, tenantId }: Transaction, id: string): Promise<Stage> {
  const found = await db.stage.findUnique({ where: { tenantId_id: { tenantId, id } } })
  return (found as Stage | null) ?? refuse(notFound('stage', ['input', 'stageId']))
}

/** Why stages cannot require these fields of deals in the pipeline, or in one that is yet to be. */
export async function requirementErrors(
  { db, tenantId }: Transaction,
  fields: string[] | null | undefined,
  pipelineId: string | null,
  path: string[],
): Promise<UserError[]> {
  if (!fields || fields.length === 0) return []
  const definitions = await db.customFieldDefinition.findMany({
    where: { tenantId, archivedAt: null, OR: [{ pipelineId: null }, { pipelineId }] },
    select: { key: true },
  })
  return checkRequiredFields(
    fields,
    definitions.map(({ key }) => key),
    path,
  )
}

/** A pipeline never is without a live stage of each kind. */
export async function refuseLastOfKind(
  tx: Transaction,
  stage: Stage,
  path: string[],
): Promise<void> {
  const stages = await liveStages(tx, stage.pipelineId)
  if (stage.archivedAt || stages.some(({ id, kind }) => kind === stage.kind && id !== stage.id))
    return
  const message = `"${stage.name}" is the last live stage of kind ${stage.kind} in its pipeline: create another first.`
  refuse(invalid(message, path))
}

/** Refuses where deals are in the stage, deleted ones too, with their number and the first of them. */
export async function refuseWithDeals(
  tx: Transaction,
  { id, name }: Stage,
  fix: string,
  path: string[],
): Promise<void> {
  const message = (count: number) =>
    `${count === 1 ? '1 deal is' : `${count} deals are`} in the stage "${name}", deleted ones too: ${fix}.`
  await refuseInUse(tx, { deals: { stageId: id }, message, path })
}

/** The name is free again when the stage that had it is archived. */
export async function refuseTakenName(
  { db, tenantId }: Transaction,
  stage: { id?: string; pipelineId: string; name: string },
  path: string[],
): Promise<void> {
  const { id = null, pipelineId } = stage
  const name = stage.name.trim()
  const taken = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM stage WHERE tenant_id = ${tenantId}::uuid AND pipeline_id = ${pipelineId}::uuid
      AND archived_at IS NULL AND lower(name) = lower(${name}) AND id IS DISTINCT FROM ${id}::uuid`
  if (taken.length === 0) return
  const message = `The pipeline has a live stage named "${name}" already.`
  refuse({ code: 'NAME_TAKEN', message, path })
}

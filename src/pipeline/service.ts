import { changedValues } from '../changes.ts'
import type { Transaction } from '../database/transaction.ts'
import { type Pipeline, Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'
import {
  checkNewPipeline,
  checkPipelineChange,
  type GivenRules,
  mergeRules,
  type NewPipeline,
  type PipelineChange,
  rulesOf,
  stageProbability,
} from './rules.ts'

export interface CreatePipeline extends NewPipeline {
  isDefault?: boolean | null
  rules?: GivenRules | null
}

export interface ChangedPipeline {
  pipelineId: string
}

/**
 * Creates a pipeline and its stages in their order. The tenant's first one is its default. What the
 * stages require is the caller's to check.
 */
export async function createPipeline(
  tx: Transaction,
  input: CreatePipeline,
): Promise<ChangedPipeline> {
  const { db, tenantId, now } = tx
  const path = ['input']
  const errors = checkNewPipeline(input, path)
  if (errors.length > 0) refuse(...errors)
  const name = input.name.trim()
  await refuseTakenName(tx, name, [...path, 'name'])

  const others = await db.pipeline.aggregate({ where: { tenantId }, _max: { position: true } })
  const position = (others._max.position ?? -1) + 1
  const isDefault = input.isDefault ?? position === 0
  if (isDefault) await releaseDefault(tx)
  const id = newId()
  const number = await takeNumbers(tx, 'pipeline')
  const values = { name, position, isDefault, rules: { ...rulesOf(input.rules ?? {}) } }
  const times = { createdAt: now, updatedAt: now }
  await db.pipeline.create({ data: { tenantId, id, number, ...values, ...times } })
  await createStages(tx, id, input.stages)
  tx.emit({ type: 'pipeline.created', payload: { pipelineId: id } })
  return { pipelineId: id }
}

/**
 * Adds stages behind the position before the first of them and returns their ids; the caller has
 * checked them against rules.ts.
 */
export async function createStages(
  tx: Transaction,
  pipelineId: string,
  stages: NewPipeline['stages'],
  firstPosition = 0,
): Promise<string[]> {
  const { db, tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'stage', stages.length)
  const rows = stages.map((stage, index) => ({
    tenantId,
    id: newId(),
    pipelineId,
    number: firstNumber + index,
    name: stage.name.trim(),
    position: firstPosition + index,
    kind: stage.kind,
    probability: stageProbability(stage.kind, stage.probability),
    rottingDays: stage.rottingDays ?? null,
    reasonRequired: stage.reasonRequired ?? false,
    requiredFields: [...new Set(stage.requiredFields)],
    createdAt: now,
    updatedAt: now,
  }))
  await db.stage.createMany({ data: rows })
  return rows.map(({ id }) => id)
}

/** Writes the values that differ from the pipeline's. A new place moves the others along. */
export async function updatePipeline(
  tx: Transaction,
  { pipelineId, ...change }: PipelineChange & ChangedPipeline,
): Promise<ChangedPipeline> {
  const pipeline = await requirePipeline(tx, pipelineId)
  const order = await pipelineOrder(tx)
  const errors = checkPipelineChange(change, order.length, ['input'])
  if (errors.length > 0) refuse(...errors)
  const values = changesOf(pipeline, change)
  const position = change.position ?? pipeline.position
  const fields = [...Object.keys(values), ...(position === pipeline.position ? [] : ['position'])]
  if (fields.length === 0) return { pipelineId }
  if (values.name) await refuseTakenName(tx, values.name, ['input', 'name'], pipelineId)
  await savePipeline(tx, pipelineId, values)
  if (position !== pipeline.position) {
    const others = order.filter((id) => id !== pipelineId)
    await writeOrder(tx, 'pipeline', others.toSpliced(position, 0, pipelineId))
  }
  tx.emit({ type: 'pipeline.updated', payload: { pipelineId, fields } })
  return { pipelineId }
}

function changesOf(pipeline: Pipeline, { name, rules }: PipelineChange) {
  const before = { ...pipeline, rules: rulesOf(pipeline.rules) }
  return changedValues(before, {
    name: name?.trim(),
    rules: rules ? { ...mergeRules(pipeline.rules, rules) } : undefined,
  })
}

async function pipelineOrder({ db, tenantId }: Transaction): Promise<string[]> {
  const orderBy = [{ position: 'asc' as const }, { id: 'asc' as const }]
  const found = await db.pipeline.findMany({ where: { tenantId }, orderBy, select: { id: true } })
  return found.map(({ id }) => id)
}

/** Takes a pipeline out of the lists; its deals stay where they are. The default one is refused. */
export async function archivePipeline(tx: Transaction, id: string): Promise<ChangedPipeline> {
  const { archivedAt, isDefault, name } = await requirePipeline(tx, id)
  if (archivedAt) return { pipelineId: id }
  if (isDefault) {
    const message = `"${name}" is the default pipeline: set another default first.`
    refuse(invalid(message, ['input', 'pipelineId']))
  }
  await savePipeline(tx, id, { archivedAt: tx.now })
  tx.emit({ type: 'pipeline.archived', payload: { pipelineId: id } })
  return { pipelineId: id }
}

/** Brings an archived pipeline back into the lists. One that is not archived stays as it is. */
export async function restorePipeline(tx: Transaction, id: string): Promise<ChangedPipeline> {
  const { archivedAt } = await requirePipeline(tx, id)
  if (!archivedAt) return { pipelineId: id }
  await savePipeline(tx, id, { archivedAt: null })
  tx.emit({ type: 'pipeline.restored', payload: { pipelineId: id } })
  return { pipelineId: id }
}

/** Makes a live pipeline the one where new deals go; the one before is then no longer. */
export async function setDefaultPipeline(tx: Transaction, id: string): Promise<ChangedPipeline> {
  const { archivedAt, isDefault, name } = await requirePipeline(tx, id)
  if (archivedAt) {
    const message = `The pipeline "${name}" is archived: restore it first.`
    refuse(invalid(message, ['input', 'pipelineId']))
  }
  if (isDefault) return { pipelineId: id }
  await releaseDefault(tx)
  await savePipeline(tx, id, { isDefault: true })
  tx.emit({ type: 'pipeline.made_default', payload: { pipelineId: id } })
  return { pipelineId: id }
}

/** The pipeline that an input names by `pipelineId`, archived or not. */
export async function requirePipeline(
  { db, tenantId }: Transaction,
  id: string,
): Promise<Pipeline> {
  const found = await db.pipeline.findUnique({ where: { tenantId_id: { tenantId, id } } })
  return found ?? refuse(notFound('pipeline', ['input', 'pipelineId']))
}

/** The pipeline of this name, in any case. */
export async function pipelineNamed(
  { db, tenantId }: Pick<Transaction, 'db' | 'tenantId'>,
  name: string,
): Promise<{ id: string; archived: boolean } | undefined> {
  const [found] = await db.$queryRaw<{ id: string; archived: boolean }[]>`
    SELECT id::text, archived_at IS NOT NULL AS archived FROM pipeline
    WHERE tenant_id = ${tenantId}::uuid AND lower(name) = lower(${name.trim()})`
  return found
}

/** Gives pipelines, or stages of one pipeline, their positions from 0 in the order of their ids. */
export async function writeOrder(
  { db, tenantId, now }: Transaction,
  table: 'pipeline' | 'stage',
  ids: string[],
): Promise<void> {
  await db.$executeRaw`
    UPDATE ${Prisma.raw(table)} AS t SET position = o.place - 1, updated_at = ${now}
    FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS o(id, place)
    WHERE t.tenant_id = ${tenantId}::uuid AND t.id = o.id AND t.position <> o.place - 1`
}

async function savePipeline(
  { db, tenantId, now }: Transaction,
  id: string,
  values: Prisma.PipelineUncheckedUpdateInput,
): Promise<void> {
  const where = { tenantId_id: { tenantId, id } }
  await db.pipeline.update({ where, data: { ...values, updatedAt: now } })
}

async function releaseDefault({ db, tenantId, now }: Transaction): Promise<void> {
  await db.pipeline.updateMany({
    where: { tenantId, isDefault: true },
    data: { isDefault: false, updatedAt: now },
  })
}

async function refuseTakenName(
  tx: Transaction,
  name: string,
  path: string[],
  except?: string,
): Promise<void> {
  const taken = await pipelineNamed(tx, name)
  if (!taken || taken.id === except) return
  refuse({ code: 'NAME_TAKEN', message: `There is a pipeline named "${name}" already.`, path })
}

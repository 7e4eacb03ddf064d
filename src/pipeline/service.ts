import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { refuse } from '../user-errors.ts'
import { checkNewPipeline, type NewPipeline, stageProbability } from './rules.ts'

export interface CreatePipeline extends NewPipeline {
  isDefault?: boolean | null
}

/** Creates a pipeline and its stages in their order. The tenant's first one is its default. */
export async function createPipeline(
  tx: Transaction,
  input: CreatePipeline,
): Promise<{ pipelineId: string }> {
  const { db, tenantId, now } = tx
  const path = ['input']
  const errors = checkNewPipeline(input, path)
  if (errors.length > 0) refuse(...errors)
  const name = input.name.trim()
  await refuseTakenName(tx, name, [...path, 'name'])

  const others = await db.pipeline.aggregate({ where: { tenantId }, _max: { position: true } })
  const position = (others._max.position ?? -1) + 1
  const isDefault = input.isDefault ?? position === 0
  if (isDefault) {
    await db.pipeline.updateMany({
      where: { tenantId, isDefault: true },
      data: { isDefault: false, updatedAt: now },
    })
  }
  const id = newId()
  const number = await takeNumbers(tx, 'pipeline')
  const times = { createdAt: now, updatedAt: now }
  await db.pipeline.create({ data: { tenantId, id, number, name, position, isDefault, ...times } })
  await createStages(tx, id, input.stages)
  tx.emit({ type: 'pipeline.created', payload: { pipelineId: id } })
  return { pipelineId: id }
}

/**
 * Adds stages behind the position before the first of them; the caller has checked them against
 * rules.ts.
 */
export async function createStages(
  tx: Transaction,
  pipelineId: string,
  stages: NewPipeline['stages'],
  firstPosition = 0,
): Promise<void> {
  const { db, tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'stage', stages.length)
  await db.stage.createMany({
    data: stages.map((stage, index) => ({
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
      createdAt: now,
      updatedAt: now,
    })),
  })
}

async function refuseTakenName({ db, tenantId }: Transaction, name: string, path: string[]) {
  const taken = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM pipeline WHERE tenant_id = ${tenantId}::uuid AND lower(name) = lower(${name})`
  if (taken.length === 0) return
  refuse({ code: 'NAME_TAKEN', message: `There is a pipeline named "${name}" already.`, path })
}

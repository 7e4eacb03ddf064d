import { isDeepStrictEqual } from 'node:util'
import type { Transaction } from '../database/transaction.ts'
import * as pipelines from '../pipeline/service.ts'
import { checkOrder } from '../stage/rules.ts'
import { liveStages, requirementErrors } from '../stage/service.ts'
import { refuse } from '../user-errors.ts'

/** Creates a pipeline with its stages, which can require custom fields of the whole tenant. */
export async function createPipeline(
  tx: Transaction,
  input: pipelines.CreatePipeline,
): Promise<pipelines.ChangedPipeline> {
  const errors = []
  for (const [index, { requiredFields }] of input.stages.entries()) {
    const path = ['input', 'stages', String(index)]
    errors.push(...(await requirementErrors(tx, requiredFields, null, path)))
  }
  if (errors.length > 0) refuse(...errors)
  return pipelines.createPipeline(tx, input)
}

/** Puts the live stages of a pipeline into the order of the ids, which name each of them once. */
export async function reorderStages(
  tx: Transaction,
  { pipelineId, stageIds }: { pipelineId: string; stageIds: string[] },
): Promise<pipelines.ChangedPipeline> {
  const { db, tenantId } = tx
  await pipelines.requirePipeline(tx, pipelineId)
  const known = await db.stage.findMany({
    where: { tenantId, OR: [{ pipelineId }, { id: { in: stageIds } }] },
  })
  const errors = checkOrder(stageIds, { pipelineId, known }, ['input', 'stageIds'])
  if (errors.length > 0) refuse(...errors)
  const current = (await liveStages(tx, pipelineId)).map(({ id }) => id)
  if (isDeepStrictEqual(current, stageIds)) return { pipelineId }
  await pipelines.writeOrder(tx, 'stage', stageIds)
  tx.emit({ type: 'pipeline.stages_reordered', payload: { pipelineId } })
  return { pipelineId }
}

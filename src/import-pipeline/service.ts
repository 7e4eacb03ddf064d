import type { Transaction } from '../database/transaction.ts'
import { checkNewPipeline, type NewStage } from '../pipeline/rules.ts'
import { createPipeline, createStages, pipelineNamed } from '../pipeline/service.ts'
import { liveStages } from '../stage/service.ts'
import { refuse } from '../user-errors.ts'
import { planStages, type StageOptions } from './rules.ts'

export interface PipelineOptions extends StageOptions {
  /** The name of the pipeline, in any case. It is created if there is none. */
  pipeline: string
}

/**
 * Makes sure that the pipeline and the stages named exist, and returns its id; whatever is wrong
 * with the options is thrown before that is written.
 */
export async function preparePipeline(tx: Transaction, options: PipelineOptions): Promise<string> {
  return (await extendPipeline(tx, options)) ?? (await newPipeline(tx, options))
}

/**
 * Adds the stages that the pipeline lacks behind those it has; null if there is no pipeline of that
 * name.
 */
async function extendPipeline(tx: Transaction, options: PipelineOptions): Promise<string | null> {
  const pipeline = await pipelineNamed(tx, options.pipeline)
  if (!pipeline) return null
  if (pipeline.archived) throw new Error(`The pipeline "${options.pipeline}" is archived.`)
  const existing = await liveStages(tx, pipeline.id)
  const planned = planStages(options, existing)
  const stages = [...existing, ...planned]
  const errors = checkNewPipeline({ name: options.pipeline, stages }, [])
  if (errors.length > 0) refuse(...errors)
  if (planned.length > 0) await addStages(tx, pipeline.id, planned)
  return pipeline.id
}

async function newPipeline(tx: Transaction, options: PipelineOptions): Promise<string> {
  const { pipeline: name, stages, won, lost } = options
  if (!stages || !won || !lost) {
    throw new Error(`There is no pipeline "${name}": give --stages, --won and --lost to create it.`)
  }
  const created = await createPipeline(tx, { name, stages: planStages(options, []) })
  return created.pipelineId
}

async function addStages(tx: Transaction, pipelineId: string, stages: NewStage[]): Promise<void> {
  const { _max } = await tx.db.stage.aggregate({
    where: { tenantId: tx.tenantId, pipelineId },
    _max: { position: true },
  })
  await createStages(tx, pipelineId, stages, (_max.position ?? -1) + 1)
  tx.emit({ type: 'pipeline.updated', payload: { pipelineId } })
}

import { type BatchSource, inOrder } from '../context.ts'
import { type PipelineRules, rulesOf, type StageKind } from '../pipeline/rules.ts'

/** What the moves within a pipeline are judged by, and its live stages in their order. */
export interface PipelineOrder {
  rules: PipelineRules
  membersMayReopen: boolean
  stages: (Awaited<ReturnType<BatchSource['db']['stage']['findFirstOrThrow']>> & {
    kind: StageKind
  })[]
}

export async function pipelineOrders(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<PipelineOrder[]> {
  const pipelines = await db.pipeline.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: {
      id: true,
      rules: true,
      tenant: { select: { membersMayReopen: true } },
      stages: { orderBy: [{ position: 'asc' }, { id: 'asc' }] },
    },
  })
  return inOrder(ids, pipelines).map(({ rules, tenant, stages }) => ({
    ...tenant,
    rules: rulesOf(rules),
    stages: stages as PipelineOrder['stages'],
  }))
}

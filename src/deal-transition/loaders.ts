import type { BatchSource } from '../context.ts'
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
  const orders = new Map(
    pipelines.map(({ id, rules, tenant, stages }) => [
      id,
      { ...tenant, rules: rulesOf(rules), stages: stages as PipelineOrder['stages'] },
    ]),
  )
  return ids.map((id) => {
    const order = orders.get(id)
    if (!order) throw new Error(`a deal refers to pipeline ${id}, which its key makes impossible`)
    return order
  })
}

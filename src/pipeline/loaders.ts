import { type BatchSource, inOrder } from '../context.ts'

/** The present names of pipelines, by their ids. */
export async function pipelineNames(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<string[]> {
  const pipelines = await db.pipeline.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, name: true },
  })
  return inOrder(ids, pipelines).map(({ name }) => name)
}

import type { BatchSource } from '../context.ts'

/** The present names of pipelines, by their ids. */
export async function pipelineNames(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<string[]> {
  const pipelines = await db.pipeline.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, name: true },
  })
  const names = new Map(pipelines.map(({ id, name }) => [id, name]))
  // Pipelines are archived, never deleted, and a deal's key to its pipeline holds: the name is
  // there.
  return ids.map((id) => names.get(id) ?? '')
}

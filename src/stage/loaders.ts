import { type BatchSource, inOrder } from '../context.ts'

export interface StageFacts {
  id: string
  name: string
  probability: number
}

/** What the computed fields of deals need to know of their stages, by the stages' ids. */
export async function stageFacts(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<StageFacts[]> {
  const stages = await db.stage.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, name: true, probability: true },
  })
  return inOrder(ids, stages)
}

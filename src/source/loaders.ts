import { type BatchSource, inOrder } from '../context.ts'

/** The present names of sources, by their ids. */
export async function sourceNames(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<string[]> {
  const sources = await db.source.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, name: true },
  })
  return inOrder(ids, sources).map(({ name }) => name)
}

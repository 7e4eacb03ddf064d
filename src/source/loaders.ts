import type { BatchSource } from '../context.ts'

/** The present names of sources, by their ids. */
export async function sourceNames(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<string[]> {
  const sources = await db.source.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, name: true },
  })
  const names = new Map(sources.map(({ id, name }) => [id, name]))
  // Sources are archived, never deleted, and a deal's key to its source holds: the name is there.
  return ids.map((id) => names.get(id) ?? '')
}

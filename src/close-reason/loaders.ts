import type { BatchSource } from '../context.ts'

/** The present names of reasons for closing, by their ids. */
export async function closeReasonNames(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<string[]> {
  const reasons = await db.closeReason.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, name: true },
  })
  const names = new Map(reasons.map(({ id, name }) => [id, name]))
  // Reasons are archived, never deleted, and a deal's key to its reason holds: the name is there.
  return ids.map((id) => names.get(id) ?? '')
}

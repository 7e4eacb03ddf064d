import { type BatchSource, inOrder } from '../context.ts'

/** The present names of reasons for closing, by their ids. */
export async function closeReasonNames(
  { db, tenantId }: BatchSource,
  ids: readonly string[],
): Promise<string[]> {
  const reasons = await db.closeReason.findMany({
    where: { tenantId, id: { in: [...ids] } },
    select: { id: true, name: true },
  })
  return inOrder(ids, reasons).map(({ name }) => name)
}

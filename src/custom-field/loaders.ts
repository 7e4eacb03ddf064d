import type { BatchSource } from '../context.ts'
import type { CustomFieldDefinition } from '../generated/prisma/client.ts'

/** All definitions of the tenant in their order, archived ones too; the key is the tenant’s id. */
export async function customFieldsOfTenant(
  { db, tenantId }: BatchSource,
  keys: readonly string[],
): Promise<CustomFieldDefinition[][]> {
  const definitions = await db.customFieldDefinition.findMany({
    where: { tenantId },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  })
  return keys.map(() => definitions)
}

import type { Transaction } from '../database/transaction.ts'
import type { CustomKey } from '../import-field/rules.ts'
import type { FieldDefinition } from './rules.ts'

/**
 * The definitions of the keys; a key without one is thrown. Archived ones and those of other
 * pipelines are among them, as deals keep their values.
 */
export async function findDefinitions(
  { db, tenantId }: Transaction,
  keys: CustomKey[],
): Promise<FieldDefinition[]> {
  if (keys.length === 0) return []
  const known = await db.customFieldDefinition.findMany({
    where: { tenantId },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
    select: { key: true, type: true, options: true },
  })
  const unknown = keys.find((key) => !known.some((definition) => definition.key === key))
  if (unknown) {
    const others = known.map(({ key }) => key).join(', ')
    throw new Error(
      `There is no custom field "${unknown}", ${others ? `only ${others}` : 'nor any other'}. Define it first.`,
    )
  }
  return known.filter(({ key }) => keys.some((wanted) => wanted === key))
}

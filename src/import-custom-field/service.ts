import type { FieldDefinition } from '../custom-field/rules.ts'
import { customFieldDefinitions } from '../custom-field/service.ts'
import type { Transaction } from '../database/transaction.ts'
import type { CustomKey } from '../import-field/rules.ts'

/** Every definition of the tenant; a key without one is thrown. */
export async function findDefinitions(
  tx: Transaction,
  keys: CustomKey[],
): Promise<FieldDefinition[]> {
  const known = await customFieldDefinitions(tx)
  const unknown = keys.find((key) => !known.some((definition) => definition.key === key))
  if (!unknown) return known
  const others = known.map(({ key }) => key).join(', ')
  throw new Error(
    `There is no custom field "${unknown}", ${others ? `only ${others}` : 'nor any other'}. Define it first.`,
  )
}

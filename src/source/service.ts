import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import { checkName } from '../texts.ts'
import { invalid, refuse } from '../user-errors.ts'

/**
 * The id of the source with this name, in any case. A name that nothing had before joins the
 * catalogue; one that is blank means no source.
 */
export async function sourceIdOf(
  { db, tenantId, now, emit }: Transaction,
  name: string,
  path: string[],
): Promise<string | null> {
  const wanted = name.trim()
  if (wanted === '') return null
  const errors = checkName(wanted, path)
  if (errors.length > 0) refuse(...errors)
  const [known] = await db.$queryRaw<{ id: string; name: string; archived: boolean }[]>`
    SELECT id::text, name, archived_at IS NOT NULL AS archived FROM source
    WHERE tenant_id = ${tenantId}::uuid AND lower(name) = lower(${wanted})`
  if (known?.archived) refuse(invalid(`The source "${known.name}" is archived.`, path))
  if (known) return known.id
  const id = newId()
  await db.source.create({ data: { tenantId, id, name: wanted, createdAt: now } })
  emit({ type: 'source.created', payload: { sourceId: id } })
  return id
}

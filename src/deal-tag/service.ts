import type { Transaction } from '../database/transaction.ts'
import { checkIdCount } from '../deal-reference/rules.ts'
import { missing } from '../deal-reference/service.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import { refuse } from '../user-errors.ts'

export interface TagDeal extends Versioned {
  tagIds: string[]
}

/** Puts tags on a deal. Those that it has already change nothing. */
export async function tagDeal(tx: Transaction, input: TagDeal): Promise<{ dealId: string }> {
  const { tenantId } = tx
  const { dealId } = input
  const present = await presentTags(tx, input)
  const tagIds = [...new Set(input.tagIds)].filter((id) => !present.has(id))
  if (tagIds.length === 0) return { dealId }
  await tx.db.dealTag.createMany({ data: tagIds.map((tagId) => ({ tenantId, dealId, tagId })) })
  await saveDeal(tx, input, {})
  tx.emit({ type: 'deal.tagged', dealId, payload: { tagIds } })
  return { dealId }
}

/** Takes tags off a deal. Those that it does not have change nothing. */
export async function untagDeal(tx: Transaction, input: TagDeal): Promise<{ dealId: string }> {
  const { tenantId } = tx
  const { dealId } = input
  const present = await presentTags(tx, input)
  const tagIds = [...new Set(input.tagIds)].filter((id) => present.has(id))
  if (tagIds.length === 0) return { dealId }
  await tx.db.dealTag.deleteMany({ where: { tenantId, dealId, tagId: { in: tagIds } } })
  await saveDeal(tx, input, {})
  tx.emit({ type: 'deal.untagged', dealId, payload: { tagIds } })
  return { dealId }
}

/** The tags of the deal now, once it and all tags of the input are found. */
async function presentTags(tx: Transaction, input: TagDeal): Promise<Set<string>> {
  const { db, tenantId } = tx
  const { dealId, tagIds } = input
  await dealToChange(tx, input)
  const find = (ids: string[]) =>
    db.tag.findMany({ where: { tenantId, id: { in: ids } }, select: { id: true } })
  const count = checkIdCount(tagIds, ['input', 'tagIds'])
  const errors = count.length > 0 ? count : await missing(tagIds, 'tag', 'tagIds', find)
  if (errors.length > 0) refuse(...errors)
  const present = await db.dealTag.findMany({ where: { tenantId, dealId } })
  return new Set(present.map(({ tagId }) => tagId))
}

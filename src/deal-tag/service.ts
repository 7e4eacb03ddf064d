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
  const present = await presentTags(tx, input)
  const tagIds = [...new Set(input.tagIds)].filter((id) => present.has(id))
  return takeOff(tx, input, tagIds)
}

/** Takes all tags off a deal but these. */
export async function keepTags(tx: Transaction, input: TagDeal): Promise<{ dealId: string }> {
  await dealToChange(tx, input)
  const present = await tagsOf(tx, input)
  const tagIds = [...present].filter((id) => !input.tagIds.includes(id))
  return takeOff(tx, input, tagIds)
}

async function takeOff(
  tx: Transaction,
  input: Versioned,
  tagIds: string[],
): Promise<{ dealId: string }> {
  const { dealId } = input
  if (tagIds.length === 0) return { dealId }
  const where = { tenantId: tx.tenantId, dealId, tagId: { in: tagIds } }
  await tx.db.dealTag.deleteMany({ where })
  await saveDeal(tx, input, {})
  tx.emit({ type: 'deal.untagged', dealId, payload: { tagIds } })
  return { dealId }
}

/** The tags of the deal now, once it and all tags of the input are found. */
async function presentTags(tx: Transaction, input: TagDeal): Promise<Set<string>> {
  const { db, tenantId } = tx
  const { tagIds } = input
  await dealToChange(tx, input)
  const find = (ids: string[]) =>
    db.tag.findMany({ where: { tenantId, id: { in: ids } }, select: { id: true } })
  const count = checkIdCount(tagIds, ['input', 'tagIds'])
  const errors = count.length > 0 ? count : await missing(tagIds, 'tag', 'tagIds', find)
  if (errors.length > 0) refuse(...errors)
  return tagsOf(tx, input)
}

async function tagsOf({ db, tenantId }: Transaction, { dealId }: Versioned): Promise<Set<string>> {
  const present = await db.dealTag.findMany({ where: { tenantId, dealId } })
  return new Set(present.map(({ tagId }) => tagId))
}

import { changedValues } from '../changes.ts'
import type { Transaction } from '../database/transaction.ts'
import { refuseUnseenUse } from '../deal-use/service.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { notFound, refuse } from '../user-errors.ts'
import { checkTag, type TagInput, type TagValues, tagValues } from './rules.ts'

const path = ['input']

export async function createTag(
  tx: Transaction,
  input: TagInput & { name: string },
): Promise<{ tagId: string }> {
  const { db, tenantId, now } = tx
  const id = newId()
  const values = await checkedValues(tx, id, input)
  const number = await takeNumbers(tx, 'tag')
  const name = input.name.trim()
  await db.tag.create({ data: { ...values, name, tenantId, id, number, createdAt: now } })
  tx.emit({ type: 'tag.created', payload: { tagId: id } })
  return { tagId: id }
}

/** Writes the values that differ from the tag's; when none does nothing changes. */
export async function updateTag(
  tx: Transaction,
  { tagId, ...input }: TagInput & { tagId: string },
): Promise<{ tagId: string }> {
  const tag = await tagOf(tx, tagId)
  const changed = changedValues(tag, await checkedValues(tx, tagId, input))
  const fields = Object.keys(changed)
  if (fields.length === 0) return { tagId }
  const where = { tenantId_id: { tenantId: tx.tenantId, id: tagId } }
  await tx.db.tag.update({ where, data: changed })
  tx.emit({ type: 'tag.updated', payload: { tagId, fields } })
  return { tagId }
}

export interface DeletedTag {
  deletedTagId: string
  untaggedCount: number
}

/**
 * Deletes a tag and takes it off every deal, deleted ones too. The deals keep their versions, so
 * that nobody who is changing one of them has to begin anew.
 */
export async function deleteTag(
  tx: Transaction,
  { tagId }: { tagId: string },
): Promise<DeletedTag> {
  const { db, tenantId } = tx
  const { name } = await tagOf(tx, tagId)
  await refuseUnseenUse(tx, { id: tagId, what: 'tag', path: [...path, 'tagId'] })
  const { count } = await db.dealTag.deleteMany({ where: { tenantId, tagId } })
  await db.tag.delete({ where: { tenantId_id: { tenantId, id: tagId } } })
  tx.emit({ type: 'tag.deleted', payload: { tagId, name, untaggedCount: count } })
  return { deletedTagId: tagId, untaggedCount: count }
}

async function tagOf({ db, tenantId }: Transaction, id: string) {
  const tag = await db.tag.findUnique({ where: { tenantId_id: { tenantId, id } } })
  return tag ?? refuse(notFound('tag', [...path, 'tagId']))
}

async function checkedValues(tx: Transaction, id: string, input: TagInput): Promise<TagValues> {
  const errors = checkTag(input, path)
  if (errors.length > 0) refuse(...errors)
  const values = tagValues(input)
  if (values.name !== undefined) await refuseTakenName(tx, id, values.name)
  return values
}

/** The tag itself may write its name in another case. */
async function refuseTakenName({ db, tenantId }: Transaction, id: string, name: string) {
  const [taken] = await db.$queryRaw<{ name: string }[]>`
    SELECT name FROM tag
    WHERE tenant_id = ${tenantId}::uuid AND lower(name) = lower(${name}) AND id <> ${id}::uuid`
  if (!taken) return
  const message = `There is a tag named "${taken.name}" already.`
  refuse({ code: 'NAME_TAKEN', message, path: [...path, 'name'] })
}

import type { Transaction } from '../database/transaction.ts'
import { invalid, notFound, type UserError } from '../user-errors.ts'
import { checkIdCount, leavesSight } from './rules.ts'

/** Ids that the input of a deal refers to. */
export interface DealReferences {
  organizationId?: string | null
  ownerId?: string | null
  externalId?: string | null
  contactIds?: string[]
  tagIds?: string[]
  assigneeIds?: string[]
}

const path = ['input']

/** Why a deal cannot refer to these; empty when it can. `dealId` is the deal that has them now. */
export async function checkReferences(
  tx: Transaction,
  { organizationId, ownerId, externalId, contactIds, tagIds, assigneeIds }: DealReferences,
  dealId?: string,
): Promise<UserError[]> {
  const { db, tenantId } = tx
  const live = { deletedAt: null }
  const one = (id: string | null | undefined) => (id ? [id] : [])
  const [organizations, owners] = [one(organizationId), one(ownerId)]
  const find = (ids: string[], where = {}) => ({
    where: { tenantId, id: { in: ids }, ...where },
    select: { id: true },
  })
  const errors = [
    ...tooMany({ contactIds, tagIds, assigneeIds }),
    ...(await missing(organizations, 'organization', 'organizationId', (ids) =>
      db.organization.findMany(find(ids)),
    )),
    ...(await missing(owners, 'member', 'ownerId', (ids) => db.member.findMany(find(ids, live)))),
    ...(await missing(contactIds, 'contact', 'contactIds', (ids) =>
      db.contact.findMany(find(ids)),
    )),
    ...(await missing(tagIds, 'tag', 'tagIds', (ids) => db.tag.findMany(find(ids)))),
    ...(await checkAssignees(tx, assigneeIds, { path: [...path, 'assigneeIds'] })),
    ...(await checkOwner(tx, ownerId, dealId)),
  ]
  if (externalId) {
    // Of all deals of the tenant, among which it is unique, and not only of those that are seen.
    const [other] = await db.$queryRaw<{ id: string | null }[]>`
      SELECT deal_of_external_id(${externalId}) AS id`
    if (other?.id && other.id !== dealId)
      errors.push(invalid('Another deal has this id.', [...path, 'externalId']))
  }
  return errors
}

/** Who sees only their own deals keeps the one that they write: by owning it or as an assignee. */
async function checkOwner(
  { db, tenantId, dealsOf: memberId }: Transaction,
  ownerId: string | null | undefined,
  dealId: string | undefined,
): Promise<UserError[]> {
  if (!memberId || ownerId === undefined || ownerId === memberId) return []
  const isAssigned =
    dealId && (await db.dealAssignee.count({ where: { tenantId, dealId, memberId } }))
  return isAssigned ? [] : [leavesSight([...path, 'ownerId'])]
}

function tooMany(lists: Record<string, string[] | undefined>): UserError[] {
  return Object.entries(lists).flatMap(([argument, ids = []]) =>
    ids.length === 0 ? [] : checkIdCount(ids, [...path, argument]),
  )
}

/**
 * Why these members cannot be assigned; empty when they can. Those who are present already may have
 * left since.
 */
export async function checkAssignees(
  { db, tenantId }: Transaction,
  ids: string[] = [],
  { path, present = new Set() }: { path: string[]; present?: ReadonlySet<string> },
): Promise<UserError[]> {
  if (ids.length === 0) return []
  const members = await db.member.findMany({
    where: { tenantId, id: { in: ids }, deletedAt: null },
    select: { id: true, deactivatedAt: true },
  })
  const byId = new Map(members.map((member) => [member.id, member]))
  return ids.flatMap((id, index) => {
    if (present.has(id)) return []
    const at = [...path, String(index)]
    const member = byId.get(id)
    if (!member) return [notFound('member', at)]
    if (!member.deactivatedAt) return []
    return [invalid('This member is deactivated: assign somebody else.', at)]
  })
}

/** The ids that nothing has; those of a list are named by their place. */
export async function missing(
  ids: string[] | undefined,
  what: string,
  argument: string,
  find: (ids: string[]) => Promise<{ id: string }[]>,
): Promise<UserError[]> {
  if (!ids || ids.length === 0) return []
  const found = new Set((await find(ids)).map(({ id }) => id))
  const isList = argument.endsWith('Ids')
  return ids.flatMap((id, index) =>
    found.has(id) ? [] : [notFound(what, [...path, argument, ...(isList ? [String(index)] : [])])],
  )
}

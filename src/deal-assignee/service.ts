import type { Transaction } from '../database/transaction.ts'
import { checkIdCount, leavesSight } from '../deal-reference/rules.ts'
import { checkAssignees, missing } from '../deal-reference/service.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import { refuse, type UserError } from '../user-errors.ts'

export interface AssignDeal extends Versioned {
  memberIds: string[]
  /** Where in the input they are. */
  path?: string[]
}

const usualPath = ['input', 'memberIds']

/** Assigns members to a deal. Those who are assigned already change nothing. */
export async function assignDeal(tx: Transaction, input: AssignDeal): Promise<{ dealId: string }> {
  const { tenantId } = tx
  const { dealId, path = usualPath } = input
  const { present } = await presentAssignees(tx, input)
  refuseAny(checkIdCount(input.memberIds, path))
  refuseAny(await checkAssignees(tx, input.memberIds, { path, present }))
  const memberIds = [...new Set(input.memberIds)].filter((id) => !present.has(id))
  if (memberIds.length === 0) return { dealId }
  const data = memberIds.map((memberId) => ({ tenantId, dealId, memberId }))
  await tx.db.dealAssignee.createMany({ data })
  await saveDeal(tx, input, {})
  tx.emit({ type: 'deal.assigned', dealId, payload: { memberIds } })
  return { dealId }
}

/** Takes members off a deal, who may be deleted by now. Those who are not on it change nothing. */
export async function unassignDeal(
  tx: Transaction,
  input: AssignDeal,
): Promise<{ dealId: string }> {
  const { db, tenantId } = tx
  const { present, ownerId } = await presentAssignees(tx, input)
  refuseAny(checkIdCount(input.memberIds, usualPath))
  const find = (ids: string[]) =>
    db.member.findMany({ where: { tenantId, id: { in: ids } }, select: { id: true } })
  refuseAny(await missing(input.memberIds, 'member', 'memberIds', find))
  const leaving = [...new Set(input.memberIds)].filter((id) => present.has(id))
  return takeOff(tx, input, { leaving, ownerId })
}

/** Takes all members off a deal but these. */
export async function keepAssignees(
  tx: Transaction,
  input: AssignDeal,
): Promise<{ dealId: string }> {
  const { present, ownerId } = await presentAssignees(tx, input)
  const leaving = [...present].filter((id) => !input.memberIds.includes(id))
  return takeOff(tx, input, { leaving, ownerId })
}

async function takeOff(
  tx: Transaction,
  input: AssignDeal,
  { leaving, ownerId }: { leaving: string[]; ownerId: string | null },
): Promise<{ dealId: string }> {
  const { db, tenantId, dealsOf } = tx
  const { dealId, memberIds, path = usualPath } = input
  if (leaving.length === 0) return { dealId }
  if (dealsOf && dealsOf !== ownerId && leaving.includes(dealsOf)) {
    const place = memberIds.indexOf(dealsOf)
    refuse(leavesSight(place < 0 ? path : [...path, String(place)]))
  }
  await db.dealAssignee.deleteMany({ where: { tenantId, dealId, memberId: { in: leaving } } })
  await saveDeal(tx, input, {})
  tx.emit({ type: 'deal.unassigned', dealId, payload: { memberIds: leaving } })
  return { dealId }
}

async function presentAssignees(
  tx: Transaction,
  input: AssignDeal,
): Promise<{ present: Set<string>; ownerId: string | null }> {
  const { db, tenantId } = tx
  const { ownerId } = await dealToChange(tx, input)
  const present = await db.dealAssignee.findMany({ where: { tenantId, dealId: input.dealId } })
  return { present: new Set(present.map(({ memberId }) => memberId)), ownerId }
}

function refuseAny(errors: UserError[]): void {
  if (errors.length > 0) refuse(...errors)
}

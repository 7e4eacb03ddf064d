import { type Role, scopesOfRole } from '../auth/scopes.ts'
import { changedValues } from '../changes.ts'
import type { Transaction } from '../database/transaction.ts'
import type { Member } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { trimTexts } from '../texts.ts'
import { invalid, notFound, refuse, type UserError } from '../user-errors.ts'
import { checkGiven, checkMember, checkOwnChange, type MemberValues, rightsGiven } from './rules.ts'

export interface CreateMember extends Omit<MemberValues, 'deactivated'> {
  name: string
  role: string
}

export interface UpdateMember extends MemberValues {
  memberId: string
}

const path = ['input']

export async function createMember(
  tx: Transaction,
  input: CreateMember,
): Promise<{ memberId: string }> {
  const values = trimmed(input)
  const errors = [
    ...checkMember(values, path),
    ...checkRights(tx, input.role, ['role']),
    ...(await taken(tx, values)),
  ]
  if (errors.length > 0) refuse(...errors)
  const id = newId()
  await tx.db.member.create({
    data: {
      email: values.email ?? null,
      externalId: values.externalId ?? null,
      name: input.name.trim(),
      role: input.role,
      tenantId: tx.tenantId,
      id,
      number: await takeNumbers(tx, 'member'),
      createdAt: tx.now,
    },
  })
  tx.emit({ type: 'member.created', payload: { memberId: id } })
  const details = { role: input.role, externalId: values.externalId ?? null }
  tx.audit({ type: 'MEMBER_CREATED', memberId: id, details })
  return { memberId: id }
}

/** Writes the values that differ from the member's; when none does nothing changes. */
export async function updateMember(
  tx: Transaction,
  { memberId: id, ...input }: UpdateMember,
): Promise<{ memberId: string }> {
  const { db, tenantId, now } = tx
  const member = await db.member.findFirst({ where: { tenantId, id, deletedAt: null } })
  if (!member) return refuse(notFound('member', [...path, 'memberId']))
  const values = trimmed(input)
  const own = tx.actor.memberId === id ? checkOwnChange(member, values, path) : []
  const errors = [
    ...checkMember(values, path),
    ...own,
    ...checkRights(tx, values.role ?? member.role, rightsGiven(member, values)),
    ...(await taken(tx, values, id)),
  ]
  if (errors.length > 0) refuse(...errors)
  const before = { ...member, deactivated: member.deactivatedAt !== null }
  const { deactivated, ...changed } = changedValues(before, values)
  const fields = Object.keys({ ...changed, ...(deactivated !== undefined && { deactivated }) })
  if (fields.length === 0) return { memberId: id }
  const { name, role, ...texts } = changed
  await db.member.update({
    where: { tenantId_id: { tenantId, id } },
    data: {
      ...texts,
      ...(name != null && { name }),
      ...(role != null && { role }),
      ...(deactivated !== undefined && { deactivatedAt: deactivated ? now : null }),
    },
  })
  tx.emit({ type: 'member.updated', payload: { memberId: id, fields } })
  auditChange(tx, member, { role, externalId: texts.externalId, deactivated })
  return { memberId: id }
}

/** Why these changes of a member with the role are not the actor's to make. */
function checkRights({ actor }: Transaction, role: string, changes: string[]): UserError[] {
  const given = scopesOfRole[role as Role]
  return changes.flatMap((name) => checkGiven(given, actor.scopes, [...path, name]))
}

/** Tells the audit of what changed, which of a name or an email is nothing. */
function auditChange(
  tx: Transaction,
  { id: memberId, ...before }: Member,
  { role, externalId, deactivated }: MemberValues,
): void {
  if (role != null) {
    const details = { from: before.role, to: role }
    tx.audit({ type: 'MEMBER_ROLE_CHANGED', memberId, details })
  }
  if (externalId !== undefined) {
    const details = { from: before.externalId, to: externalId }
    tx.audit({ type: 'MEMBER_EXTERNAL_ID_CHANGED', memberId, details })
  }
  if (deactivated != null) {
    tx.audit({ type: deactivated ? 'MEMBER_DEACTIVATED' : 'MEMBER_REACTIVATED', memberId })
  }
}

/** What the input gives; the external id is another system's and is kept letter by letter. */
function trimmed({ name, role, externalId, deactivated, ...input }: MemberValues): MemberValues {
  return {
    ...trimTexts(input, ['email']),
    ...(name !== undefined && { name: name === null ? null : name.trim() }),
    ...(role !== undefined && { role }),
    ...(externalId !== undefined && { externalId }),
    ...(deactivated !== undefined && { deactivated }),
  }
}

/** Why another member keeps these values for itself; the database folds emails as its index does. */
async function taken(
  { db, tenantId }: Transaction,
  { email, externalId }: MemberValues,
  id = '',
): Promise<UserError[]> {
  const byEmail = email
    ? await db.$queryRaw<{ id: string }[]>`
        SELECT id FROM member
        WHERE tenant_id = ${tenantId}::uuid AND lower(email) = lower(${email}) AND deleted_at IS NULL`
    : []
  const where = { tenantId, externalId: externalId ?? '', deletedAt: null }
  const byExternalId = externalId ? await db.member.findMany({ where, select: { id: true } }) : []
  const other = (member: { id: string }) => member.id !== id
  return [
    ...(byEmail.some(other) ? [invalid('Another member has this email.', [...path, 'email'])] : []),
    ...(byExternalId.some(other)
      ? [invalid('Another member has this id.', [...path, 'externalId'])]
      : []),
  ]
}

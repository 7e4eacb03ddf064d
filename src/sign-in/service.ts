import { randomUUID } from 'node:crypto'
import type { Identity } from '../auth/claims.ts'
import { type Role, scopesOfRole } from '../auth/scopes.ts'
import { dealsSeenBy, type Viewer } from '../auth/viewer.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import { attempt, operator, writeTransaction } from '../database/transaction.ts'
import { createMember } from '../member/service.ts'
import { maxNameLength } from '../texts.ts'
import { Refusal } from '../user-errors.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

interface FoundMember {
  tenant_id: string
  /** Null where the tenant has no member with the external id. */
  member_id: string | null
  role: Role
  member_deactivated: boolean
  members_see_only_their_deals: boolean
  operations_revision: number
  revision: string
}

export interface SignInOptions {
  /** The role of a member who is created when they first come; null when none is. */
  createMembersAs: Role | null
  now: Date
}

/**
 * The viewer of an identity that somebody trustworthy vouches for; null where the tenant or the
 * member is not there or was deactivated.
 */
export async function signIn(
  database: Database,
  identity: Identity,
  { createMembersAs, now }: SignInOptions,
): Promise<Viewer | null> {
  let member = await findMember(database, identity)
  if (member && !member.member_id && createMembersAs) {
    const tenantId = member.tenant_id
    await addMember(database, identity, { tenantId, role: identity.role ?? createMembersAs, now })
    member = await findMember(database, identity)
  }
  if (!member?.member_id || member.member_deactivated) return null
  const role = identity.role ?? member.role
  return {
    tenantId: member.tenant_id,
    memberId: member.member_id,
    memberRole: member.role,
    apiKeyId: null,
    role,
    dealsOf: dealsSeenBy({
      membersSeeOnlyTheirDeals: member.members_see_only_their_deals,
      role,
      memberId: member.member_id,
      memberRole: member.role,
    }),
    scopes: new Set(scopesOfRole[role]),
    operationsRevision: member.operations_revision,
    revision: member.revision,
  }
}

async function findMember(
  database: Database,
  { tenant, subject }: Identity,
): Promise<FoundMember | undefined> {
  const id = uuid.test(tenant) ? tenant : null
  const [found] = await database.ask<FoundMember>(
    'SELECT * FROM authenticate_member($1::uuid, $2, $3)',
    [id, tenant, subject],
  )
  return found
}

/** The writes of a tenant have one order, so that of two first requests one finds the member there. */
function addMember(
  database: Database,
  { subject: externalId, name, email }: Identity,
  { tenantId, role, now }: { tenantId: string; role: Role; now: Date },
): Promise<void> {
  const scope = { ...wholeTenant(tenantId), actor: operator, now, requestId: randomUUID() }
  const called = [...(name ?? email ?? externalId)].slice(0, maxNameLength).join('')
  return writeTransaction(database, scope, async (tx) => {
    if (await tx.db.member.findFirst({ where: { tenantId, externalId } })) return
    const member = { externalId, name: called, role }
    const created = await attempt(tx, (part) => createMember(part, { ...member, email }))
    // An address that is none, or another member's, keeps nobody out.
    if (created instanceof Refusal) await createMember(tx, member)
  })
}

import { codedError } from '../errors.ts'
import type { Db } from './database.ts'

/** By what somebody may do what they do, as it was when they were let in. */
export interface Standing {
  memberId: string | null
  /** The member's own role, whatever the role of who acts for them. */
  memberRole: string | null
  apiKeyId: string | null
}

/**
 * Refuses who has lost their rights since they were let in. It is asked once a write has its place
 * among the writes of the tenant: changes of members and keys have theirs before it or after it, and
 * so nobody who is locked out can still let somebody in.
 */
export async function checkStanding(
  { db, tenantId }: { db: Db; tenantId: string },
  { memberId, memberRole, apiKeyId }: Standing,
): Promise<void> {
  if (!memberId && !apiKeyId) return
  const [row] = await db.$queryRaw<{ holds: boolean }[]>`
    SELECT (${apiKeyId}::uuid IS NULL OR EXISTS (
        SELECT FROM api_key
        WHERE tenant_id = ${tenantId}::uuid AND id = ${apiKeyId}::uuid AND revoked_at IS NULL))
      AND (${memberId}::uuid IS NULL OR EXISTS (
        SELECT FROM member
        WHERE tenant_id = ${tenantId}::uuid AND id = ${memberId}::uuid AND role = ${memberRole}
          AND deactivated_at IS NULL AND deleted_at IS NULL)) AS holds`
  if (row?.holds) return
  const message =
    'What you may do has changed since this was sent. Nothing was done: send it again.'
  throw codedError('UNAUTHENTICATED', message)
}

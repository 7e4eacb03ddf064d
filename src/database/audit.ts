import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import type { WriteScope } from './transaction.ts'

/** That a key, a member's role or a setting that bears on access changed. */
export interface AuditInput {
  type: AuditType
  memberId?: string
  apiKeyId?: string
  /** What the API shows of it, so ids in its form, and never a secret. */
  details?: Prisma.InputJsonObject
}

export type AuditType =
  | 'API_KEY_CREATED'
  | 'API_KEY_REVOKED'
  | 'MEMBER_CREATED'
  | 'MEMBER_ROLE_CHANGED'
  | 'MEMBER_EXTERNAL_ID_CHANGED'
  | 'MEMBER_DEACTIVATED'
  | 'MEMBER_REACTIVATED'
  | 'MEMBER_DELETED'
  | 'TENANT_ACCESS_CHANGED'
  | 'CLIENT_RELEASE_ACTIVATED'
  | 'CLIENT_RELEASE_RETIRED'

export function toAuditRow(
  { tenantId, now, actor, requestId }: WriteScope,
  { type, memberId, apiKeyId, details = {} }: AuditInput,
): Prisma.AuditEventCreateManyInput {
  return {
    tenantId,
    id: newId(),
    type,
    memberId: memberId ?? null,
    apiKeyId: apiKeyId ?? null,
    details,
    actorKind: actor.kind,
    actorMemberId: actor.memberId,
    actorApiKeyId: actor.apiKeyId,
    requestId,
    occurredAt: now,
  }
}

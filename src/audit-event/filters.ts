import { builder, textEnum } from '../builder.ts'
import { compareIds, compareRequired } from '../conditions.ts'
import { DateTimeFilter, IdFilter } from '../list-inputs.ts'

export const AuditEventType = textEnum(
  'AuditEventType',
  'What changed of who may do what. `details` says how, without any secret.',
  {
    API_KEY_CREATED:
      'A key was created: `name`, `prefix`, `role`, `scopes`, `memberId`, `expiresAt`.',
    API_KEY_REVOKED: 'A key was revoked, by itself or with its member: `name`, `prefix`.',
    MEMBER_CREATED: 'A member was created: `role`, `externalId`.',
    MEMBER_ROLE_CHANGED: 'A member got another role: `from`, `to`.',
    MEMBER_EXTERNAL_ID_CHANGED: 'A sign-in service knows a member by another id: `from`, `to`.',
    MEMBER_DEACTIVATED: 'A member may no longer sign in, and their keys rest.',
    MEMBER_REACTIVATED: 'A member may sign in again, and their keys work again.',
    MEMBER_DELETED: 'A member was deleted: the `role` and `externalId` that they had.',
    TENANT_ACCESS_CHANGED: 'A setting that bears on access changed: `setting`, `from`, `to`.',
    CLIENT_RELEASE_ACTIVATED:
      'The operations of an app’s version are served: `client`, `version`, `operationCount`.',
    CLIENT_RELEASE_RETIRED:
      'The operations of an app’s version are served no more: `client`, `version`, `operationCount`.',
  },
)

const AuditEventTypeFilter = builder.inputType('AuditEventTypeFilter', {
  description: 'Compares a type of audit event. Every condition given must hold.',
  fields: (t) => ({
    eq: t.field({ type: AuditEventType, description: 'This one.' }),
    in: t.field({ type: [AuditEventType], description: 'One of these.' }),
  }),
})

export const AuditEventFilter = builder.inputType('AuditEventFilter', {
  description: 'Which audit events. Every condition given must hold.',
  fields: (t) => ({
    type: t.field({ type: AuditEventTypeFilter, description: 'What changed.' }),
    memberId: t.field({ type: IdFilter, description: 'The member that it is about.' }),
    apiKeyId: t.field({ type: IdFilter, description: 'The API key that it is about.' }),
    occurredAt: t.field({ type: DateTimeFilter, description: 'When it changed.' }),
  }),
})

export function auditEventWhere(
  filter: typeof AuditEventFilter.$inferInput | null | undefined,
): object {
  return {
    AND: [
      ...compareRequired('type', filter?.type),
      ...compareIds('memberId', 'Member', filter?.memberId),
      ...compareIds('apiKeyId', 'ApiKey', filter?.apiKeyId),
      ...compareRequired('occurredAt', filter?.occurredAt),
    ],
  }
}

import { Actor, actorSelection } from '../actor/type.ts'
import { ApiKey } from '../api-key/type.ts'
import { builder } from '../builder.ts'
import type { Keyset } from '../connection.ts'
import { Member } from '../member/type.ts'
import { readPage } from '../page-field.ts'
import type { PageOf } from '../rows.ts'
import { AuditEventFilter, AuditEventType, auditEventWhere } from './filters.ts'

const AuditEvent = builder.prismaNode('AuditEvent', {
  description:
    'That a key, a member’s rights or a setting that bears on access changed, and who changed it. Entries are only ever added.',
  authScopes: { scope: 'keys:write' },
  runScopesOnType: true,
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (entry) => entry.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    type: t.expose('type', { type: AuditEventType, description: 'What changed.' }),
    member: t.relation('member', {
      type: Member,
      nullable: true,
      description: 'The member that it is about; null when it is about something else.',
    }),
    apiKey: t.relation('apiKey', {
      type: ApiKey,
      nullable: true,
      description: 'The API key that it is about; null when it is about something else.',
    }),
    details: t.expose('details', {
      type: 'JSON',
      description: 'An object with what `type` names. It never holds a secret.',
    }),
    actor: t.field({
      type: Actor,
      extensions: { embedded: true },
      description: 'Who made the change.',
      select: (_args, _ctx, nested) => actorSelection(nested),
      resolve: (entry) => entry,
    }),
    requestId: t.exposeString('requestId', {
      description: 'The request that made the change, as in the logs.',
    }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it changed.' }),
  }),
})

const newestFirst: Keyset = {
  name: 'OCCURRED_AT',
  column: 'occurredAt',
  kind: 'instant',
  direction: 'desc',
}

const AuditEventConnection = builder.connectionObject(
  { type: AuditEvent, name: 'AuditEventConnection', description: 'A page of audit events.' },
  { name: 'AuditEventEdge', description: 'An audit event and its cursor.' },
)

const auditEventPage: PageOf = {
  keyset: () => newestFirst,
  where: ({ filter }) => [auditEventWhere(filter)],
}

builder.queryField('auditEvents', (t) =>
  t.connection(
    {
      type: AuditEvent,
      authScopes: { scope: 'keys:write' },
      extensions: { page: auditEventPage },
      description: 'Who changed keys, roles and settings that bear on access, the newest first.',
      args: { filter: t.arg({ type: AuditEventFilter, description: 'Which audit events.' }) },
      resolve: (_root, args, ctx, info) =>
        readPage(ctx.db.auditEvent, auditEventPage, args, { ctx, info }),
    },
    AuditEventConnection,
  ),
)

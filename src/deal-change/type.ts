import { Actor, actorSelection } from '../actor/type.ts'
import { builder, textEnum } from '../builder.ts'
import { encodeId } from '../ids.ts'
import type { Declaration, RowSql } from '../rows.ts'

const DealChangeField = textEnum('DealChangeField', 'A field of a deal whose changes are kept.', {
  NAME: 'The name.',
  AMOUNT: 'The amount.',
  CURRENCY: 'The currency of the amount.',
  OWNER: 'The member who answers for it.',
  ORGANIZATION: 'The organization that it is made with.',
  EXPECTED_CLOSE_DATE: 'When it is expected to close.',
  PRIORITY: 'How urgent it is.',
  CONFIDENCE: 'The user’s own probability.',
})

const typenames = new Map([
  ['owner', 'Member'],
  ['organization', 'Organization'],
])

function idIn(field: string, id: string | null): string | null {
  const typename = typenames.get(field)
  return typename && id ? encodeId(typename, id) : null
}

const idSql = (column: string) => (change: RowSql) => {
  const prefixes = [...typenames].map(
    ([field, typename]) => `WHEN '${field}' THEN '${encodeId(typename, '')}'`,
  )
  return `CASE ${change.column('field')} ${prefixes.join(' ')} END || ${change.column(column)}`
}

export const DealChange = builder.prismaNode('DealChange', {
  description:
    'That a field of a deal changed: an entry of its audit beside its stages. Entries are only ever added.',
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (change) => change.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    field: t.field({
      type: DealChangeField,
      description: 'Which field changed.',
      extensions: {
        sql: (change) => `upper(regexp_replace(${change.column('field')}, '([A-Z])', '_\\1', 'g'))`,
      } satisfies Declaration,
      select: { field: true },
      resolve: ({ field }) => field.replace(/[A-Z]/g, '_$&').toUpperCase(),
    }),
    from: t.exposeString('fromValue', {
      nullable: true,
      description:
        'What it was, as it was called at that moment: a name, an amount as a decimal, a day as `YYYY-MM-DD`; null for nothing. The name of an owner is part of the history and needs no `members:read`.',
    }),
    to: t.exposeString('toValue', {
      nullable: true,
      description: 'What it became, in the same form; null for nothing.',
    }),
    fromId: t.id({
      nullable: true,
      description: 'The id of the owner or organization before, which may be gone by now.',
      extensions: { sql: idSql('fromId') } satisfies Declaration,
      select: { field: true, fromId: true },
      resolve: ({ field, fromId }) => idIn(field, fromId),
    }),
    toId: t.id({
      nullable: true,
      description: 'The id of the owner or organization after, which may be gone by now.',
      extensions: { sql: idSql('toId') } satisfies Declaration,
      select: { field: true, toId: true },
      resolve: ({ field, toId }) => idIn(field, toId),
    }),
    actor: t.field({
      type: Actor,
      extensions: { embedded: true },
      description: 'Who made the change.',
      select: (_args, _ctx, nested) => actorSelection(nested),
      resolve: (change) => change,
    }),
    requestId: t.exposeString('requestId', {
      description: 'The request that made the change, as in the logs.',
    }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it changed.' }),
  }),
})

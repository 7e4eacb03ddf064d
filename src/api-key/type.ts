import { scopesOfKey } from '../auth/scopes.ts'
import { builder } from '../builder.ts'
import { newestFirst } from '../connection.ts'
import { Role } from '../member/filters.ts'
import { Member } from '../member/type.ts'
import { readPage } from '../page-field.ts'
import type { PageOf } from '../rows.ts'
import { apiKeyWhere } from './filters.ts'

/** Also what a new key is given. */
export const roleOfKey = { type: Role, description: 'What it may do in general.' } as const

export const ApiKey = builder.prismaNode('ApiKey', {
  description:
    'A key by which programs use the API. Its secret is shown once, when it is created, and stored nowhere.',
  authScopes: { scope: 'keys:write' },
  runScopesOnType: true,
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (key) => key.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is for.' }),
    prefix: t.exposeString('prefix', { description: 'How its secret begins: `dg_A1b2C3`.' }),
    role: t.expose('role', roleOfKey),
    scopes: t.stringList({
      description:
        'What it may do, one by one: the scopes of its role, or those of them that it is limited to.',
      select: { role: true, scopes: true },
      resolve: ({ role, scopes }) => scopesOfKey(role, scopes),
    }),
    member: t.relation('member', {
      type: Member,
      nullable: true,
      description: 'The member for whom it acts; null for a key of the tenant itself.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      extensions: { unversioned: true },
      nullable: true,
      description: 'When it was last used, to the minute; null for never.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself; null for never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null while it is not.',
    }),
  }),
})

const ApiKeyConnection = builder.connectionObject(
  { type: ApiKey, name: 'ApiKeyConnection', description: 'A page of API keys.' },
  { name: 'ApiKeyEdge', description: 'An API key and its cursor.' },
)

const apiKeyPage: PageOf = {
  keyset: () => newestFirst,
  where: ({ includeRevoked }, { now }) => (includeRevoked ? [] : [apiKeyWhere(now())]),
}

builder.queryField('apiKeys', (t) =>
  t.connection(
    {
      type: ApiKey,
      authScopes: { scope: 'keys:write' },
      extensions: { page: apiKeyPage },
      description: 'The API keys of the tenant, the newest first.',
      args: {
        includeRevoked: t.arg.boolean({
          description: 'Also those that were revoked or have expired. Default: false.',
        }),
      },
      resolve: (_root, args, ctx, info) => readPage(ctx.db.apiKey, apiKeyPage, args, { ctx, info }),
    },
    ApiKeyConnection,
  ),
)

import { builder } from '../builder.ts'
import { newestFirst } from '../connection.ts'
import { readPage } from '../page-field.ts'
import {
  ClientReleaseFilter,
  clientReleaseWhere,
  ReleaseStatus,
} from '../persisted-operation/filters.ts'
import { PersistedOperation } from '../persisted-operation/type.ts'
import type { Declaration, PageOf } from '../rows.ts'

export const ClientRelease = builder.prismaNode('ClientRelease', {
  description: 'A version of an app with the operations that it may send.',
  authScopes: { scope: 'operations:write' },
  runScopesOnType: true,
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (release) => release.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    client: t.exposeString('client', { description: 'The app, as it names itself.' }),
    version: t.exposeString('version', { description: 'Its version, as it names it.' }),
    status: t.expose('status', { type: ReleaseStatus, description: 'Whether it is served.' }),
    operationCount: t.relationCount('operations', {
      extensions: {
        sql: (release) =>
          `(SELECT count(*) FROM client_release_operation o WHERE (o.tenant_id, o.release_id) = (${release.column('tenantId')}, ${release.column('id')}))`,
      } satisfies Declaration,
      description: 'How many operations it has; `persistedOperations` lists them.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was first pushed.',
    }),
    activatedAt: t.expose('activatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last activated; null for never.',
    }),
    retiredAt: t.expose('retiredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was retired; null while it is not.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      extensions: { unversioned: true },
      nullable: true,
      description:
        'When a request last named this version, to the minute; null for never. Versions that nobody names any more can be retired.',
    }),
  }),
})

builder.prismaObjectField(PersistedOperation, 'releases', (t) =>
  t.field({
    type: [ClientRelease],
    extensions: { cost: { size: 5 }, through: ['releases', 'release'] },
    description: 'The releases that have it, the newest first.',
    select: (_args, _ctx, nested) => ({
      releases: {
        select: { release: nested() },
        orderBy: [{ release: { createdAt: 'desc' } }, { releaseId: 'desc' }],
      },
    }),
    resolve: ({ releases }) => releases.map(({ release }) => release),
  }),
)

const ClientReleaseConnection = builder.connectionObject(
  { type: ClientRelease, name: 'ClientReleaseConnection', description: 'A page of releases.' },
  { name: 'ClientReleaseEdge', description: 'A release and its cursor.' },
)

const clientReleasePage: PageOf = {
  keyset: () => newestFirst,
  where: ({ filter }) => [clientReleaseWhere(filter)],
}

builder.queryField('clientReleases', (t) =>
  t.connection(
    {
      type: ClientRelease,
      authScopes: { scope: 'operations:write' },
      extensions: { page: clientReleasePage },
      description: 'The releases of the apps that register their operations, the newest first.',
      args: { filter: t.arg({ type: ClientReleaseFilter, description: 'Which releases.' }) },
      resolve: (_root, args, ctx, info) =>
        readPage(ctx.db.clientRelease, clientReleasePage, args, { ctx, info }),
    },
    ClientReleaseConnection,
  ),
)

import { builder } from '../builder.ts'
import { keysetPage, newestFirst, pageSelection } from '../connection.ts'
import {
  ClientReleaseFilter,
  clientReleaseWhere,
  ReleaseStatus,
} from '../persisted-operation/filters.ts'
import { PersistedOperation } from '../persisted-operation/type.ts'

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
      nullable: true,
      description:
        'When a request last named this version, to the minute; null for never. Versions that nobody names any more can be retired.',
    }),
  }),
})

builder.prismaObjectField(PersistedOperation, 'releases', (t) =>
  t.field({
    type: [ClientRelease],
    extensions: { cost: { size: 5 } },
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

builder.queryField('clientReleases', (t) =>
  t.connection(
    {
      type: ClientRelease,
      authScopes: { scope: 'operations:write' },
      description: 'The releases of the apps that register their operations, the newest first.',
      args: { filter: t.arg({ type: ClientReleaseFilter, description: 'Which releases.' }) },
      resolve: async (_root, { filter, ...args }, ctx, info) => {
        const page = keysetPage(args, newestFirst)
        const where = { AND: [{ tenantId: ctx.viewer.tenantId }, clientReleaseWhere(filter)] }
        const { orderBy, take } = page
        const selection = pageSelection(ctx, info, page)
        const rows = await page.find((bounds) =>
          ctx.db.clientRelease.findMany({
            ...selection,
            where: { AND: [where, bounds] },
            orderBy,
            take,
          }),
        )
        return page.toConnection(rows, () => ctx.db.clientRelease.count({ where }))
      },
    },
    ClientReleaseConnection,
  ),
)

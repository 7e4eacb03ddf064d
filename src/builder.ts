import SchemaBuilder, { type EnumRef } from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin, { type AuthFailure } from '@pothos/plugin-scope-auth'
import type { Scope } from './auth/scopes.ts'
import type { Context } from './context.ts'
import { codedError } from './errors.ts'
import type PrismaTypes from './generated/pothos/index.ts'
import { getDatamodel } from './generated/pothos/index.ts'
import type { Prisma, PrismaClient } from './generated/prisma/client.ts'
import { decodeId, encodeId, nodeIdIn } from './ids.ts'
import { CurrencyCode, DateOnly, DateTime, Decimal, Json } from './scalars.ts'

export const maxNodes = 100

export interface SchemaShape {
  PrismaTypes: PrismaTypes
  Context: Context
  DefaultFieldNullability: false
  /** Fields of the root types each name a scope, or that anybody who is authenticated may use them. */
  AuthScopes: { scope: Scope; authenticated: true }
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
  Connection: { totalCount: () => Promise<number> }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    Date: { Input: Date; Output: Date }
    Decimal: { Input: Prisma.Decimal; Output: Prisma.Decimal }
    CurrencyCode: { Input: string; Output: string }
    JSON: { Input: Prisma.InputJsonValue; Output: unknown }
  }
}

export const builder = new SchemaBuilder<SchemaShape>({
  plugins: [ScopeAuthPlugin, RelayPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  prisma: {
    // Pothos only reads through the client, and a read transaction can all of that.
    client: (ctx) => ctx.db as PrismaClient,
    dmmf: getDatamodel(),
    onUnusedQuery: 'error',
  },
  relay: {
    encodeGlobalID: (typename, id) => encodeId(typename, String(id)),
    decodeGlobalID: decodeId,
    nodesOnConnection: { description: 'The items of this page.' },
    cursorType: 'String',
    edgesFieldOptions: { description: 'The items of this page with their cursors.' },
    nodeFieldOptions: { description: 'The item.' },
    cursorFieldOptions: { description: 'Where the item stands: pass it as `after` or `before`.' },
    pageInfoFieldOptions: { description: 'Whether there is more, and from which cursors.' },
    firstArgOptions: { description: 'How many items from the start: 0 to 100, by default 20.' },
    afterArgOptions: { description: 'Only what stands behind this cursor.' },
    lastArgOptions: { description: 'How many items from the end, instead of `first`.' },
    beforeArgOptions: { description: 'Only what stands before this cursor.' },
    hasNextPageFieldOptions: { description: 'Whether there is more behind this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
    startCursorFieldOptions: {
      description: 'The cursor of the first item; null on an empty page.',
    },
    endCursorFieldOptions: { description: 'The cursor of the last item; null on an empty page.' },
    pageInfoTypeOptions: { description: 'What lies before and after a page of a connection.' },
    nodeTypeOptions: { description: 'Anything with an id that `node` can look up again.' },
    idFieldOptions: { description: 'Opaque and stable: the type and a UUID.' },
    nodeQueryOptions: {
      description: 'Anything by its id; null when the tenant has no such thing.',
      authScopes: { scope: 'deals:read' },
      args: { id: { description: 'The id of a thing of any type.' } },
      resolve: (_root, { id }, _ctx, { schema }, resolveNode) => resolveNode(nodeIdIn(schema, id)),
    },
    nodesQueryOptions: {
      description: `Many things by their ids, in that order, with null for what the tenant does not have. At most ${maxNodes}.`,
      authScopes: { scope: 'deals:read' },
      args: { ids: { description: 'Ids of things of any type.' } },
      extensions: { cost: { items: ['ids'] } },
      resolve: (_root, { ids }, _ctx, { schema }, resolveNodes) => {
        if (ids.length <= maxNodes) return resolveNodes(ids.map((id) => nodeIdIn(schema, id)))
        throw codedError(
          'BAD_USER_INPUT',
          `\`ids\` takes at most ${maxNodes} ids, not ${ids.length}.`,
        )
      },
    },
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ viewer }) => ({
      scope: (needed) => viewer.scopes.has(needed),
      authenticated: true,
    }),
    unauthorizedError: (_parent, _ctx, { parentType, fieldName }, { failure }) => {
      const needs = scopesMissing(failure).map((scope) => `: it needs the scope ${scope}`)
      return codedError(
        'FORBIDDEN',
        `You may not use ${parentType.name}.${fieldName}${needs[0] ?? ''}.`,
      )
    },
  },
})

builder.addScalarType('DateTime', DateTime)
builder.addScalarType('Date', DateOnly)
builder.addScalarType('Decimal', Decimal)
builder.addScalarType('CurrencyCode', CurrencyCode)
builder.addScalarType('JSON', Json)

builder.queryType({
  description:
    'Everything that can be read. Every field reads the viewer’s own tenant and no other.',
})
builder.mutationType({
  description:
    'Everything that can be changed. Each field is one transaction; what is wrong with its input is in `userErrors`, and then nothing was changed.',
})

builder.subscriptionType({
  description:
    'What can be waited for, over WebSocket (graphql-transport-ws) or as server-sent events. Each event is read, charged and authorized as a query of its own.',
})

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    extensions: { cost: { fixed: 5 } },
    description: 'How many items all pages have together. Counted only when asked for.',
    resolve: (connection) => connection.totalCount(),
  }),
)

/** The scopes for the lack of which something was refused. */
function scopesMissing(failure: AuthFailure): string[] {
  if ('failures' in failure) return failure.failures.flatMap(scopesMissing)
  return 'parameter' in failure ? [String(failure.parameter)] : []
}

/** An enum whose column is text: rows give any string, arguments only the names. */
export function textEnum<const Values extends Record<string, string>>(
  name: string,
  description: string,
  values: Values,
): EnumRef<typeof builder.$inferSchemaTypes, string, keyof Values & string> {
  const described = Object.entries(values).map(([value, text]) => [value, { description: text }])
  const ref = builder.enumType(name, { description, values: Object.fromEntries(described) })
  return ref as unknown as EnumRef<typeof builder.$inferSchemaTypes, string, keyof Values & string>
}

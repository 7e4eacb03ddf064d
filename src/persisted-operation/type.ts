import { builder, textEnum } from '../builder.ts'
import { newestFirst } from '../connection.ts'
import { readPage } from '../page-field.ts'
import type { PageOf } from '../rows.ts'
import { PersistedOperationFilter, persistedOperationWhere } from './filters.ts'
import { maxOperations, problemsTogether, textTaken, withInspections } from './rules.ts'

const OperationType = textEnum('OperationType', 'What kind of operation it is.', {
  QUERY: 'It reads.',
  MUTATION: 'It writes.',
  SUBSCRIPTION: 'It is told events.',
})

const cost = 'What it may cost at most, in points, with the defaults of its variables.'

export const PersistedOperation = builder.prismaNode('PersistedOperation', {
  description: 'An operation of an app, which the app names by an id instead of sending its text.',
  authScopes: { scope: 'operations:write' },
  runScopesOnType: true,
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (operation) => operation.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    client: t.exposeString('client', { description: 'The app, as it names itself.' }),
    operationId: t.exposeString('operationId', { description: 'What the app sends for it.' }),
    name: t.exposeString('name', { nullable: true, description: 'Its name, if it has one.' }),
    type: t.expose('type', { type: OperationType, description: 'What kind of operation it is.' }),
    cost: t.exposeInt('cost', { description: cost }),
    sha256: t.exposeString('sha256', { description: 'The SHA-256 of its text, in hex.' }),
    text: t.exposeString('text', { description: 'The document, as it was registered.' }),
    maxAgeSeconds: t.exposeInt('maxAgeSeconds', {
      nullable: true,
      description:
        'For how many seconds any cache may keep an answer to a GET, one for each credential; null where none may.',
    }),
    executionNote: t.string({
      nullable: true,
      description:
        'Why this gateway does not compile it to one statement, whatever its variables; null where it does. What one request asks for, or who asks, can be a reason too.',
      select: { text: true },
      resolve: ({ text }, _args, ctx) => ctx.registry.executionNote(text),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was first registered.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      extensions: { unversioned: true },
      nullable: true,
      description:
        'When an app last sent it, to the minute; null for never. What apps in mode `open` send as text is not counted.',
    }),
  }),
})

const PersistedOperationConnection = builder.connectionObject(
  {
    type: PersistedOperation,
    name: 'PersistedOperationConnection',
    description: 'A page of registered operations.',
  },
  { name: 'PersistedOperationEdge', description: 'A registered operation and its cursor.' },
)

const persistedOperationPage: PageOf = {
  keyset: () => newestFirst,
  where: ({ filter }) => [persistedOperationWhere(filter)],
}

builder.queryField('persistedOperations', (t) =>
  t.connection(
    {
      type: PersistedOperation,
      authScopes: { scope: 'operations:write' },
      description: 'The operations that apps have registered, the newest first.',
      args: {
        filter: t.arg({ type: PersistedOperationFilter, description: 'Which operations.' }),
      },
      resolve: (_root, args, ctx, info) =>
        readPage(ctx.db.persistedOperation, persistedOperationPage, args, { ctx, info }),
    },
    PersistedOperationConnection,
  ),
)

export const OperationInput = builder.inputType('OperationInput', {
  description: 'An operation, as a manifest has it.',
  fields: (t) => ({
    id: t.string({
      required: true,
      description:
        'What the app sends for it, at most 255 characters; `sha256:` before a hash is left out. It stays the id of this text.',
    }),
    text: t.string({ required: true, description: 'The document, with exactly one operation.' }),
    maxAgeSeconds: t.int({
      description:
        'For how many seconds, at most a year, any cache may keep an answer to a GET of this query, one for each credential. Left out, none may.',
    }),
  }),
})

interface Check {
  name: string | null
  type: string
  cost: number
  problems: string[]
}

const OperationCheck = builder.objectRef<Check>('OperationCheck').implement({
  description: 'What an operation would be if it were registered.',
  fields: (t) => ({
    name: t.exposeString('name', { nullable: true, description: 'Its name, if it has one.' }),
    type: t.expose('type', { type: OperationType, description: 'What kind of operation it is.' }),
    cost: t.exposeInt('cost', { description: cost }),
    problems: t.exposeStringList('problems', {
      description: 'Why it would be refused, as sentences; empty when it would not.',
    }),
  }),
})

builder.queryField('checkOperations', (t) =>
  t.field({
    type: [OperationCheck],
    authScopes: { scope: 'operations:write' },
    extensions: { cost: { items: ['operations'] } },
    description:
      'What `pushOperations` would say of these operations, one answer each in their order. Nothing is kept.',
    args: {
      client: t.arg.string({ required: true, description: 'The app, as it names itself.' }),
      operations: t.arg({
        type: [OperationInput],
        required: true,
        description: `The operations, at most ${maxOperations}.`,
      }),
    },
    resolve: async (_root, { client, operations }, ctx) => {
      const inspections = await ctx.registry.inspect(operations.map(({ text }) => text))
      const checked = withInspections(operations, inspections)
      const known = await ctx.db.persistedOperation.findMany({
        where: {
          tenantId: ctx.viewer.tenantId,
          ...{ client, operationId: { in: checked.map(({ id }) => id) } },
        },
        select: { operationId: true, sha256: true },
      })
      const texts = new Map(known.map(({ operationId, sha256 }) => [operationId, sha256]))
      const together = problemsTogether(checked)
      return checked.map(({ id, sha256, name, type, cost }, index) => {
        const isOther = (texts.get(id) ?? sha256) !== sha256
        const problems = [...(together[index] ?? []), ...(isOther ? [textTaken] : [])]
        return { name, type, cost, problems }
      })
    },
  }),
)

import type { Context } from '../context.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import { OperationInput } from '../persisted-operation/type.ts'
import * as releases from './service.ts'
import { ClientRelease } from './type.ts'

const scope = 'operations:write'

const nameFields = (t: InputFields) => ({
  client: t.string({
    required: true,
    description:
      'The app, as it names itself by `graphql-client-name`: 1 to 255 characters of ASCII, no `~`.',
  }),
  version: t.string({
    required: true,
    description: 'Its version, as it names it: 1 to 255 characters of ASCII, no `~`.',
  }),
})

const payload = {
  description: 'The release as it is now, or why nothing was done.',
  reads: scope,
  fields: (t: PayloadFields<releases.ReleaseResult>) => ({
    release: t.prismaField(
      rowOfPayload({
        type: ClientRelease,
        key: 'releaseId',
        description: 'The release; null when the mutation was refused.',
        find: (db, byId) => db.clientRelease.findUnique(byId),
      }),
    ),
  }),
} as const

mutation('pushOperations', {
  scope,
  description:
    'Registers the operations of a version of an app, all of them or none: each is validated and held to the limits. They are not served before the release is activated. The same once more changes nothing; a release that is still pending is replaced, one that is active or retired stays as it is. Only `maxAgeSeconds` is of the operation itself, whatever releases have it, and as the last push of another release says from then on.',
  items: 'operations',
  input: {
    description: 'A version of an app with its operations.',
    fields: (t) => ({
      ...nameFields(t),
      operations: t.field({
        type: [OperationInput],
        required: true,
        description:
          'All operations of the version, 1 to 2,000. Such a request may have a body of 4 MB.',
      }),
    }),
  },
  payload,
  write: async ({ operations, ...name }, ctx) => {
    const inspected = await releases.inspected(operations, ctx.registry.inspect)
    return (tx) => releases.pushOperations(tx, { ...name, operations: inspected })
  },
})

mutation('activateClientRelease', {
  scope,
  description:
    'Has the operations of a release served from the next request on, by every process. Each is validated again, as the schema may have changed since it was pushed. A retired release can be activated again.',
  input: { description: 'The release to activate.', fields: nameFields },
  payload,
  write: async (name, ctx) => {
    const checkedIds = await idsToActivate(name, ctx)
    return (tx) => releases.activateClientRelease(tx, { name, checkedIds })
  },
})

async function idsToActivate(name: { client: string; version: string }, ctx: Context) {
  const { viewer, db, registry } = ctx
  const operations = await releases.operationsToCheck({ db, tenantId: viewer.tenantId }, name)
  return releases.validIds(operations, registry.inspect)
}

mutation('retireClientRelease', {
  scope,
  description:
    'Has the operations of a release served no more from the next request on, but for those that another active release of the client has.',
  input: { description: 'The release to retire.', fields: nameFields },
  payload,
  write: (name) => (tx) => releases.retireClientRelease(tx, name),
})

mutation('persistOperation', {
  scope,
  description:
    'Registers one operation under the SHA-256 of its text, in the release `development` of a client, which is active from the start: for compilers that persist while they compile. Refused where the client may send registered operations only.',
  input: {
    description: 'An operation under development.',
    fields: (t) => ({
      client: nameFields(t).client,
      text: t.string({
        required: true,
        description: 'The document, with exactly one operation.',
      }),
    }),
  },
  payload: {
    description: 'The id that is served from now on, or why nothing was done.',
    reads: scope,
    fields: (t: PayloadFields<{ operationId: string }>) => ({
      operationId: t.string({
        nullable: true,
        description: 'What to send for it; null when the mutation was refused.',
        resolve: ({ operationId }) => operationId ?? null,
      }),
    }),
  },
  write: async ({ client, text }, { registry }) => {
    const operation = await releases.developed(text, registry.inspect)
    const mode = registry.modeOf(client)
    return (tx) => releases.persistOperation(tx, { client, mode, operation })
  },
})

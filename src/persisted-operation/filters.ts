import { builder, textEnum } from '../builder.ts'
import { compareIds, compareRequired } from '../conditions.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { IdFilter } from '../list-inputs.ts'

export const ReleaseStatus = textEnum('ClientReleaseStatus', 'Whether a release is served.', {
  PENDING: 'Not yet: it was pushed, and can be pushed again.',
  ACTIVE: 'It is: apps in the field may send its operations.',
  RETIRED: 'No more. It can be activated again.',
})

const ReleaseStatusFilter = builder.inputType('ClientReleaseStatusFilter', {
  description: 'Compares a status. Every condition given must hold.',
  fields: (t) => ({
    eq: t.field({ type: ReleaseStatus, description: 'This one.' }),
    in: t.field({ type: [ReleaseStatus], description: 'One of these.' }),
  }),
})

const ClientFilter = builder.inputType('ClientFilter', {
  description: 'Compares the name of a client, letter by letter. Every condition given must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'This one.' }),
    in: t.stringList({ description: 'One of these, at most 500.' }),
  }),
})

export const PersistedOperationFilter = builder.inputType('PersistedOperationFilter', {
  description: 'Which registered operations. Every condition given must hold.',
  fields: (t) => ({
    client: t.field({ type: ClientFilter, description: 'Whose they are.' }),
    releaseId: t.field({ type: IdFilter, description: 'A release that has them.' }),
    status: t.field({
      type: ReleaseStatusFilter,
      description: 'The status of a release that has them.',
    }),
    unusedSince: t.field({
      type: 'DateTime',
      description: 'Not sent since then; what was never sent counts from its registration.',
    }),
  }),
})

export function persistedOperationWhere(
  filter: typeof PersistedOperationFilter.$inferInput | null | undefined,
): Prisma.PersistedOperationWhereInput {
  const { client, releaseId, status, unusedSince } = filter ?? {}
  const ofRelease = [
    ...compareIds('id', 'ClientRelease', releaseId, { required: true }),
    ...compareRequired('status', status),
  ]
  return {
    AND: [
      ...compareRequired('client', client),
      ...(ofRelease.length > 0 ? [{ releases: { some: { release: { AND: ofRelease } } } }] : []),
      ...(unusedSince ? [unused(unusedSince)] : []),
    ],
  }
}

function unused(since: Date): Prisma.PersistedOperationWhereInput {
  const before = { lt: since }
  return { OR: [{ lastUsedAt: before }, { lastUsedAt: null, createdAt: before }] }
}

export const ClientReleaseFilter = builder.inputType('ClientReleaseFilter', {
  description: 'Which releases of apps. Every condition given must hold.',
  fields: (t) => ({
    client: t.field({ type: ClientFilter, description: 'Whose they are.' }),
    status: t.field({ type: ReleaseStatusFilter, description: 'Whether they are served.' }),
  }),
})

export function clientReleaseWhere(
  filter: typeof ClientReleaseFilter.$inferInput | null | undefined,
): Prisma.ClientReleaseWhereInput {
  return {
    AND: [
      ...compareRequired('client', filter?.client),
      ...compareRequired('status', filter?.status),
    ],
  }
}

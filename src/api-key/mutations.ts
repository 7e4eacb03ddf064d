import { idOf, optionalIdOf } from '../ids.ts'
import { mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as apiKeys from './service.ts'
import { ApiKey, roleOfKey } from './type.ts'

interface KeyResult {
  id: string
  secret?: string
}

const apiKeyOf = (t: PayloadFields<KeyResult>) =>
  t.prismaField(
    rowOfPayload({
      type: ApiKey,
      key: 'id',
      description: 'The key as it is now; null when the mutation was refused.',
      find: (db, byId) => db.apiKey.findUnique(byId),
    }),
  )

mutation('createApiKey', {
  scope: 'keys:write',
  description:
    'Creates an API key, and shows its secret this once. Nobody gives a key what they may not do themselves, and no key gives one that outlasts it or acts for another member than it does.',
  input: {
    description: 'An API key to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'What it is for, 1 to 255 characters.' }),
      role: t.field({ ...roleOfKey, required: true }),
      scopes: t.stringList({
        description:
          'Limits it to some of the scopes that its role has, by the names that `Viewer.scopes` explains. Left out, it has all of them.',
      }),
      memberId: t.id({
        description:
          'The member for whom it acts; it rests while they are deactivated. Left out, it is a key of the tenant itself.',
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'When it ends by itself. Left out, it lasts until it is revoked.',
      }),
    }),
  },
  payload: {
    description: 'The key with its secret, or why nothing was done.',
    reads: 'keys:write',
    unkept: ['secret'],
    fields: (t: PayloadFields<KeyResult>) => ({
      apiKey: apiKeyOf(t),
      secret: t.string({
        nullable: true,
        description:
          'What to send as `Authorization: Bearer dg_…`. It is shown this once and stored nowhere: null when the mutation was refused, and when it is `replayed` by its `idempotencyKey`. Then revoke the key and create another one.',
        resolve: ({ secret }) => secret ?? null,
      }),
    }),
  },
  write: ({ memberId, ...input }) => {
    const key = { ...input, memberId: optionalIdOf('Member', memberId) }
    return (tx) => apiKeys.createApiKey(tx, key)
  },
})

mutation('revokeApiKey', {
  scope: 'keys:write',
  description:
    'Revokes an API key, at once and for good; a key may revoke itself. Where it is revoked nothing changes.',
  input: {
    description: 'The API key to revoke.',
    fields: (t) => ({
      apiKeyId: t.id({ required: true, description: 'The key.' }),
    }),
  },
  payload: {
    description: 'The revoked key, or why nothing was done.',
    reads: 'keys:write',
    fields: (t: PayloadFields<KeyResult>) => ({ apiKey: apiKeyOf(t) }),
  },
  write: ({ apiKeyId }) => {
    const id = idOf('ApiKey', apiKeyId)
    return (tx) => apiKeys.revokeApiKey(tx, { id })
  },
})

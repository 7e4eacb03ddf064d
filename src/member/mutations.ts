import { idOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import { Role } from './filters.ts'
import * as members from './service.ts'
import { Member } from './type.ts'

const externalId = (t: InputFields) =>
  t.string({ description: 'The id that a sign-in service knows them by, unique in the tenant.' })

const payload = {
  description: 'The member, or why nothing was done.',
  reads: 'members:read' as const,
  fields: (t: PayloadFields<{ memberId: string }>) => ({
    member: t.prismaField(
      rowOfPayload({
        type: Member,
        key: 'memberId',
        description: 'The member as they are now; null when the mutation was refused.',
        find: (db, byId) => db.member.findUnique(byId),
      }),
    ),
  }),
}

mutation('createMember', {
  scope: 'members:write',
  description: 'Creates a member.',
  input: {
    description: 'A member to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'Their full name, 1 to 255 characters.' }),
      email: t.string({ description: 'Unique in the tenant, in any case.' }),
      role: t.field({ type: Role, required: true, description: 'What they may do.' }),
      externalId: externalId(t),
    }),
  },
  payload,
  write: (input) => (tx) => members.createMember(tx, input),
})

mutation('updateMember', {
  scope: 'members:write',
  description: 'Changes a member. Nobody takes their own rights away.',
  input: {
    description:
      'What to change of a member. A field that is left out stays as it is; null clears it.',
    fields: (t) => ({
      memberId: t.id({ required: true, description: 'The member.' }),
      name: t.string({ description: 'Their full name, 1 to 255 characters.' }),
      email: t.string({ description: 'Unique in the tenant, in any case.' }),
      role: t.field({
        type: Role,
        description: 'What they may do. Their API keys have roles of their own.',
      }),
      externalId: externalId(t),
      deactivated: t.boolean({
        description: 'Whether they may no longer sign in; their API keys rest as long.',
      }),
    }),
  },
  payload,
  write: (input) => {
    const change = { ...input, memberId: idOf('Member', input.memberId) }
    return (tx) => members.updateMember(tx, change)
  },
})

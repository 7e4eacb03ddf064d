import { encodeId, idOf, optionalIdOf } from '../ids.ts'
import { Member } from '../member/type.ts'
import { mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as removals from './service.ts'

interface Reassigned {
  reassignedCount: number
}

function reassignedCount<Result extends Reassigned>(t: PayloadFields<Result>) {
  return t.int({
    description: 'How many deals went to `reassignTo`, deleted ones too.',
    resolve: (payload) => (payload as Partial<Reassigned>).reassignedCount ?? 0,
  })
}

mutation('deleteOrganization', {
  scope: 'contacts:write',
  description:
    'Deletes an organization for good. Its contacts stay, and are without one unless `reassignTo` takes them over.',
  input: {
    description: 'The organization to delete, and what takes its place.',
    fields: (t) => ({
      organizationId: t.id({ required: true, description: 'The organization.' }),
      reassignTo: t.id({
        description:
          'The organization that gets its deals and contacts. Needed where it has deals.',
      }),
    }),
  },
  payload: {
    description: 'What was deleted, or why nothing was done.',
    fields: (t: PayloadFields<{ organizationId: string } & Reassigned>) => ({
      deletedOrganizationId: t.id({
        nullable: true,
        description: 'The id that it had; null when the mutation was refused.',
        resolve: ({ organizationId: id }) => (id ? encodeId('Organization', id) : null),
      }),
      reassignedCount: reassignedCount(t),
    }),
  },
  write: ({ organizationId, reassignTo }) => {
    const removal = removalOf('Organization', organizationId, reassignTo)
    return (tx) => removals.deleteOrganization(tx, removal)
  },
})

mutation('deleteContact', {
  scope: 'contacts:write',
  description: 'Deletes a contact for good.',
  input: {
    description: 'The contact to delete, and who takes their place.',
    fields: (t) => ({
      contactId: t.id({ required: true, description: 'The contact.' }),
      reassignTo: t.id({
        description:
          'The contact that takes their place on deals, and as who introduced others. Needed where they have deals.',
      }),
    }),
  },
  payload: {
    description: 'Who was deleted, or why nothing was done.',
    fields: (t: PayloadFields<{ contactId: string } & Reassigned>) => ({
      deletedContactId: t.id({
        nullable: true,
        description: 'The id that they had; null when the mutation was refused.',
        resolve: ({ contactId: id }) => (id ? encodeId('Contact', id) : null),
      }),
      reassignedCount: reassignedCount(t),
    }),
  },
  write: ({ contactId, reassignTo }) => {
    const removal = removalOf('Contact', contactId, reassignTo)
    return (tx) => removals.deleteContact(tx, removal)
  },
})

mutation('deleteMember', {
  scope: 'members:write',
  description:
    'Deletes a member: they leave every list, their API keys are revoked, and history goes on naming them. Nobody deletes themselves.',
  input: {
    description: 'The member to delete, and who takes their place.',
    fields: (t) => ({
      memberId: t.id({ required: true, description: 'The member.' }),
      reassignTo: t.id({
        description:
          'The member who gets the deals that they own or are assigned to. Needed where they have any.',
      }),
    }),
  },
  payload: {
    description: 'The deleted member, or why nothing was done.',
    reads: 'members:read',
    fields: (t: PayloadFields<{ memberId: string } & Reassigned>) => ({
      member: t.prismaField(
        rowOfPayload({
          type: Member,
          key: 'memberId',
          description: 'The member as they are now; null when the mutation was refused.',
          find: (db, byId) => db.member.findUnique(byId),
        }),
      ),
      reassignedCount: reassignedCount(t),
    }),
  },
  write: ({ memberId, reassignTo }) => {
    const removal = removalOf('Member', memberId, reassignTo)
    return (tx) => removals.deleteMember(tx, removal)
  },
})

function removalOf(typename: string, id: string, reassignTo: string | null | undefined) {
  return { id: idOf(typename, id), reassignTo: optionalIdOf(typename, reassignTo) }
}

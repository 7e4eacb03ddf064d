import { dealPayload, versionedOf, versionFields } from '../deal/mutations.ts'
import { idOf } from '../ids.ts'
import { type InputFields, mutation } from '../mutation.ts'
import * as dealAssignees from './service.ts'
import './type.ts'

const fields = (t: InputFields) => ({
  ...versionFields(t),
  memberIds: t.idList({ required: true, description: 'The members, 1 to 100.' }),
})

interface AssigneeInput {
  dealId: string
  expectedVersion: number
  memberIds: string[]
}

const decode = (input: AssigneeInput) => ({
  ...versionedOf(input),
  memberIds: input.memberIds.map((id) => idOf('Member', id)),
})

mutation('assignDeal', {
  scope: 'deals:write',
  description:
    'Assigns members to a deal, beside its owner. Where all of them are assigned nothing changes.',
  input: { description: 'Members to assign to a deal.', fields },
  payload: dealPayload,
  write: (input) => {
    const change = decode(input)
    return (tx) => dealAssignees.assignDeal(tx, change)
  },
})

mutation('unassignDeal', {
  scope: 'deals:write',
  description: 'Takes members off a deal. Where none of them is assigned nothing changes.',
  input: { description: 'Members to take off a deal.', fields },
  payload: dealPayload,
  write: (input) => {
    const change = decode(input)
    return (tx) => dealAssignees.unassignDeal(tx, change)
  },
})

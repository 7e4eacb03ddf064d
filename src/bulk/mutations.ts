import { builder } from '../builder.ts'
import { changeFields, decodeValues, versionedOf, versionFields } from '../deal/mutations.ts'
import { moveFields, moveOf } from '../deal-move/mutations.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import * as bulks from './service.ts'
import { DeleteDealsResult, loadResults, MoveDealsResult, UpdateDealsResult } from './type.ts'

const MoveDealsItem = builder.inputType('MoveDealsItem', {
  description: 'Where to move one deal, as by `moveDeal`.',
  fields: moveFields,
})

const UpdateDealsItem = builder.inputType('UpdateDealsItem', {
  description: 'What to change of one deal, as by `updateDeal`.',
  fields: (t) => ({ ...versionFields(t), ...changeFields(t) }),
})

const DeleteDealsItem = builder.inputType('DeleteDealsItem', {
  description: 'One deal to delete, as by `deleteDeal`.',
  fields: versionFields,
})

const items =
  'What to do, 1 to 100 items, one after the other: an item sees what those before it have done, so that a deal named twice has one version more the second time.'

const atomic = (t: InputFields) =>
  t.boolean({
    description:
      'Whether one refused item means that none is done. Default: false, and the others are done.',
  })

const payloadOf = (Result: typeof MoveDealsResult) => ({
  description: 'What became of each item, or why nothing was done.',
  fields: (t: PayloadFields<bulks.BulkResults>) => ({
    results: t.field({
      type: [Result],
      // An item has user errors of its own; its rows need `deals:read` again.
      skipTypeScopes: true,
      extensions: { cost: { size: 'items' } },
      description:
        'One result an item, in the order of the items; empty when the bulk was refused before its items were looked at.',
      resolve: ({ results = [] }, _args, ctx, info) => loadResults(results, ctx, info),
    }),
  }),
})

mutation('moveDeals', {
  scope: 'deals:write',
  description: 'Moves many deals, each by the rules of `moveDeal`, in one write.',
  input: {
    description: 'Which deals to move where.',
    fields: (t) => ({
      items: t.field({ type: [MoveDealsItem], required: true, description: items }),
      atomic: atomic(t),
    }),
  },
  items: 'items',
  payload: payloadOf(MoveDealsResult),
  write: (input) => {
    const moves = input.items.map(moveOf)
    return (tx) => bulks.moveDeals(tx, { ...input, items: moves })
  },
})

mutation('updateDeals', {
  scope: 'deals:write',
  description: 'Changes what many deals say, each by the rules of `updateDeal`, in one write.',
  input: {
    description: 'What to change of which deals.',
    fields: (t) => ({
      items: t.field({ type: [UpdateDealsItem], required: true, description: items }),
      atomic: atomic(t),
    }),
  },
  items: 'items',
  payload: payloadOf(UpdateDealsResult),
  write: (input) => {
    const changes = input.items.map((item) => ({ ...decodeValues(item), ...versionedOf(item) }))
    return (tx) => bulks.updateDeals(tx, { ...input, items: changes })
  },
})

mutation('deleteDeals', {
  scope: 'deals:write',
  description: 'Deletes many deals, each by the rules of `deleteDeal`, in one write.',
  input: {
    description: 'Which deals to delete.',
    fields: (t) => ({
      items: t.field({ type: [DeleteDealsItem], required: true, description: items }),
      atomic: atomic(t),
    }),
  },
  items: 'items',
  payload: payloadOf(DeleteDealsResult),
  write: (input) => {
    const deals = input.items.map(versionedOf)
    return (tx) => bulks.deleteDeals(tx, { ...input, items: deals })
  },
})

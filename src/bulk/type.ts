import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { Deal } from '../deal/type.ts'
import { userErrors } from '../payload.ts'
import { StageChange } from '../stage-change/type.ts'
import type { UserError } from '../user-errors.ts'
import type { ItemResult } from './rules.ts'

/** A row with whatever else the operation selects of it. */
interface LoadedRow {
  tenantId: string
  id: string
}

/** An item's result, from which the rows that it names can be had. */
interface LoadedResult {
  deal: () => Promise<LoadedRow | null>
  stageChange: () => Promise<LoadedRow | null>
  userErrors: UserError[]
}

const dealOfItem = {
  type: Deal,
  nullable: true,
  authScopes: { scope: 'deals:read' },
  description: 'The deal as it is after the whole bulk; null when the item was refused.',
  resolve: ({ deal }: LoadedResult) => deal(),
} as const

const errorsOfItem = {
  ...userErrors,
  description:
    'Why this item was not done; empty when it was. Each `path` names the item: `["input", "items", "3", "stageId"]`.',
  resolve: ({ userErrors }: LoadedResult) => userErrors,
}

export const MoveDealsResult = builder.objectRef<LoadedResult>('MoveDealsResult').implement({
  description: 'What became of one item of `moveDeals`.',
  fields: (t) => ({
    deal: t.field(dealOfItem),
    stageChange: t.field({
      type: StageChange,
      nullable: true,
      authScopes: { scope: 'deals:read' },
      description: 'The new entry of its audit; null when it stayed in its stage.',
      resolve: ({ stageChange }) => stageChange(),
    }),
    userErrors: t.field(errorsOfItem),
  }),
})

export const UpdateDealsResult = builder.objectRef<LoadedResult>('UpdateDealsResult').implement({
  description: 'What became of one item of `updateDeals`.',
  fields: (t) => ({ deal: t.field(dealOfItem), userErrors: t.field(errorsOfItem) }),
})

export const DeleteDealsResult = builder.objectRef<LoadedResult>('DeleteDealsResult').implement({
  description: 'What became of one item of `deleteDeals`.',
  fields: (t) => ({ deal: t.field(dealOfItem), userErrors: t.field(errorsOfItem) }),
})

/**
 * The results with their rows, which are read when the first item is asked for its own: all deals
 * by one statement, and all stage changes by one.
 */
export function loadResults(
  results: ItemResult[],
  ctx: Context,
  info: GraphQLResolveInfo,
): LoadedResult[] {
  const { db, viewer } = ctx
  const find = (ids: string[], field: string) => ({
    ...queryFromInfo({
      context: ctx,
      info,
      paths: [[field]],
      select: { tenantId: true, id: true },
    }),
    where: { tenantId: viewer.tenantId, id: { in: ids } },
  })
  const dealOf = rowsOf(
    results.map(({ dealId }) => dealId),
    (ids) => db.deal.findMany(find(ids, 'deal')),
  )
  const stageChangeOf = rowsOf(
    results.map(({ stageChangeId }) => stageChangeId),
    (ids) => db.stageChange.findMany(find(ids, 'stageChange')),
  )
  return results.map(({ dealId, stageChangeId, userErrors }) => ({
    deal: () => dealOf(dealId),
    stageChange: () => stageChangeOf(stageChangeId),
    userErrors,
  }))
}

/** Finds a row by its id among all those wanted, which are read together when one is asked for. */
function rowsOf(wanted: (string | null)[], find: (ids: string[]) => Promise<LoadedRow[]>) {
  const ids = [...new Set(wanted)].filter((id) => id !== null)
  let found: Promise<Map<string, LoadedRow>> | undefined
  return async (id: string | null): Promise<LoadedRow | null> => {
    if (id === null) return null
    found ??= find(ids).then((rows) => new Map(rows.map((row) => [row.id, row])))
    return (await found).get(id) ?? null
  }
}

import { invalid, type UserError } from '../user-errors.ts'

/** What one item of a bulk came to: the deal that it changed, or why it did not. */
export interface ItemResult {
  dealId: string | null
  stageChangeId: string | null
  userErrors: UserError[]
}

const mostItems = 100

/** Why a bulk cannot have this many items; empty when it can. */
export function checkCount(count: number): UserError[] {
  if (count >= 1 && count <= mostItems) return []
  return [invalid(`A bulk has 1 to ${mostItems} items, not ${count}.`, ['input', 'items'])]
}

/** Errors of a single mutation as errors of the item with this index. */
export function errorsOfItem(errors: UserError[], index: number): UserError[] {
  return errors.map((error) => {
    const [input = 'input', ...rest] = error.path
    return { ...error, path: [input, 'items', String(index), ...rest] }
  })
}

/** Why a bulk of all or nothing was not done; empty when each item could be. */
export function refusedAsOne(results: ItemResult[]): UserError[] {
  const refused = results.filter(({ userErrors }) => userErrors.length > 0).length
  if (refused === 0) return []
  const message = `${refused} of ${results.length} items were refused, so that none was done.`
  return [{ code: 'BULK_REFUSED', message, path: ['input', 'items'] }]
}

/** What is left of the results once all is undone: the errors. */
export function undone(results: ItemResult[]): ItemResult[] {
  return results.map(({ userErrors }) => ({ dealId: null, stageChangeId: null, userErrors }))
}

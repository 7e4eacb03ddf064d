import { invalid, type UserError } from '../user-errors.ts'

const mostIds = 100

/** Why a list of ids is too short or too long; empty when it is neither. */
export function checkIdCount(ids: readonly string[], path: string[]): UserError[] {
  if (ids.length >= 1 && ids.length <= mostIds) return []
  return [invalid(`Give 1 to ${mostIds} ids, not ${ids.length}.`, path)]
}

/** Why who sees only their own deals cannot write one away from themselves. */
export function leavesSight(path: string[]): UserError {
  const message =
    'You see only the deals that you own or are assigned to, and would lose this one: stay its owner or an assignee.'
  return invalid(message, path)
}

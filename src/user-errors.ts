/** Why a mutation changed nothing, as data. Its code in PascalCase names its GraphQL type. */
export interface UserError {
  code: UserErrorCode
  message: string
  /** Where in the arguments, such as `['input', 'stageId']`. */
  path: string[]
}

export type UserErrorCode =
  | 'NOT_FOUND'
  | 'VALIDATION_ERROR'
  | 'NAME_TAKEN'
  | 'VERSION_CONFLICT'
  | 'DEAL_DELETED'
  | 'STAGE_ARCHIVED'
  | 'STAGE_NOT_IN_PIPELINE'
  | 'REASON_REQUIRED'
  | 'CONTACT_ALREADY_ADDED'
  | 'TRANSITION_NOT_ALLOWED'
  | 'FIELDS_REQUIRED'
  | 'STILL_IN_USE'
  | 'BULK_REFUSED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'IDEMPOTENCY_KEY_IN_FLIGHT'

export interface VersionConflict extends UserError {
  currentVersion: number
  dealId: string
}

export interface ReasonRequired extends UserError {
  knownReasons: string[]
}

export interface FieldsRequired extends UserError {
  /** Names as in the API, and keys of custom fields. */
  fields: string[]
}

export type TransitionRule = 'NO_SKIPPING' | 'NO_MOVING_BACK' | 'REOPENING'

export interface TransitionNotAllowed extends UserError {
  rule: TransitionRule
}

export interface StillInUse extends UserError {
  count: number
  /** The first of the deals, the oldest first. */
  dealIds: string[]
}

/**
 * Thrown inside a write: it is rolled back, and the mutation answers with these errors, and with
 * what else its payload has to say of them.
 */
export class Refusal extends Error {
  readonly errors: UserError[]
  readonly payload: object
  constructor(errors: UserError[], payload: object = {}) {
    super(errors.map((error) => error.message).join(' '))
    this.errors = errors
    this.payload = payload
  }
}

export function refuse(...errors: UserError[]): never {
  throw new Refusal(errors)
}

export function notFound(what: string, path: string[]): UserError {
  return { code: 'NOT_FOUND', message: `There is no such ${what}.`, path }
}

export function invalid(message: string, path: string[]): UserError {
  return { code: 'VALIDATION_ERROR', message, path }
}

/** The errors of values that are null where the thing, such as "A deal", always has one. */
export function alwaysSet<Values extends object>(
  thing: string,
  values: Values,
  keys: readonly (keyof Values & string)[],
  path: string[],
): UserError[] {
  return keys
    .filter((key) => values[key] === null)
    .map((key) => invalid(`${thing} always has a ${key}: it cannot be cleared.`, [...path, key]))
}

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

export interface VersionConflict extends UserError {
  currentVersion: number
  dealId: string
}

export interface ReasonRequired extends UserError {
  knownReasons: string[]
}

/** Thrown inside a write: it is rolled back, and the mutation answers with these errors. */
export class Refusal extends Error {
  readonly errors: UserError[]
  constructor(errors: UserError[]) {
    super(errors.map((error) => error.message).join(' '))
    this.errors = errors
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

export type Payload<T> = { [K in keyof T]?: T[K] } & { userErrors: UserError[] }

/** What a write did, or the user errors for which it did nothing. */
export async function toPayload<T extends object>(write: Promise<T>): Promise<Payload<T>> {
  try {
    return { ...(await write), userErrors: [] }
  } catch (error) {
    if (error instanceof Refusal) return { userErrors: error.errors } as unknown as Payload<T>
    throw error
  }
}

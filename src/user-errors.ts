import { builder, textEnum } from './builder.ts'

/** Why a mutation changed nothing, as data. Its code in PascalCase is the name of its GraphQL type. */
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

/** Thrown inside a write: the transaction is rolled back and the mutation answers with these errors. */
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

const Code = textEnum(
  'UserErrorCode',
  'What kind of user error it is; each has a type of its own.',
  {
    NOT_FOUND: 'What an id refers to does not exist in this tenant.',
    VALIDATION_ERROR: 'A value is out of bounds or does not fit another.',
    NAME_TAKEN: 'The name is in use.',
    VERSION_CONFLICT: 'The deal was changed since it was read.',
    DEAL_DELETED: 'The deal is deleted; restore it first.',
    STAGE_ARCHIVED: 'The stage is archived and takes no deals.',
    STAGE_NOT_IN_PIPELINE: 'The stage belongs to another pipeline than the deal.',
    REASON_REQUIRED: 'The stage asks why a deal is closed.',
    CONTACT_ALREADY_ADDED: 'The contact is on the deal already.',
  },
)

export const UserErrorInterface = builder.interfaceRef<UserError>('UserError').implement({
  description:
    'Something about the input that its sender can mend. When a payload has one, the mutation changed nothing.',
  resolveType: ({ code }) => typenameOf(code),
  fields: (t) => ({
    code: t.expose('code', { type: Code, description: 'Stable; made for programs.' }),
    message: t.exposeString('message', { description: 'A sentence that says what to do.' }),
    path: t.exposeStringList('path', {
      description: 'Where in the arguments: `["input", "stageId"]`.',
    }),
  }),
})

/** The field that every payload has. */
export const userErrors = {
  type: [UserErrorInterface] as [typeof UserErrorInterface],
  description: 'What is wrong with the input; empty when it was done.',
}

function typenameOf(code: string): string {
  return code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function plainCase(name: string, description: string): void {
  builder
    .objectRef<UserError>(name)
    .implement({ description, interfaces: [UserErrorInterface], fields: () => ({}) })
}

plainCase('NotFound', 'An id refers to nothing in this tenant.')
plainCase(
  'ValidationError',
  'A value is out of bounds or does not fit another; `message` says which would.',
)
plainCase('NameTaken', 'Names of pipelines are unique in a tenant, in any case.')
plainCase('DealDeleted', 'A deleted deal takes no changes until it is restored.')
plainCase('StageArchived', 'An archived stage takes no deals.')
plainCase('StageNotInPipeline', 'A deal moves only between the stages of its pipeline.')
plainCase('ContactAlreadyAdded', 'A contact is on a deal at most once.')

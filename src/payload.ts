import { builder, textEnum } from './builder.ts'
import type { Context } from './context.ts'
import type { Db } from './database/database.ts'
import type { UserError } from './user-errors.ts'

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
    TRANSITION_NOT_ALLOWED:
      'A rule of the pipeline or of the tenant does not let the deal go there.',
    FIELDS_REQUIRED: 'The stage asks for fields that the deal does not have.',
    STILL_IN_USE: 'Deals need it: name what takes its place, or ask who sees them all.',
    BULK_REFUSED: 'One item was refused, so that none was done.',
    IDEMPOTENCY_KEY_REUSED: 'Another request had the same `idempotencyKey`.',
    IDEMPOTENCY_KEY_IN_FLIGHT: 'A request with the same `idempotencyKey` is being worked on.',
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
  extensions: { cost: { size: 1 } },
  description: 'What is wrong with the input; empty when it was done.',
}

/** Finds a row by its tenant and id. */
interface ById {
  where: { tenantId_id: { tenantId: string; id: string } }
}

interface RowField<Type, Key extends string, Row> {
  type: Type
  /** What the result of the write calls its id. */
  key: Key
  description: string
  find: (db: Db, byId: ById) => Promise<Row | null>
}

/** The field of a payload that is a row as it is after the write; null where the result has no id. */
export function rowOfPayload<Type, Key extends string, Row>({
  type,
  key,
  description,
  find,
}: RowField<Type, Key, Row>) {
  const resolve = (
    query: object,
    result: { [K in Key]?: string | null },
    _args: object,
    { db, viewer: { tenantId } }: Context,
  ) => {
    const id = result[key]
    // Spread in any case, as Pothos takes a query that nobody reads for a mistake.
    const byId = { ...query, where: { tenantId_id: { tenantId, id: id ?? '' } } }
    return id ? find(db, byId) : null
  }
  return { type, nullable: true as const, description, resolve }
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
plainCase('NameTaken', 'Another of its kind has the name. Names that differ only in case are one.')
plainCase('DealDeleted', 'A deleted deal takes no changes until it is restored.')
plainCase('StageArchived', 'An archived stage takes no deals.')
plainCase('StageNotInPipeline', 'A deal moves only between the stages of its pipeline.')
plainCase('ContactAlreadyAdded', 'A contact is on a deal at most once.')
plainCase('BulkRefused', 'All or nothing was asked for; each item’s own errors say what to mend.')
plainCase('IdempotencyKeyReused', 'A key is for one request, sent as often as it takes.')
plainCase('IdempotencyKeyInFlight', 'Temporary: send the same request again in a moment.')

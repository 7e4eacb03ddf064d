import { createHash } from 'node:crypto'
import type { InputFieldMap, InputShapeFromFields } from '@pothos/core'
import type { Scope } from './auth/scopes.ts'
import { builder } from './builder.ts'
import { actorOf, type Context } from './context.ts'
import type { Retryable } from './database/idempotency.ts'
import type { Work, WriteScope } from './database/transaction.ts'
import { codedError } from './errors.ts'
import { userErrors } from './payload.ts'
import { NotCompilable, type WriteOf, type Written } from './rows.ts'
import { Refusal, type UserError } from './user-errors.ts'

type Types = typeof builder.$inferSchemaTypes
export type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>

/** What a write came to: its result, or the user errors for which it did nothing. */
export type Payload<Result> = { [K in keyof Result]?: Result[K] } & {
  userErrors: UserError[]
  replayed: boolean
}
export type PayloadFields<Result> = PothosSchemaTypes.ObjectFieldBuilder<Types, Payload<Result>>

/** What is the same after JSON, as which a result is kept for a retry: no Date, Decimal or bigint. */
type Plain<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends bigint | symbol | ((...args: never[]) => unknown)
    ? never
    : { [K in keyof T]: Plain<T[K]> }

interface MutationOptions<Fields extends InputFieldMap, Result> {
  scope: Scope
  description: string
  input: { description: string; fields: (t: InputFields) => Fields }
  payload: {
    description: string
    /** The scope that shows more of the payload than its `userErrors`. Default: `deals:read`. */
    reads?: Scope
    /** Fields of the result that are not kept for a retry, such as secrets. */
    unkept?: readonly (keyof Result & string)[]
    fields: (t: PayloadFields<Result>) => ReturnType<Parameters<typeof builder.objectFields>[1]>
  }
  /** The list of the input whose items cost what a mutation does, each of them. */
  items?: keyof Fields & string
  /** The write as one statement, where it is the usual one. */
  asStatement?: (input: InputShapeFromFields<Fields>, writer: Writer) => Written
  /**
   * Turns the input into what a service is called with, and says what is done in the transaction.
   * What takes long and needs no transaction is done before there is one.
   */
  write: (input: InputShapeFromFields<Fields>, ctx: Context) => Work<Result> | Promise<Work<Result>>
}

/** Who writes, when, and by which request. */
export type Writer = Pick<WriteScope, 'actor' | 'requestId' | 'now'>

const maxKeyLength = 255

/**
 * Adds a mutation field with its input and payload, named after it. Every mutation is one
 * transaction, takes an `idempotencyKey` and answers with `userErrors`; nothing else could be
 * forgotten by one of them.
 */
export function mutation<
  Fields extends InputFieldMap,
  Result extends { [K in keyof Result]: Plain<Result[K]> },
>(
  name: string,
  {
    scope,
    description,
    input,
    items,
    payload,
    asStatement,
    write,
  }: MutationOptions<Fields, Result>,
): void {
  const pascal = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const Input = builder.inputType(`${pascal}Input`, {
    description: input.description,
    fields: (t) => ({
      ...input.fields(t),
      idempotencyKey: t.string({
        description: `A text of the client’s choice, 1 to ${maxKeyLength} characters: the same input, whatever its \`expectedVersion\`, with the same key within 24 hours is done once, and answered as the first time.`,
      }),
    }),
  })
  const PayloadType = builder.objectRef<Payload<Result>>(`${pascal}Payload`).implement({
    description: payload.description,
    // Who may only write does not read through what a write answers.
    authScopes: { scope: payload.reads ?? 'deals:read' },
    fields: (t) => ({
      ...payload.fields(t),
      userErrors: t.field({
        ...userErrors,
        skipTypeScopes: true,
        resolve: (parent) => parent.userErrors,
      }),
      replayed: t.boolean({
        skipTypeScopes: true,
        description:
          'Whether this is what an earlier request with the same `idempotencyKey` came to.',
        resolve: (parent) => parent.replayed,
      }),
    }),
  })
  // The fields of the input are generic here, so that what Pothos makes of them is no more known.
  const resolve = (_root: object, args: object, ctx: Context): never => {
    const { idempotencyKey: key, ...values } = (args as { input: MutationInput }).input
    const { unkept = [] } = payload
    // The version at which a deal was seen is a condition of what is asked: who lost the answer and
    // reads the deal anew asks for the same. A bulk is another one, as some of it may be undone.
    const { expectedVersion: _, ...what } = values
    const asked = [name, ctx.asked ?? what]
    const retryable = key == null ? undefined : { ...retryableOf(ctx, key, asked), unkept }
    const work = () => write(values as InputShapeFromFields<Fields>, ctx)
    return toPayload(ctx, work, retryable) as never
  }
  builder.mutationField(name, (t) =>
    t.field({
      type: PayloadType,
      // A field that fails leaves the answer of those that were committed before it.
      nullable: true,
      authScopes: { scope },
      description,
      extensions: {
        ...(items && { cost: { items: ['input', items] } }),
        ...(asStatement && { write: unlessRetryable(asStatement) }),
      },
      args: { input: t.arg({ type: Input, required: true, description: input.description }) },
      resolve,
    }),
  )
}

/** What a key was used for before is looked up by more than one statement. */
function unlessRetryable<Input>(asStatement: (input: Input, writer: Writer) => Written): WriteOf {
  return ({ input }: { input: Input & MutationInput }, { viewer, requestId, now }) => {
    if (input.idempotencyKey != null) throw new NotCompilable('it has an idempotencyKey')
    return asStatement(input, { actor: actorOf(viewer), requestId, now })
  }
}

interface MutationInput {
  idempotencyKey?: string | null
  expectedVersion?: number
}

async function toPayload<Result>(
  ctx: Context,
  toWork: () => Work<Result> | Promise<Work<Result>>,
  retryable: Retryable | undefined,
): Promise<Payload<Result>> {
  try {
    const { result, replayed } = await ctx.write(await toWork(), retryable)
    return { ...result, replayed, userErrors: [] }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ...error.payload, userErrors: error.errors, replayed: false } as Payload<Result>
  }
}

/** Who asks is part of the request: nobody is answered with what somebody else was allowed. */
function retryableOf({ viewer }: Context, key: string, request: unknown[]): Retryable {
  const length = [...key].length
  if (length < 1 || length > maxKeyLength) {
    throw codedError(
      'BAD_USER_INPUT',
      `An \`idempotencyKey\` has 1 to ${maxKeyLength} characters, not ${length}.`,
    )
  }
  const asked = JSON.stringify([viewer.memberId, viewer.apiKeyId, ...request], sorted)
  return { key, fingerprint: new Uint8Array(createHash('sha256').update(asked).digest()) }
}

/** The same input says the same in any order of its fields. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

import { type GraphQLSchema, isRequiredArgument } from 'graphql'
import { newId } from '../../src/ids.ts'
import { type Call, makeCalls, type Outcome } from './calls.ts'
import type { Looker, Side } from './looker.ts'
import { textsOf } from './rows.ts'
import {
  everything,
  type Field,
  fieldsOf,
  isConnection,
  type Leaf,
  leavesOf,
  nodeTypesOf,
  sampleOf,
} from './schema.ts'

/** A place for a value in an argument of a field that can be asked for. */
export interface Probe {
  parent: string
  field: Field
  leaf: Leaf
  argument: string
  /** The same for the same place in the same input, whichever field takes it. */
  place: string
  /** The field with the value in this place, or with the whole argument as it is given. */
  call(side: Side, value: unknown, argument?: unknown): Call
}

export function probesOf(schema: GraphQLSchema): Probe[] {
  return ['Query', ...nodeTypesOf(schema)].flatMap((parent) => {
    const type = schema.getType(parent) as Parameters<typeof fieldsOf>[0]
    return fieldsOf(type).flatMap((field) => probesOfField(parent, field))
  })
}

function probesOfField(parent: string, field: Field): Probe[] {
  return field.args.flatMap((arg) =>
    leavesOf(arg, `${parent}.${field.name}(${arg.name})`).map((leaf) => ({
      ...{ parent, field, leaf, argument: arg.name },
      place: leaf.names.length > 1 ? `${arg.type} ${leaf.names.join('.')}` : leaf.coordinate,
      call: (side, value, given = leaf.fill(value)) =>
        callOf(side, parent, field, { ...requiredBeside(field, arg), [arg.name]: given }),
    })),
  )
}

/** Something in the arguments that cannot be left out. */
function requiredBeside({ args }: Field, one: Field['args'][number]): Call['args'] {
  const others = args.filter((arg) => arg !== one && isRequiredArgument(arg))
  return Object.fromEntries(others.map(({ name, type }) => [name, sampleOf(type, '')]))
}

/** The field of Query, or of the thing that the side has of the type. */
function callOf(side: Side, parent: string, field: Field, args: Call['args']): Call {
  const of = parent === 'Query' ? {} : { of: side.ids[parent] ?? '' }
  return { parent, ...of, field: field.name, args }
}

/** Whether it is a cursor, which only the same list can have made. */
export function isCursor({ field, argument }: Probe): boolean {
  return isConnection(field.type) && ['after', 'before'].includes(argument)
}

/** Everything that can be seen without an id, and everything that a thing of each type leads to. */
export function everythingOf({ schema, own }: Looker): Call[] {
  const nodes = nodeTypesOf(schema).map((typename) => {
    const selection = `{ __typename ... on ${typename} ${everything(schema, schema.getType(typename) as never, 2)} }`
    return { parent: 'Query', field: 'node', args: { id: own.ids[typename] }, selection }
  })
  const query = schema.getQueryType()
  const fields = query ? fieldsOf(query).filter(({ name }) => !name.startsWith('node')) : []
  const roots = fields.map((field) => {
    const required = field.args.flatMap(({ name, type }) => {
      if (String(type) === 'ID!') return [[name, own.ids[String(field.type)]]]
      if (name === 'includeArchived') return [[name, true]]
      return String(type).endsWith('!') ? [[name, sampleOf(type, '')]] : []
    })
    const args = Object.fromEntries(required)
    // Each audit event is about something else.
    const selection = everything(schema, field.type, field.name === 'auditEvents' ? 3 : 2)
    return { parent: 'Query', field: field.name, args, selection }
  })
  return [...nodes, ...roots]
}

/** An id of nothing, of the same type. */
export function absentId(id: string): string {
  return id.replace(/[^_]+$/, newId())
}

const nobody = textsOf('zq0nobody0')

/** The same text of somebody who does not exist. */
export function absentText(text: string, { tenant, texts }: Side): string {
  return text.replaceAll(texts.mark, nobody.mark).replaceAll(tenant.slug, 't-nobody')
}

/** Of what is hidden and of nothing: what the answers to both must agree on. */
export interface Pair {
  /** The place, and what is given there. */
  at?: string
  what: string
  hidden: Call
  absent: Call
  /** What is as good as the same in both answers. */
  values: string[]
  /** What the answer to nothing was. */
  expected?: string
}

/**
 * The pairs that tell what is hidden from what does not exist. What the latter is answered with is
 * asked once, however many look.
 */
export async function told({ schema, send }: Looker, pairs: Pair[]): Promise<string[]> {
  const hidden = await makeCalls(
    schema,
    send,
    pairs.map((pair) => pair.hidden),
  )
  const unknown = pairs.filter(({ expected }) => expected === undefined)
  const absent = await makeCalls(
    schema,
    send,
    unknown.map((pair) => pair.absent),
  )
  for (const [index, pair] of unknown.entries()) {
    pair.expected = unnamed(absent[index], pair.values)
  }
  return pairs.flatMap(({ what, values, expected }, index) => {
    const outcome = unnamed(hidden[index], values)
    return outcome === expected ? [] : [`${what}: ${outcome} instead of ${expected}`]
  })
}

function unnamed(outcome: Outcome | undefined, values: string[]): string {
  return values.reduce((text, value) => text.replaceAll(value, '*'), JSON.stringify(outcome))
}

/** The pairs that would tell nothing: their own side sees no more in what it has than in nothing. */
export async function untelling({ schema, hidden: side }: Looker, pairs: Pair[]) {
  const hidden = await makeCalls(
    schema,
    side.send,
    pairs.map((pair) => pair.hidden),
  )
  const absent = await makeCalls(
    schema,
    side.send,
    pairs.map((pair) => pair.absent),
  )
  return pairs.filter(
    ({ values }, index) => unnamed(hidden[index], values) === unnamed(absent[index], values),
  )
}

/** Asks with an id of each type in the place: the types that it takes. */
export async function typesTaken(looker: Looker, call: (id: string) => Call): Promise<string[]> {
  const entries = Object.entries(looker.hidden.ids)
  const outcomes = await makeCalls(
    looker.schema,
    looker.send,
    entries.map(([, id]) => call(id)),
  )
  return entries.flatMap(([typename], index) =>
    outcomes[index]?.errors.some(({ code }) => code === 'INVALID_ID') ? [] : [typename],
  )
}

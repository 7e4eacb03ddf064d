import type { GraphQLSchema } from 'graphql'
import { isObjectType } from 'graphql'
import type { GraphqlAnswer } from '../harness.ts'
import { briefly } from './schema.ts'

/** A field asked for with arguments: of Query or Mutation, or of the node with the id `of`. */
export interface Call {
  parent: string
  of?: string
  field: string
  args: Record<string, unknown>
  /** What to select of it; by default what says which thing it is. */
  selection?: string
}

/** What a call came to: its value, and its errors without where they stand. */
export interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: a value has the shape of whatever was called.
  value: any
  errors: { code: string; message: string }[]
}

export type Send = (document: string, variables: object) => Promise<GraphqlAnswer>

/** Well below what the gateway takes of root fields and aliases in one document. */
const mostCalls = 10

/**
 * Makes the calls, several in a document. Where one of them leaves nothing of the others' answer,
 * each is made by itself.
 */
export async function makeCalls(
  schema: GraphQLSchema,
  send: Send,
  calls: Call[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let from = 0; from < calls.length; from += mostCalls) {
    outcomes.push(...(await makeSome(schema, send, calls.slice(from, from + mostCalls))))
  }
  return outcomes
}

async function makeSome(schema: GraphQLSchema, send: Send, calls: Call[]): Promise<Outcome[]> {
  const { document, variables } = documentOf(schema, calls)
  const { data, errors } = await send(document, variables)
  if (data === null && calls.length > 1) {
    const outcomes: Outcome[] = []
    for (const call of calls) outcomes.push(...(await makeSome(schema, send, [call])))
    return outcomes
  }
  return calls.map(({ of, field }, index) => {
    const own = errors.filter(({ path }) => !path || path[0] === `a${index}`)
    const value = data?.[`a${index}`] ?? null
    return {
      value: of === undefined ? value : (value?.[field] ?? null),
      errors: own.map(({ message, extensions: { code } }) => ({ code, message })),
    }
  })
}

function documentOf(schema: GraphQLSchema, calls: Call[]) {
  const variables: Record<string, unknown> = {}
  const declared: string[] = []
  const declare = (name: string, type: string, value: unknown) => {
    variables[name] = value
    declared.push(`$${name}: ${type}`)
    return `$${name}`
  }
  const fields = calls.map((call, index) => {
    const definition = fieldOf(schema, call)
    const args = Object.entries(call.args).map(([name, value]) => {
      const type = definition.args.find((arg) => arg.name === name)?.type
      return `${name}: ${declare(`a${index}_${name}`, String(type), value)}`
    })
    const given = args.length > 0 ? `(${args.join(', ')})` : ''
    const body = `${call.field}${given} ${call.selection ?? briefly(definition.type)}`
    if (call.of === undefined) return `a${index}: ${body}`
    const id = declare(`a${index}_of`, 'ID!', call.of)
    return `a${index}: node(id: ${id}) { __typename ... on ${call.parent} { ${body} } }`
  })
  const kind = calls[0]?.parent === 'Mutation' ? 'mutation' : 'query'
  const head = declared.length > 0 ? `${kind} (${declared.join(', ')})` : kind
  return { document: `${head} { ${fields.join(' ')} }`, variables }
}

function fieldOf(schema: GraphQLSchema, { parent, field }: Call) {
  const type = schema.getType(parent)
  const found = isObjectType(type) ? type.getFields()[field] : undefined
  if (!found) throw new Error(`there is no ${parent}.${field}`)
  return found
}

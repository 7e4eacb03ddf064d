import {
  buildClientSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import type { TestTenant } from '../harness.ts'

export type Field = GraphQLField<unknown, unknown>

/** The schema as anybody reads it who may. */
export async function introspect(t: TestTenant): Promise<GraphQLSchema> {
  const { data } = await t.graphql(getIntrospectionQuery())
  return buildClientSchema(data)
}

export function objectTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
}

export function fieldsOf(type: GraphQLObjectType): Field[] {
  return Object.values(type.getFields())
}

/** The names of the types that `node` can look up. */
export function nodeTypesOf(schema: GraphQLSchema): string[] {
  const isNode = (type: GraphQLObjectType) =>
    type.getInterfaces().some(({ name }) => name === 'Node')
  return objectTypes(schema)
    .filter(isNode)
    .map(({ name }) => name)
}

export function isConnection(type: GraphQLType): boolean {
  const named = getNamedType(type)
  return isObjectType(named) && 'pageInfo' in named.getFields()
}

/** The name of the type of which a connection is a list. */
export function itemOf(connection: GraphQLType): string {
  const named = getNamedType(connection)
  const nodes = isObjectType(named) ? named.getFields().nodes : undefined
  return nodes ? getNamedType(nodes.type).name : ''
}

/** A value somewhere in an argument: an id, a text, a number. */
export interface Leaf {
  /** What holds it: `Query.deals(after)`, `IdFilter.eq`. */
  coordinate: string
  /** The names on the way to it from the argument, and what holds each of them. */
  names: string[]
  way: string[]
  type: GraphQLNamedType
  /** The argument with this value in it, and the rest as it is in `base`. */
  fill(value: unknown, base?: unknown): unknown
}

/** Every leaf of an argument; an input inside itself, such as `and` of a filter, is left out. */
export function leavesOf(
  { name, type }: Pick<GraphQLArgument | GraphQLInputField, 'name' | 'type'>,
  coordinate: string,
  above: string[] = [],
): Leaf[] {
  const named = getNamedType(type)
  if (above.includes(named.name)) return []
  const inList = isListType(getNullableType(type))
  const put = (leaf: Leaf): Leaf => ({
    ...leaf,
    names: [name, ...leaf.names],
    way: [coordinate, ...leaf.way],
    fill: (value, base) =>
      inList
        ? [leaf.fill(value, (base as unknown[] | undefined)?.[0])]
        : leaf.fill(value, base ?? undefined),
  })
  if (!isInputObjectType(named)) {
    return [put({ coordinate, names: [], way: [], type: named, fill: (value) => value })]
  }
  const fields = Object.values(named.getFields())
  return fields.flatMap((field) =>
    leavesOf(field, `${named.name}.${field.name}`, [...above, named.name]).map((leaf) =>
      put({
        ...leaf,
        fill: (value, base) => ({
          ...(base ?? requiredOf(named.name, fields, field)),
          [field.name]: leaf.fill(value, (base as Record<string, unknown>)?.[field.name]),
        }),
      }),
    ),
  )
}

/** The fields of an input, besides one, that cannot be left out, with something in them. */
function requiredOf(typename: string, fields: GraphQLInputField[], besides: GraphQLInputField) {
  const others = fields.filter((field) => field !== besides && isRequiredInputField(field))
  return Object.fromEntries(
    others.map(({ name, type }) => [name, sampleOf(type, `${typename}.${name}`)]),
  )
}

/** Where not any value will do. */
const samples: Record<string, unknown> = {
  'CustomFieldFilter.key': 'cf_note',
  'Deal.customField(key)': 'cf_note',
  'CreateCustomFieldInput.required': false,
  'UpdateCustomFieldInput.required': false,
  'CreatePipelineInput.isDefault': false,
  'OperationInput.text': 'query Role { viewer { role } }',
}

/** Whether not any value will do. */
export function hasSample(coordinate: string): boolean {
  return coordinate in samples
}

const sampleOfScalar: Record<string, unknown> = {
  Int: 1,
  Boolean: true,
  Decimal: '1',
  Date: '2026-01-01',
  DateTime: '2026-01-01T00:00:00Z',
  CurrencyCode: 'EUR',
  String: 'x',
  JSON: 1,
}

/** Some value of the type. */
export function sampleOf(type: GraphQLInputType, coordinate: string): unknown {
  if (coordinate in samples) return samples[coordinate]
  const named = getNamedType(type)
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).filter(isRequiredInputField)
    const values = fields.map(({ name, type: of }) => [name, sampleOf(of, `${named.name}.${name}`)])
    return Object.fromEntries(values)
  }
  return isEnumType(named) ? named.getValues()[0]?.name : sampleOfScalar[named.name]
}

/** The fields of an input that hold the input itself, such as `and` of a filter. */
export function selfFieldsOf(
  type: GraphQLInputType | undefined,
): { name: string; list: boolean }[] {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return []
  return Object.values(named.getFields())
    .filter((field) => getNamedType(field.type) === named)
    .map((field) => ({ name: field.name, list: isListType(getNullableType(field.type)) }))
}

/** What says which thing it is: its id, else all that it says by itself. */
export function briefly(type: GraphQLType): string {
  const named = getNamedType(type)
  if (isConnection(named)) return pageOf('__typename id')
  if (!isObjectType(named) && !isInterfaceType(named)) return ''
  const fields = Object.values(named.getFields())
  if ('id' in named.getFields()) return '{ __typename id }'
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)))
  return `{ __typename ${leaves.map(({ name }) => name).join(' ')} }`
}

const pageInfo = 'pageInfo { __typename startCursor endCursor hasNextPage hasPreviousPage }'

function pageOf(item: string): string {
  return `{ __typename totalCount nodes { ${item} } edges { __typename cursor node { ${item} } } ${pageInfo} }`
}

/** Every field that needs no argument, and what they lead to as many levels deep. */
export function everything(schema: GraphQLSchema, type: GraphQLType, depth: number): string {
  const named = getNamedType(type)
  if (isLeafType(named)) return ''
  if (isAbstractType(named)) {
    const parts = schema
      .getPossibleTypes(named)
      .map((part) => `... on ${part.name} ${everything(schema, part, depth)}`)
    return `{ __typename ${named.name === 'Node' ? 'id' : parts.join(' ')} }`
  }
  if (!isObjectType(named)) return ''
  const leads = (field: Field) => !isLeafType(getNamedType(field.type))
  const fields = fieldsOf(named).filter(
    (field) => !field.args.some(isRequiredArgument) && (depth > 0 || !leads(field)),
  )
  if (isConnection(named)) return depth > 1 ? pageOf(innerOf(named)) : pageOf('__typename id')
  const parts = fields.map((field) => `${field.name} ${everything(schema, field.type, depth - 1)}`)
  return `{ __typename ${parts.join(' ')} }`

  function innerOf(connection: GraphQLObjectType): string {
    const item = connection.getFields().nodes?.type
    return everything(schema, item as GraphQLType, depth - 2).replace(/^\{ | \}$/g, '')
  }
}

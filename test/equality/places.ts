import {
  type GraphQLArgument,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
} from 'graphql'
import { schema } from '../../src/schema.ts'
import type { AnyField } from './arguments.ts'

/** A place in the arguments of a query where a text can stand. */
export interface ArgumentPlace {
  title: string
  /** A query that has the whole argument in its one variable. */
  query: string
  /** The argument with the value at the place. */
  around(value: unknown): unknown
}

/** How objects of these types are reached; each with its fields between the braces. */
const ways: Record<string, (fields: string) => string> = {
  Query: (fields) => `{ ${fields} }`,
  Pipeline: (fields) => `{ pipelines { id ${fields} } }`,
  Stage: (fields) => `{ pipelines { stages { id ${fields} } } }`,
  Deal: (fields) => `{ deals(first: 3) { nodes { id ${fields} } } }`,
  Contact: (fields) => `{ contacts(first: 2) { nodes { id ${fields} } } }`,
  Organization: (fields) => `{ organizations(first: 2) { nodes { id ${fields} } } }`,
  Member: (fields) => `{ members(first: 2) { nodes { id ${fields} } } }`,
}

/** What else an argument or an input must have, beside what is tried. */
const required: Record<string, unknown> = {
  ...{ key: 'cf_text', field: 'NAME', direction: 'ASC', client: 'web', id: 'Role', ids: [] },
  ...{ text: '{ __typename }', operations: [], number: 1 },
}

/** Every place of a text, an id, JSON, an enum or another scalar but numbers and booleans. */
export function argumentPlaces(): ArgumentPlace[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || !ways[type.name]) return []
    return Object.values(type.getFields()).flatMap((field) => placesOf(type.name, field))
  })
}

function placesOf(parent: string, field: AnyField): ArgumentPlace[] {
  return field.args.flatMap((arg) =>
    leavesOf(arg.type).map(({ path, around }) => ({
      title: [`${parent}.${field.name}(${arg.name})`, ...path].join('.'),
      query: queryOf(parent, field, arg),
      around,
    })),
  )
}

function queryOf(parent: string, field: AnyField, arg: GraphQLArgument): string {
  const others = field.args.filter((one) => one !== arg && isNonNullType(one.type))
  const given = others.map(({ name }) => `${name}: ${JSON.stringify(required[name])}, `)
  const text = `${field.name}(${given.join('')}${arg.name}: $value)${selectionOf(field)}`
  return `query ($value: ${arg.type}) ${ways[parent]?.(text)}`
}

function selectionOf(field: AnyField): string {
  const type = getNamedType(field.type)
  if (!isCompositeType(type)) return ''
  const names = 'getFields' in type ? Object.keys(type.getFields()) : []
  if (names.includes('nodes')) return ' { totalCount nodes { id } }'
  return names.includes('id') ? ' { id }' : ' { __typename }'
}

const triedBelow = new Set(['tagId.eq', 'name.contains', 'source.in', 'customFields.eq'])

interface Leaf {
  path: string[]
  around(value: unknown): unknown
}

function leavesOf(type: GraphQLInputType, isNested = false): Leaf[] {
  if (isNonNullType(type)) return leavesOf(type.ofType, isNested)
  if (isListType(type)) {
    const inner = leavesOf(type.ofType, isNested)
    return inner.map(({ path, around }) => ({ path, around: (value) => [around(value)] }))
  }
  if (isLeafType(type)) {
    const isTried = !['Int', 'Float', 'Boolean'].includes(type.name)
    return isTried ? [{ path: [], around: (value) => value }] : []
  }
  if (!isInputObjectType(type)) return []
  const fields = Object.values(type.getFields())
  const others = fields.filter(isRequiredInputField).map(({ name }) => [name, required[name]])
  return fields.flatMap((field) => {
    const nests = getNamedType(field.type) === type
    if (nests && isNested) return []
    // What nests is tried by some of its fields: below it are the same ones again.
    const all = leavesOf(field.type, isNested || nests)
    const leaves = nests ? all.filter(({ path }) => triedBelow.has(path.join('.'))) : all
    return leaves.map(({ path, around }) => ({
      path: [field.name, ...path],
      around: (value: unknown) => ({ ...Object.fromEntries(others), [field.name]: around(value) }),
    }))
  })
}

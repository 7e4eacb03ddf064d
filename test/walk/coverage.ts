import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { GraphqlAnswer } from '../harness.ts'
import { fieldsOf, objectTypes } from './schema.ts'

/** Which parts of the schema the walk has come to, measured on what was sent and answered. */
export interface Coverage {
  /** Fields that were asked for, arguments and input fields that were given. */
  asked: Set<string>
  /** Fields that were answered with something. */
  answered: Set<string>
  /** Arguments and input fields that were given something of those who are not to be seen. */
  tried: Set<string>
  record(document: string, variables: object, answer: GraphqlAnswer): void
}

export function createCoverage(
  schema: GraphQLSchema,
  isForeign: (value: unknown) => boolean,
): Coverage {
  const asked = new Set<string>()
  const answered = new Set<string>()
  const tried = new Set<string>()
  const read = new Map<string, (variables: Record<string, unknown>) => void>()

  function give(coordinate: string, type: GraphQLInputType, value: unknown): void {
    if (value === undefined) return
    asked.add(coordinate)
    const nullable = getNullableType(type)
    if (isListType(nullable) && Array.isArray(value)) {
      for (const item of value) give(coordinate, nullable.ofType, item)
    } else if (isInputObjectType(nullable)) {
      const fields = nullable.getFields()
      for (const [name, inner] of Object.entries(value ?? {})) {
        const field = fields[name]
        if (field) give(`${nullable.name}.${name}`, field.type, inner)
      }
    } else if (isForeign(value)) tried.add(coordinate)
  }

  /** The same documents are sent over and over with other variables: each is read once. */
  function readDocument(document: string) {
    const given: { name: string; coordinate: string; type: GraphQLInputType }[] = []
    const info = new TypeInfo(schema)
    const tree = parse(document)
    visit(
      tree,
      visitWithTypeInfo(info, {
        Field() {
          const field = info.getFieldDef()
          asked.add(`${info.getParentType()?.name}.${field?.name}`)
        },
        Argument({ value }) {
          const argument = info.getArgument()
          if (!argument || value.kind !== 'Variable') return
          const coordinate = `${info.getParentType()?.name}.${info.getFieldDef()?.name}(${argument.name})`
          given.push({ name: value.name.value, coordinate, type: argument.type })
        },
      }),
    )
    return (variables: Record<string, unknown>) => {
      for (const { name, coordinate, type } of given) give(coordinate, type, variables[name])
    }
  }

  function note(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) note(item)
    else if (typeof value === 'object' && value) {
      const { __typename: typename, ...fields } = value as Record<string, unknown>
      for (const [name, inner] of Object.entries(fields)) {
        const isEmpty = Array.isArray(inner) && inner.length === 0 && name !== 'userErrors'
        if (typename && inner !== null && !isEmpty) answered.add(`${typename}.${name}`)
        note(inner)
      }
    }
  }

  return {
    asked,
    answered,
    tried,
    record(document, variables, { data }) {
      if (!read.has(document)) read.set(document, readDocument(document))
      read.get(document)?.(variables as Record<string, unknown>)
      note(data)
    },
  }
}

/** Every argument and input field, by the names of types that a test of its value goes by. */
function inputsOf(schema: GraphQLSchema): { coordinate: string; type: string }[] {
  const args = objectTypes(schema).flatMap((type) =>
    fieldsOf(type).flatMap((field) =>
      field.args.map((arg) => ({
        coordinate: `${type.name}.${field.name}(${arg.name})`,
        type: getNamedType(arg.type).name,
      })),
    ),
  )
  const inputs = Object.values(schema.getTypeMap()).filter(isInputObjectType)
  const fields = inputs.flatMap((input) =>
    Object.values(input.getFields()).map(({ name, type }) => ({
      coordinate: `${input.name}.${name}`,
      type: getNamedType(type).name,
    })),
  )
  return [...args, ...fields]
}

/** Every field of every object type. */
function outputsOf(schema: GraphQLSchema): string[] {
  return objectTypes(schema).flatMap((type) =>
    fieldsOf(type).map((field) => `${type.name}.${field.name}`),
  )
}

const foreignTypes = ['ID', 'String', 'JSON']

/** The parts of the schema that the walk has not come to. */
export function missing(schema: GraphQLSchema, { asked, answered, tried }: Coverage): string[] {
  const outputs = outputsOf(schema).filter((coordinate) =>
    /^(Query|Mutation)\./.test(coordinate) ? !asked.has(coordinate) : !answered.has(coordinate),
  )
  const inputs = inputsOf(schema).filter(({ coordinate, type }) =>
    foreignTypes.includes(type) ? !tried.has(coordinate) : !asked.has(coordinate),
  )
  return [...outputs, ...inputs.map(({ coordinate }) => coordinate)]
}

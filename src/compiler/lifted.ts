import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parseType,
  print,
  TypeInfo,
  type ValueNode,
  type VariableDefinitionNode,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** A document without its values and aliases, so that those that differ in them are one. */
export interface Lifted {
  /** The same for all documents that are one. */
  key: string
  document: DocumentNode
  operation: OperationDefinitionNode
  /** The values by the names of the variables that stand for them. */
  values: Record<string, unknown>
  /** What the answer calls fields, by the aliases that stand for their own. */
  aliases: Record<string, string>
}

/** A document that has such a variable of its own is left as it is. */
const prefix = '__lifted'

/** How aliases begin that stand for those of a document; its own may begin so as well, and then stay. */
export const liftedAlias = '__alias'

/** Lifts the arguments of one operation’s fields that are written out into variables. */
export function lift(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Lifted | null {
  if (
    document.definitions.some(
      (node) => node.kind === Kind.OPERATION_DEFINITION && node !== operation,
    )
  )
    return null
  if (operation.variableDefinitions?.some(({ variable }) => variable.name.value.startsWith(prefix)))
    return null
  const values: Record<string, unknown> = {}
  const added: VariableDefinitionNode[] = []
  const aliases = new Map<string, string>()
  const types = new TypeInfo(schema)
  const lifted = visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        const alias = node.alias?.value
        if (alias === undefined) return undefined
        if (alias === node.name.value) return { ...node, alias: undefined }
        const name = aliases.get(alias) ?? `${liftedAlias}${aliases.size}`
        aliases.set(alias, name)
        return { ...node, alias: { kind: Kind.NAME, value: name } } satisfies FieldNode
      },
      Argument(node) {
        const type = types.getArgument()?.type
        if (!type || types.getDirective() || !isWrittenOut(node.value)) return undefined
        const name = `${prefix}${added.length}`
        values[name] = valueFromASTUntyped(node.value)
        const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } } as const
        added.push({ kind: Kind.VARIABLE_DEFINITION, variable, type: parseType(String(type)) })
        return { ...node, value: variable } satisfies ArgumentNode
      },
    }),
  )
  const definitions = lifted.definitions.map((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? withVariables(node, added) : node,
  )
  const whole = { ...lifted, definitions }
  const found = definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  return {
    key: print(whole),
    document: whole,
    operation: found as OperationDefinitionNode,
    values,
    aliases: Object.fromEntries([...aliases].map(([alias, name]) => [name, alias])),
  }
}

function withVariables(
  { name: _, ...operation }: OperationDefinitionNode,
  added: VariableDefinitionNode[],
): OperationDefinitionNode {
  const variableDefinitions = [...(operation.variableDefinitions ?? []), ...added]
  return { ...operation, variableDefinitions }
}

/** Whether it is a value of its own, and one that decides on nothing but rows. */
function isWrittenOut(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE || value.kind === Kind.NULL) return false
  if (value.kind === Kind.LIST) return value.values.every(isInner)
  if (value.kind === Kind.OBJECT) return value.fields.every((field) => isInner(field.value))
  return true
}

function isInner(value: ValueNode): boolean {
  return value.kind === Kind.NULL || isWrittenOut(value)
}

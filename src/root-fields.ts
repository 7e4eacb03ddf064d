import type { GraphQLField, GraphQLSchema } from 'graphql'
import type { SchemaShape } from './builder.ts'

/**
 * The schema itself, when every field of Query, Mutation and Subscription says who may use it. One
 * that says nothing would be open to everybody, so that its schema is refused by the field's name.
 */
export function deniedByDefault(schema: GraphQLSchema): GraphQLSchema {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of roots) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      if (!namesItsScope(field))
        throw new Error(
          `${type?.name}.${field.name} names no scope: nobody may use it until it does`,
        )
    }
  }
  return schema
}

function namesItsScope({ extensions }: GraphQLField<unknown, unknown>): boolean {
  const options = extensions.pothosOptions as { authScopes?: Partial<SchemaShape['AuthScopes']> }
  const { scope, authenticated } = options?.authScopes ?? {}
  return scope !== undefined || authenticated === true
}

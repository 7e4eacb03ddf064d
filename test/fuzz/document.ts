import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { literalOf } from './literal.ts'
import type { Random } from './random.ts'
import type { Place, Values } from './values.ts'

export interface Generated {
  query: string
  variables: Record<string, unknown>
  operationName?: string
  isMutation: boolean
}

/** Below what the gateway allows, so that most documents are executed. */
const most = { aliases: 25, directives: 12, fragments: 12, depth: 9, variables: 20, items: 60 }

type Field = GraphQLField<unknown, unknown>

interface Scope {
  /** How many fields deep a selection may still go. */
  depth: number
  /** About how many items the lists around it have. */
  items: number
}

/** Writes one random operation that the schema accepts. */
class OperationWriter {
  readonly variables: Record<string, unknown> = {}
  #definitions: string[] = []
  #fragments: { name: string; type: GraphQLCompositeType; depth: number; text: string }[] = []
  /** What stands behind each response key: equal keys must mean the same wherever they are. */
  #keys = new Map<string, string>()
  #aliases = 0
  #directives = 0
  #random: Random
  #schema: GraphQLSchema
  #values: Values
  #prefix: string
  #fieldsLeft: number

  constructor(schema: GraphQLSchema, options: { random: Random; values: Values; prefix: string }) {
    this.#schema = schema
    this.#random = options.random
    this.#values = options.values
    this.#prefix = options.prefix
    this.#fieldsLeft = options.random.pick([3, 5, 5, 8, 8, 12, 20, 50])
  }

  write(root: GraphQLObjectType, keyword: string, name: string): string {
    const random = this.#random
    const count = random.pick(keyword === 'mutation' ? [1, 1, 1, 2] : [1, 1, 2, 3])
    const depth = random.pick([3, 4, 5, 6, most.depth])
    const fields = random.shuffled(Object.values(root.getFields())).slice(0, count)
    const selections = fields.map((field) => this.#field(field, root, { depth, items: 1 }))
    const body = this.#braces(selections.concat(random.chance(0.1) ? ['__typename'] : []))
    const definitions = this.#definitions.length > 0 ? `(${this.#definitions.join(', ')})` : ''
    const fragments = this.#fragments.map(({ text }) => text)
    return [`${keyword} ${name}${definitions} ${body}`, ...fragments].join('\n')
  }

  #braces(selections: (string | null)[]): string {
    const texts = selections.filter((text) => text !== null)
    return `{ ${texts.length > 0 ? texts.join(' ') : '__typename'} }`
  }

  #selection(type: GraphQLCompositeType, scope: Scope): string {
    const random = this.#random
    const texts: (string | null)[] = []
    if (isAbstractType(type)) {
      if ('getFields' in type) texts.push(...this.#fieldsOf(type, scope, [1, 2]))
      const possible = random.shuffled([...this.#schema.getPossibleTypes(type)])
      for (const one of possible.slice(0, random.pick([0, 1, 1, 2, 3]))) {
        texts.push(this.#fragment(one, scope))
      }
      if (random.chance(0.4)) texts.push('__typename')
    } else {
      texts.push(...this.#fieldsOf(type, scope, [1, 2, 3, 4, 6]))
      const around = [type, ...type.getInterfaces()]
      if (random.chance(0.15)) texts.push(this.#fragment(random.pick(around), scope))
      if (random.chance(0.05)) texts.push('__typename')
    }
    return this.#braces(texts)
  }

  #fieldsOf(
    type: { getFields(): Record<string, Field> },
    scope: Scope,
    counts: number[],
  ): (string | null)[] {
    const random = this.#random
    const fields = Object.values(type.getFields()).filter((field) => this.#fits(field, scope))
    const chosen = random.shuffled(fields).slice(0, random.pick(counts))
    const userErrors = fields.find(({ name }) => name === 'userErrors')
    if (userErrors && !chosen.includes(userErrors) && random.chance(0.6)) chosen.push(userErrors)
    return chosen.map((field) => this.#field(field, type as GraphQLObjectType, scope))
  }

  #fits(field: Field, { depth, items }: Scope): boolean {
    if (isLeafType(getNamedType(field.type))) return true
    return depth > 1 && items < most.items && this.#fieldsLeft > 0
  }

  #field(field: Field, parent: { name: string }, scope: Scope): string | null {
    const random = this.#random
    if (this.#aliases >= most.aliases && this.#keys.has(field.name)) return null
    this.#fieldsLeft -= 1
    const { texts, size } = this.#arguments(field, parent, scope)
    const args = texts.length > 0 ? `(${texts.join(', ')})` : ''
    const alias = this.#aliasFor(field, args)
    const type = getNamedType(field.type)
    const inside = isCompositeType(type)
      ? ` ${this.#selection(type, { depth: scope.depth - 1, items: scope.items * size })}`
      : ''
    const directives = random.chance(0.06) ? this.#directive() : ''
    return `${alias}${field.name}${args}${directives}${inside}`
  }

  /** The alias that a field needs or may have. */
  #aliasFor(field: Field, args: string): string {
    const meaning = `${field.name}${args}: ${field.type}`
    const known = this.#keys.get(field.name) ?? meaning
    const isWanted = this.#aliases < most.aliases && this.#random.chance(0.06)
    if (known === meaning && !isWanted) {
      this.#keys.set(field.name, meaning)
      return ''
    }
    this.#aliases += 1
    return `${this.#prefix}a${this.#aliases}: `
  }

  #arguments(
    field: Field,
    parent: { name: string },
    { items }: Scope,
  ): { texts: string[]; size: number } {
    const random = this.#random
    const isPage = field.args.some(({ name }) => name === 'first')
    const pageArg = random.chance(0.75) ? 'first' : 'last'
    const texts: string[] = []
    let size = isListType(isNonNullType(field.type) ? field.type.ofType : field.type) ? 3 : 1
    for (const arg of random.shuffled(field.args)) {
      const isPageArg = isPage && arg.name === pageArg && (items > 1 || random.chance(0.8))
      const other = arg.name === (pageArg === 'first' ? 'last' : 'first') && random.chance(0.95)
      if (isPageArg) size = 3
      else if (other || (!isRequiredArgument(arg) && !random.chance(0.2))) continue
      const place = parent.name === 'Mutation' ? [field.name] : [field.name, arg.name]
      texts.push(`${arg.name}: ${this.#argument(arg, place)}`)
    }
    return { texts, size: isPage && size === 1 ? 20 : size }
  }

  #argument(arg: GraphQLArgument, place: Place): string {
    const random = this.#random
    const value = this.#values.of(arg.type, place)
    const literal = literalOf(arg.type, value)
    if (literal !== null && literal.length < 2_000 && random.chance(0.35)) return literal
    const parts = this.#inputOfVariables(arg.type, value)
    return parts ?? `$${this.#variable(arg.type, value)}`
  }

  /** An input object whose fields are variables and literals, one by one. */
  #inputOfVariables(type: GraphQLInputType, value: unknown): string | null {
    const named = isNonNullType(type) ? type.ofType : type
    if (!isInputObjectType(named) || typeof value !== 'object' || !value) return null
    if (this.#definitions.length > 8 || !this.#random.chance(0.15)) return null
    const fields = named.getFields()
    const texts = Object.entries(value).map(([name, item]) => {
      const { type: itemType } = fields[name] as (typeof fields)[string]
      const literal = this.#random.chance(0.5) ? literalOf(itemType, item) : null
      const short = literal !== null && literal.length < 1_000
      return `${name}: ${short ? literal : `$${this.#variable(itemType, item)}`}`
    })
    return `{ ${texts.join(', ')} }`
  }

  #variable(type: GraphQLInputType, value: unknown): string {
    const random = this.#random
    const name = `${this.#prefix}v${this.#definitions.length}`
    const nullable = isNonNullType(type) ? type.ofType : type
    const literal = value === null ? null : literalOf(type, value)
    const hasDefault = literal !== null && literal.length < 300 && random.chance(0.12)
    const declared = isNonNullType(type) && !hasDefault ? type : random.pick([nullable, type])
    this.#definitions.push(`$${name}: ${declared}${hasDefault ? ` = ${literal}` : ''}`)
    const mayBeLeftOut = hasDefault || !isNonNullType(declared)
    if (!mayBeLeftOut || random.chance(0.8)) this.variables[name] = value
    return name
  }

  #fragment(type: GraphQLCompositeType, scope: Scope): string {
    const random = this.#random
    const directives = random.chance(0.1) ? this.#directive() : ''
    const again = this.#fragments.filter((one) => one.type === type && one.depth <= scope.depth)
    if (again.length > 0 && random.chance(0.5)) return `...${random.pick(again).name}${directives}`
    const body = this.#selection(type, scope)
    if (this.#fragments.length >= most.fragments || random.chance(0.5)) {
      return `... on ${type.name}${directives} ${body}`
    }
    const name = `${this.#prefix}F${this.#fragments.length}`
    const text = `fragment ${name} on ${type.name} ${body}`
    this.#fragments.push({ name, type, depth: scope.depth, text })
    return `...${name}${directives}`
  }

  #directive(): string {
    if (this.#directives >= most.directives) return ''
    this.#directives += 1
    const random = this.#random
    const name = random.pick(['include', 'skip'])
    const value = random.chance(name === 'include' ? 0.8 : 0.2)
    if (random.chance(0.6)) return ` @${name}(if: ${value})`
    const variable = `${this.#prefix}v${this.#definitions.length}`
    this.#definitions.push(`$${variable}: Boolean!${random.chance(0.3) ? ' = true' : ''}`)
    this.variables[variable] = value
    return ` @${name}(if: $${variable})`
  }
}

/** A document with one operation or, now and then, two of which one is to be executed. */
export function generateDocument(schema: GraphQLSchema, random: Random, values: Values): Generated {
  const isMutation = random.chance(0.45)
  const write = (prefix: string) => {
    const root = isMutation ? schema.getMutationType() : schema.getQueryType()
    if (!isObjectType(root)) throw new Error('the schema has no such operation')
    const writer = new OperationWriter(schema, { random, values, prefix })
    const text = writer.write(root, isMutation ? 'mutation' : 'query', `Op${prefix}`)
    return { text, variables: writer.variables }
  }
  const first = write('')
  if (!random.chance(0.05)) {
    const named = random.chance(0.1) ? { operationName: 'Op' } : {}
    return { query: first.text, variables: first.variables, isMutation, ...named }
  }
  const second = write('b')
  const query = `${second.text}\n${first.text}`
  return { query, variables: first.variables, operationName: 'Op', isMutation }
}

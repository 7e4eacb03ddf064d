import {
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isLeafType,
  isObjectType,
} from 'graphql'
import type { Random } from '../fuzz/random.ts'
import { type AnyField, ArgumentWriter, type Fault, faults } from './arguments.ts'
import type { Known } from './known.ts'
import { isSimple, simpleRoots, tellingOfEngine } from './simple.ts'
import { FittingValues } from './values.ts'

export interface GeneratedQuery {
  query: string
  variables: Record<string, unknown>
  operationName?: string
  /** Its root fields one by one, so that fewer of them can be tried. */
  roots: string[]
}

/** Below what the gateway allows, so that most documents are executed. */
const most = { aliases: 24, directives: 12, fragments: 8, depth: 10, items: 80 }

const oddAliases = [
  ...['a', 'id', 'name', 'data', 'errors', '__proto__', 'constructor', 'toString', '_', 'null'],
  ...['true', 'select', 'nodes', 'cursor', 'totalCount', 'typename', 'x'.repeat(80), 'tenant_id'],
]

interface Scope {
  /** How many fields deep a selection may still go. */
  depth: number
  /** About how many items the lists around it have. */
  items: number
  /** The response keys on the way to it. */
  path: string
}

class QueryWriter {
  readonly args: ArgumentWriter
  readonly fragments: { name: string; type: string; depth: number; text: string }[] = []
  #random: Random
  #schema: GraphQLSchema
  /** Whether only fields are selected that are data: columns, relations, lists, totals. */
  #simpleOnly: boolean
  /** Whether a response key may mean one thing here and another there. */
  #local: boolean
  #meanings = new Map<string, string>()
  #left = { fields: 0, aliases: most.aliases, directives: most.directives }

  constructor(schema: GraphQLSchema, random: Random, args: ArgumentWriter) {
    this.args = args
    this.#schema = schema
    this.#random = random
    this.#simpleOnly = random.chance(0.65)
    this.#local = random.chance(0.4)
    this.#left.fields = random.pick([1, 2, 2, 3, 3, 4, 4, 5, 6, 8, 12, 30])
  }

  roots(query: GraphQLObjectType): string[] {
    const random = this.#random
    const depth = random.pick([3, 4, 5, 6, 8, most.depth])
    const fields = Object.values(query.getFields())
    const simple = simpleRoots.flatMap((name) => query.getFields()[name] ?? [])
    const count = random.pick([1, 1, 1, 2, 2, 3])
    const texts: string[] = []
    for (let at = 0; at < count; at += 1) {
      const field = random.pick(this.#simpleOnly || random.chance(0.3) ? simple : fields)
      texts.push(...this.#field(field, query, { depth, items: 1, path: '' }))
    }
    if (random.chance(0.05)) texts.push('__typename')
    if (this.args.fault === 'name') texts.push(random.pick(['noSuchField', 'deals(firts: 1)']))
    return texts.length > 0 ? texts : ['__typename']
  }

  #selection(type: GraphQLCompositeType, scope: Scope): string {
    const texts = isAbstractType(type)
      ? this.#ofAbstract(type, scope)
      : this.#ofObject(type as GraphQLObjectType, scope)
    return `{ ${texts.length > 0 ? texts.join(' ') : '__typename'} }`
  }

  #ofAbstract(type: GraphQLCompositeType & { name: string }, scope: Scope): string[] {
    const random = this.#random
    const texts: string[] = []
    if ('getFields' in type) texts.push(...this.#fieldsOf(type, scope))
    const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : []
    const [deal] = possible.filter(({ name }) => name === 'Deal' && random.chance(0.5))
    const chosen = random.shuffled(possible).slice(0, random.pick([0, 1, 1, 2, 3]))
    for (const one of deal ? [deal, ...chosen] : chosen) texts.push(this.#fragment(one, scope))
    if (random.chance(0.4)) texts.push('__typename')
    return texts
  }

  #ofObject(type: GraphQLObjectType, scope: Scope): string[] {
    const random = this.#random
    const texts = this.#fieldsOf(type, scope)
    if (random.chance(0.15)) {
      const around: GraphQLCompositeType[] = [type, ...type.getInterfaces()]
      texts.push(this.#fragment(random.pick(around), scope))
    }
    if (random.chance(0.04)) texts.push(`...${this.#directive()} ${this.#selection(type, scope)}`)
    if (random.chance(0.12)) texts.push(random.pick(['__typename', '__typename', 't: __typename']))
    return random.chance(0.3) ? random.shuffled(texts) : texts
  }

  #fieldsOf(type: { name: string; getFields(): Record<string, AnyField> }, scope: Scope): string[] {
    const random = this.#random
    const all = Object.values(type.getFields()).filter((field) => this.#fits(field, type, scope))
    const listed = all.filter(({ name }) => name === 'nodes' || name === 'edges' || name === 'node')
    const chosen = random.shuffled(all).slice(0, random.pick([1, 2, 2, 3, 4, 6, 12]))
    const relations = all.filter((field) => !isLeafType(getNamedType(field.type)))
    // There are more columns than relations, and what lies behind these is to be tried as often.
    if (relations.length > 0 && random.chance(0.35)) chosen.push(random.pick(relations))
    if (listed.length > 0 && !chosen.some((field) => listed.includes(field)) && random.chance(0.8))
      chosen.push(random.pick(listed))
    return [...new Set(chosen)].flatMap((field) => this.#field(field, type, scope))
  }

  #fits(field: AnyField, { name }: { name: string }, { depth, items }: Scope): boolean {
    if (tellingOfEngine.has(`${name}.${field.name}`)) return false
    if (this.#simpleOnly && !isSimple(name, field.name)) return false
    if (isLeafType(getNamedType(field.type))) return true
    return depth > 1 && items < most.items && this.#left.fields > 0
  }

  /** The field, sometimes twice so that two selections merge; nothing if it has no name left. */
  #field(field: AnyField, { name: parent }: { name: string }, scope: Scope): string[] {
    const random = this.#random
    this.#left.fields -= 1
    const { text, size } = this.args.of(field, parent, scope.items)
    const key = this.#keyOf(`${field.name}${text}: ${field.type}`, field.name, scope.path)
    if (key === null) return []
    const head = `${key === field.name ? '' : `${key}: `}${field.name}${text}`
    const type = getNamedType(field.type)
    const path = this.#local ? `${scope.path}.${key}` : ''
    const below = { depth: scope.depth - 1, items: scope.items * size, path }
    const written = () => {
      const directive = random.chance(0.06) ? this.#directive() : ''
      return `${head}${directive}${isCompositeType(type) ? ` ${this.#selection(type, below)}` : ''}`
    }
    return random.chance(0.06) ? [written(), written()] : [written()]
  }

  /** A response key for what the field means, its own name if that is free; null if none is. */
  #keyOf(meaning: string, name: string, path: string): string | null {
    const random = this.#random
    const isFree = (key: string) => (this.#meanings.get(`${path}.${key}`) ?? meaning) === meaning
    const wanted = random.chance(0.08) && this.#left.aliases > 0 ? random.pick(oddAliases) : name
    const free = [wanted, name].find(isFree) ?? `a${this.#left.aliases}`
    if (free !== name) this.#left.aliases -= 1
    if (this.#left.aliases < 0) return null
    this.#meanings.set(`${path}.${free}`, meaning)
    return free
  }

  #fragment(type: GraphQLCompositeType, scope: Scope): string {
    const random = this.#random
    const directive = random.chance(0.12) ? this.#directive() : ''
    const again = this.fragments.filter(
      (one) => one.type === type.name && one.depth <= scope.depth && !this.#local,
    )
    if (again.length > 0 && random.chance(0.6)) return `...${random.pick(again).name}${directive}`
    const body = this.#selection(type, scope)
    if (this.#local || this.fragments.length >= most.fragments || random.chance(0.4)) {
      return `... on ${type.name}${directive} ${body}`
    }
    const name = `F${this.fragments.length}`
    const text = `fragment ${name} on ${type.name} ${body}`
    this.fragments.push({ name, type: type.name, depth: scope.depth, text })
    return `...${name}${directive}`
  }

  #directive(): string {
    if (this.#left.directives <= 0) return ''
    this.#left.directives -= 1
    const random = this.#random
    const name = random.pick(['include', 'skip'])
    return ` @${name}(if: ${this.args.condition((name === 'include') === random.chance(0.75))})`
  }
}

/** A random query that the schema accepts, or in some cases one that must be refused. */
export function generateQuery(
  schema: GraphQLSchema,
  random: Random,
  known: { own: Known; other: Known },
): GeneratedQuery {
  const fault: Fault | null = random.chance(0.25) ? random.pick(faults) : null
  const args = new ArgumentWriter(random, new FittingValues(random, known), fault)
  const writer = new QueryWriter(schema, random, args)
  const query = schema.getQueryType()
  if (!isObjectType(query)) throw new Error('the schema has no queries')
  const roots = writer.roots(query)
  const isNamed = random.chance(0.7)
  const definitions = args.definitions.length > 0 ? `(${args.definitions.join(', ')})` : ''
  const head = isNamed || definitions ? `query Q${definitions} ` : ''
  const fragments = random.shuffled(writer.fragments.map(({ text }) => text))
  const text = [`${head}{ ${roots.join(' ')} }`, ...fragments].join('\n')
  const named = head && random.chance(0.2) ? { operationName: 'Q' } : {}
  return { query: text, variables: args.variables, roots, ...named }
}

import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
} from 'graphql'
import { literalOf } from '../fuzz/literal.ts'
import type { Random } from '../fuzz/random.ts'
import { oddText } from '../fuzz/texts.ts'
import type { FittingValues, Place } from './values.ts'

/** What a document may have that must be answered with an error. */
export const faults = ['id', 'page', 'cursor', 'value', 'variable', 'missing', 'name'] as const
export type Fault = (typeof faults)[number]

export type AnyField = GraphQLField<unknown, unknown>

const longest = 1_500
const mostVariables = 20

/** Writes the arguments of fields, and defines the variables that they name. */
export class ArgumentWriter {
  readonly variables: Record<string, unknown> = {}
  readonly definitions: string[] = []
  /** What is still to go wrong. */
  fault: Fault | null
  #random: Random
  #values: FittingValues
  #reusable: { type: string; name: string }[] = []

  constructor(random: Random, values: FittingValues, fault: Fault | null) {
    this.#random = random
    this.#values = values
    this.fault = fault
  }

  /** The text of a field's arguments, and about how many items it has with them. */
  of(field: AnyField, parent: string, items: number): { text: string; size: number } {
    const random = this.#random
    const isPage = field.args.some(({ name }) => name === 'first')
    const chosen = this.#chosen(field, items)
    const values = new Map(chosen.map((arg) => [arg.name, this.#valueOf(arg, field, parent)]))
    if (isPage) this.#addCursors(values, field, parent)
    if (isPage && this.#fails('page')) {
      values.set('first', random.pick([101, -1, 1_000]))
      if (random.chance(0.3)) values.set('first', 1).set('last', 2)
    }
    const texts = [...values].map(([name, value]) => {
      const { type } = field.args.find((arg) => arg.name === name) as GraphQLArgument
      return `${name}: ${this.#written(type, value)}`
    })
    const text = texts.length > 0 ? `(${random.shuffled(texts).join(', ')})` : ''
    return { text, size: isPage ? sizeOf(values) : isListed(field) ? 4 : 1 }
  }

  #chosen(field: AnyField, items: number): GraphQLArgument[] {
    const random = this.#random
    const page = random.pick(['first', 'first', 'first', 'first', 'last'])
    return field.args.filter((arg) => {
      if (isRequiredArgument(arg)) return true
      // Below other lists a page says its size, lest the whole costs too much.
      if (arg.name === 'first' || arg.name === 'last') {
        return arg.name === page && (items > 1 || random.chance(0.8))
      }
      if (arg.name === 'after' || arg.name === 'before') return false
      if (arg.name === 'pageSize') return random.chance(0.8)
      return random.chance(arg.name === 'search' ? 0.15 : 0.3)
    })
  }

  #valueOf(arg: GraphQLArgument, field: AnyField, parent: string): unknown {
    const random = this.#random
    const place: Place = parent === 'Query' ? [field.name, arg.name] : [arg.name]
    const type = String(getNamedType(arg.type))
    if (type === 'ID' && this.#fails('id')) return this.#wrongId()
    if (type === 'DealFilter' && this.#fails('id')) {
      const column = random.pick(['pipelineId', 'stageId', 'ownerId', 'contactId', 'tagId'])
      return { [column]: random.chance(0.5) ? { eq: this.#wrongId() } : { in: [this.#wrongId()] } }
    }
    if (type.endsWith('Filter') && this.#fails('value')) {
      const name = type === 'DealFilter' ? 'name' : 'nothing'
      return { [name]: { contains: 'x'.repeat(300), eq: oddText(random) } }
    }
    if (arg.name === 'search' && this.#fails('value')) return 'x'.repeat(300)
    return this.#values.of(arg.type, place)
  }

  #wrongId(): string {
    return this.#random.pick([
      ...['', 'deal_', 'deal_0198c0de-0000-7000-8000-00000000000', 'Deal_1', "deal_' OR 1=1 --"],
      ...['tenant_0198c0de-0000-7000-8000-000000000000', 'no_0198c0de-0000-7000-8000-000000000000'],
      this.#values.cursor('', '', '', true),
    ])
  }

  #addCursors(values: Map<string, unknown>, field: AnyField, parent: string): void {
    const random = this.#random
    const orderBy = values.get('orderBy') as { field?: string } | null | undefined
    const connection = String(getNamedType(field.type))
    for (const name of ['after', 'before']) {
      const isWrong = this.#fails('cursor')
      if (!isWrong && !random.chance(name === 'after' ? 0.22 : 0.08)) continue
      const place = `${parent}.${field.name}`
      values.set(name, this.#values.cursor(connection, place, orderBy?.field, isWrong))
    }
  }

  /** Whether it is now that the document goes wrong in this way. */
  #fails(fault: Fault): boolean {
    if (this.fault !== fault || !this.#random.chance(0.7)) return false
    this.fault = null
    return true
  }

  /** The value as a literal, as a variable, or as an input object of both. */
  #written(type: GraphQLInputType, value: unknown): string {
    const literal = literalOf(type, value)
    if (literal !== null && literal.length < longest && this.#random.chance(0.4)) return literal
    return this.#inParts(type, value) ?? `$${this.#variable(type, value)}`
  }

  #inParts(type: GraphQLInputType, value: unknown): string | null {
    const random = this.#random
    const named = isNonNullType(type) ? type.ofType : type
    if (this.definitions.length > mostVariables / 2 || !random.chance(0.25)) return null
    if (isListType(named) && Array.isArray(value)) {
      const { ofType } = named
      return `[${value.map((item) => this.#written(ofType, item)).join(', ')}]`
    }
    if (!isInputObjectType(named) || typeof value !== 'object' || !value) return null
    const fields = named.getFields()
    const texts = Object.entries(value).map(([name, item]) => {
      const field = fields[name]
      return `${name}: ${field ? this.#written(field.type, item) : '{ eq: 1 }'}`
    })
    return `{ ${texts.join(', ')} }`
  }

  /** A variable that is given, null, left out, or has a default; sometimes one that is there already. */
  #variable(type: GraphQLInputType, value: unknown): string {
    const random = this.#random
    const again = this.#reusable.filter((one) => one.type === String(type))
    if (again.length > 0 && random.chance(0.2)) return random.pick(again).name
    const name = `v${this.definitions.length}`
    const nullable = isNonNullType(type) ? type.ofType : type
    const literal = value == null ? null : literalOf(type, value)
    const hasDefault = literal !== null && literal.length < 300 && random.chance(0.15)
    const declared = isNonNullType(type) && !hasDefault ? type : random.pick([nullable, type])
    this.definitions.push(`$${name}: ${declared}${hasDefault ? ` = ${literal}` : ''}`)
    if (/^(Int|Boolean|DealFilter|DealStatus)\b/.test(String(declared)))
      this.#reusable.push({ type: String(declared), name })
    this.#give(name, { value, isNullable: !isNonNullType(declared), hasDefault })
    return name
  }

  #give(
    name: string,
    { value, isNullable, hasDefault }: { value: unknown; isNullable: boolean; hasDefault: boolean },
  ): void {
    const random = this.#random
    if (this.#fails('variable')) {
      this.variables[name] = random.pick([{ a: 1 }, [[]], 'no such', 1.5, true, '\0', 2 ** 40])
    } else if (!isNullable && !hasDefault) {
      if (!this.#fails('missing')) this.variables[name] = value
    } else if (isNullable && random.chance(0.05)) this.variables[name] = null
    else if (random.chance(hasDefault ? 0.5 : 0.9)) this.variables[name] = value
  }

  /** A condition of @include or @skip that comes out as wanted. */
  condition(wanted: boolean): string {
    const random = this.#random
    if (random.chance(0.5) || this.definitions.length >= mostVariables) return String(wanted)
    const name = `v${this.definitions.length}`
    const isDefault = random.chance(0.3)
    this.definitions.push(`$${name}: Boolean!${isDefault ? ` = ${wanted}` : ''}`)
    if (!isDefault || random.chance(0.5)) this.variables[name] = wanted
    return `$${name}`
  }
}

function sizeOf(values: Map<string, unknown>): number {
  const size = values.get('first') ?? values.get('last')
  return typeof size === 'number' ? Math.max(1, Math.min(size, 20)) : 20
}

function isListed({ type }: AnyField): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}

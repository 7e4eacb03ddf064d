import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'
import { encodeId } from '../../src/ids.ts'
import type { Random } from '../fuzz/random.ts'
import { oddText } from '../fuzz/texts.ts'
import type { Known } from './known.ts'
import { oddAmounts, oddDays, oddInstants, oddJson, oddNames } from './odd.ts'

/** Where a value goes: the names of the field, of its argument, and of the input's fields. */
export type Place = readonly string[]

/** The types of ids whose arguments are named for something else. */
const typesOfIds: Record<string, string> = {
  owner: 'Member',
  assignee: 'Member',
  release: 'ClientRelease',
  apiKey: 'ApiKey',
}

/** The fields of answers that have the texts that arguments of other names are compared to. */
const fieldsOfTexts: Record<string, readonly string[]> = {
  search: ['name', 'email', 'domain', 'name'],
  reason: ['wonReason', 'lostReason'],
  client: ['label'],
}

const instants = ['createdAt', 'updatedAt', 'closedAt', 'stageEnteredAt', 'occurredAt']
const comparators = ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'contains', 'isNull']

/** Values that arguments take, mostly such as something in the world has. */
export class FittingValues {
  #random: Random
  #own: Known
  #other: Known

  constructor(random: Random, { own, other }: { own: Known; other: Known }) {
    this.#random = random
    this.#own = own
    this.#other = other
  }

  of(type: GraphQLInputType, place: Place, depth = 0): unknown {
    if (isNonNullType(type)) return this.#present(type.ofType, place, depth)
    return this.#random.chance(0.04) ? null : this.#present(type, place, depth)
  }

  #present(type: GraphQLInputType, place: Place, depth: number): unknown {
    const random = this.#random
    if (isListType(type)) return this.#list(type.ofType, place, depth)
    if (isInputObjectType(type)) {
      if (type.name === 'CustomFieldFilter') return this.#customFilter()
      const all = Object.values(type.getFields())
      const leaves = all.filter(({ name }) => !['and', 'or', 'not'].includes(name))
      const fields = random.shuffled(depth > 2 ? leaves : all)
      const count = random.pick([0, 1, 1, 1, 2, 2, 3])
      const given = fields.filter((field, at) => isNonNullType(field.type) || at < count)
      return Object.fromEntries(
        given.map(({ name, type: inner }) => [name, this.of(inner, [...place, name], depth + 1)]),
      )
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name
    return this.#scalar(String(type), place)
  }

  #list(type: GraphQLInputType, place: Place, depth: number): unknown {
    const random = this.#random
    // One value stands for a list of it.
    if (random.chance(0.08)) return this.of(type, place, depth + 1)
    const length = random.pick(depth > 1 ? [0, 1, 1, 2] : [0, 1, 1, 2, 2, 3, 4])
    return Array.from({ length }, () => this.of(type, place, depth + 1))
  }

  #scalar(type: string, place: Place): unknown {
    const random = this.#random
    switch (type) {
      case 'ID':
        return this.#id(place)
      case 'Int':
        return this.#int(place)
      case 'Boolean':
        return random.chance(0.5)
      case 'String':
        return this.#text(place)
      case 'Decimal':
        return this.#decimal()
      case 'Date':
        return random.chance(0.6) ? this.#known('expectedCloseDate') : random.pick(days)
      case 'DateTime':
        return this.#instant()
      case 'CurrencyCode':
        return random.pick(['USD', 'EUR', 'JPY', 'CHF', 'XXX'])
      default:
        return JSON.parse(random.pick(oddJson))
    }
  }

  #id(place: Place): string {
    const random = this.#random
    const type = this.#typeOfId(place)
    const kind = random.below(100)
    const known = this.#own.ids[type] ?? []
    if (kind < 84 && known.length > 0) return random.pick(known)
    if (kind < 92) return random.pick(this.#other.ids[type] ?? [this.#madeUpId(type)])
    return this.#madeUpId(type)
  }

  #madeUpId(type: string): string {
    return encodeId(type, `0198c0de-0000-7000-8000-${this.#random.hex(12)}`)
  }

  #typeOfId(place: Place): string {
    const random = this.#random
    const names = place.filter((name) => !comparators.includes(name))
    const last = names.at(-1) ?? ''
    const isAny = names[0] === 'node' || names[0] === 'nodes'
    if (isAny) return random.pick(['Deal', 'Deal', 'Stage', ...Object.keys(this.#own.ids)])
    const noun = (last === 'id' ? names.at(-2) : last)?.replace(/Id$/, '') ?? ''
    return typesOfIds[noun] ?? `${noun[0]?.toUpperCase()}${noun.slice(1)}`
  }

  #int(place: Place): number {
    const random = this.#random
    const names = place.filter((name) => !comparators.includes(name))
    const name = names.at(-1) ?? ''
    if (name === 'first' || name === 'last') return random.pick([1, 2, 2, 3, 3, 5, 0, 20, 100])
    if (name === 'pageSize') return random.pick([1, 2, 3, 5, 25])
    if (name === 'page') return random.pick([1, 1, 2, 3, 9])
    if (name === 'number') return random.below(42)
    return random.pick([0, 1, 33, 50, 99, 100, -1, 2_147_483_647])
  }

  #text(place: Place): string {
    const random = this.#random
    const names = place.filter((name) => !comparators.includes(name))
    const name = names.at(-1) ?? ''
    if (name === 'key') return random.pick(this.#own.texts.key ?? ['cf_text'])
    const isPart = place.at(-1) === 'contains' || name === 'search'
    const text = random.chance(0.1)
      ? random.pick(oddNames)
      : this.#known(...(fieldsOfTexts[name] ?? [name]))
    if (isPart) return this.#partOf(text)
    return random.chance(0.15) ? this.#inOtherCase(text) : text
  }

  #partOf(text: string): string {
    const random = this.#random
    const characters = [...text]
    const from = random.below(characters.length)
    const part = characters.slice(from, from + 1 + random.below(8)).join('')
    return random.pick([part, part, this.#inOtherCase(part), '%', '_', '', part.slice(0, 1)])
  }

  #inOtherCase(text: string): string {
    return this.#random.chance(0.5) ? text.toUpperCase() : text.toLowerCase()
  }

  #known(...fields: string[]): string {
    const texts = this.#own.texts[this.#random.pick(fields)] ?? oddNames
    return this.#random.pick(texts)
  }

  #decimal(): unknown {
    const amount = this.#random.pick([...oddAmounts, this.#known('amount')]) ?? 7
    return this.#random.chance(0.1) ? 10 : amount
  }

  #instant(): string {
    const random = this.#random
    const instant = random.chance(0.2)
      ? random.pick(oddInstants)
      : this.#known(random.pick(instants))
    if (random.chance(0.2)) return instant.replace(/\.000Z$/, 'Z')
    return random.chance(0.1) && !/^(0001|9999)/.test(instant)
      ? instant.replace('Z', random.pick(['+00:00', '+05:30', '-11:00']))
      : instant
  }

  #customFilter(): object {
    const random = this.#random
    const [key, values, others] = random.pick(customComparisons)
    const comparator = random.pick(['eq', 'in', 'isNull', ...others])
    const value = random.pick<unknown>(values)
    if (comparator === 'isNull') return { key, isNull: random.chance(0.5) }
    if (comparator === 'in') return { key, in: [value, random.pick<unknown>(values)] }
    if (comparator === 'contains') return { key, contains: this.#partOf(String(value)) }
    return { key, [comparator]: value }
  }

  /** A cursor of the named list in the order that it is asked for, or else of another order. */
  cursor(connection: string, place: string, order: string | undefined, isWrong = false): string {
    const random = this.#random
    const { cursors, orders } = this.#own
    const fitting = `${connection} ${order ?? orders[place]}`
    const known = cursors[fitting]
    if (!isWrong) return random.pick(known ?? ['W10'])
    const wrong = Object.keys(cursors).filter((key) => key !== fitting)
    return random.chance(0.3) ? oddText(random) : random.pick(cursors[random.pick(wrong)] ?? [''])
  }
}

const days = oddDays.filter((day) => day !== null)
const ranges = ['gte', 'lte'] as const
const customComparisons: [string, unknown[], readonly string[]][] = [
  ['cf_text', ['Plain', 'plain', ...oddNames.slice(3, 10)], ['contains']],
  ['cf_number', [0, 1.5, -2, 100, '100', 123456.7891], ranges],
  ['cf_money', [5, '0.0001', '-1.50', -1.5], ranges],
  ['cf_date', days, ranges],
  ['cf_flag', [true, false], []],
  ['cf_many', ['EMEA', 'APAC'], ['contains']],
  ['cf_url', ['https://example.com/?a=%20&b'], ['contains']],
  ['cf_region', ['EMEA', 'Mars'], ['contains']],
  ['cf_old', ['kept'], ['contains']],
]

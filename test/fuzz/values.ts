import {
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { encodeId } from '../../src/ids.ts'
import type { Random } from './random.ts'
import {
  addresses,
  colors,
  currencies,
  day,
  decimal,
  instant,
  json,
  oddInt,
  oddText,
  timeZones,
} from './texts.ts'

/** What a tenant has that a request can name. */
export interface Known {
  /** Ids by their types. */
  ids: Record<string, string[]>
  cursors: string[]
}

interface ValueOptions {
  schema: GraphQLSchema
  own: Known
  other: Known
}

/** Where a value goes: the names of the field, of its argument, and of the input's fields. */
export type Place = readonly string[]

const nounOf: Record<string, string> = {
  introducedBy: 'Contact',
  owner: 'Member',
  assignee: 'Member',
  customField: 'CustomFieldDefinition',
}

const customKeys = ['cf_region', 'cf_text', 'cf_number', 'cf_money', 'cf_date', 'cf_flag']
const keys = [...customKeys, 'cf_many', 'cf_url', 'cf_old', 'cf_none', 'name']

/** Made-up values of the types of arguments: most are plausible, some are what nobody expects. */
export class Values {
  #random: Random
  #schema: GraphQLSchema
  #own: Known
  #other: Known

  constructor(random: Random, { schema, own, other }: ValueOptions) {
    this.#random = random
    this.#schema = schema
    this.#own = own
    this.#other = other
  }

  /** A value as it stands in the variables of a request. */
  of(type: GraphQLInputType, place: Place, depth = 0): unknown {
    const random = this.#random
    if (isNonNullType(type)) return this.#present(type.ofType, place, depth)
    return random.chance(0.06) ? null : this.#present(type, place, depth)
  }

  /** What is of no type that an argument has. */
  garbage(): unknown {
    return this.#random.pick([null, 0, 1.5, 'x', true, [], {}, [[null]], { a: 1 }, 1e300, ''])
  }

  #present(type: GraphQLInputType, place: Place, depth: number): unknown {
    const random = this.#random
    if (isListType(type)) return this.#list(type.ofType, place, depth)
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields())
      const wanted = depth > 2 ? 0.08 : fields.length > 12 ? 0.15 : 0.35
      const given = fields.filter((field) => isNonNullType(field.type) || random.chance(wanted))
      return Object.fromEntries(
        given.map((field) => [field.name, this.of(field.type, [...place, field.name], depth + 1)]),
      )
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name
    return this.#scalar(String(type), place)
  }

  #list(type: GraphQLInputType, place: Place, depth: number): unknown {
    const random = this.#random
    if (random.chance(0.05)) return this.of(type, place, depth + 1)
    const isLong = depth < 3 && random.chance(0.02)
    const length = isLong ? random.pick([51, 101, 500, 501]) : random.pick([0, 1, 1, 2, 3])
    const items = Array.from({ length: Math.min(length, 4) }, () => this.of(type, place, depth + 1))
    return Array.from({ length }, (_, index) => items[index % 4])
  }

  #scalar(type: string, place: Place): unknown {
    const random = this.#random
    switch (type) {
      case 'ID':
        return this.#id(place)
      case 'Int':
        return this.#int(place)
      case 'Float':
        return random.pick([0, 0.5, -1e300, 5e-324, 1])
      case 'Boolean':
        return random.chance(0.5)
      case 'String':
        return this.#text(place)
      case 'Decimal':
        return decimal(random)
      case 'Date':
        return day(random)
      case 'DateTime':
        return instant(random)
      case 'CurrencyCode':
        return random.chance(0.02) ? 'usd' : random.pick(currencies)
      default:
        return this.#json(place)
    }
  }

  #id(place: Place): string {
    const random = this.#random
    const types = Object.keys(this.#own.ids)
    const type = this.#typeOfId(place) ?? random.pick(types)
    const kind = random.below(100)
    const known = this.#own.ids[type] ?? []
    if (place.at(-1) === 'id' && place.length > 2 && kind < 80) return this.#madeUpId(type)
    if (kind < 76 && known.length > 0) return random.pick(known)
    if (kind < 84) return random.pick(this.#other.ids[type] ?? [this.#madeUpId(type)])
    if (kind < 90) return this.#madeUpId(type)
    if (kind < 95) return random.pick(this.#own.ids[random.pick(types)] ?? [''])
    return random.pick([oddText(random), type, encodeId(type, ''), random.hex(32)])
  }

  #madeUpId(type: string): string {
    const hex = (length: number) => this.#random.hex(length)
    return encodeId(type, `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`)
  }

  /** The type of the ids that belong to a place, if its names tell. */
  #typeOfId(place: Place): string | null {
    const names = [...place].reverse().filter((name) => !['eq', 'in', 'input'].includes(name))
    const [name = '', parent = ''] = names
    if (name === 'before' || name === 'after') return 'Deal'
    if (name === 'id' || name === 'reassignTo')
      return this.#known(parent.replace(/^[a-z]+(?=[A-Z])/, ''))
    const noun = name.replace(/Ids?$/, '')
    return nounOf[noun] ?? this.#known(noun)
  }

  #known(noun: string): string | null {
    const name = `${noun[0]?.toUpperCase()}${noun.slice(1)}`
    return isObjectType(this.#schema.getType(name)) ? name : null
  }

  #int(place: Place): number {
    const random = this.#random
    const name = place.at(-1) ?? ''
    if (random.chance(0.08)) return oddInt(random)
    if (name === 'expectedVersion') return random.pick([1, 1, 1, 1, 2, 2, 3, 4])
    if (['first', 'last', 'page', 'pageSize'].includes(name)) return random.pick([0, 1, 2, 3, 5])
    if (name === 'number') return 1 + random.below(30)
    return random.pick([0, 1, 2, 3, 5, 10, 50, 100])
  }

  #text(place: Place): string {
    const random = this.#random
    const name = place.at(-1) ?? ''
    if (random.chance(0.12)) return oddText(random)
    if (name === 'after' || name === 'before') return this.#cursor()
    if (name === 'key') return random.pick(keys)
    if (name === 'color') return random.pick(colors)
    if (name === 'timeZone') return random.pick(timeZones)
    if (name === 'requiredFields') return random.pick(['amount', 'owner', 'nextStep', ...keys])
    if (name === 'search' || name === 'contains') return random.pick(['a', 'Deal', '1', 'x%', '@'])
    if (/email|domain/.test(name) || place.includes('email')) return random.pick(addresses)
    if (name === 'idempotencyKey') return `key ${random.below(5)}`
    if (/^externalId|leadRef$/.test(name)) return `crm-${random.below(20)}`
    return `${random.pick(['Deal', 'Acme', 'Ada', 'Price', 'Referral'])} ${random.below(50)}`
  }

  #cursor(): string {
    const random = this.#random
    const forged = [
      ...[
        ['NUMBER', 2 ** 31, '0'],
        ['CREATED_AT', '9999-99-99', '0'],
        ['AMOUNT', '9'.repeat(19), 0],
      ],
      ...[null, {}, ['NAME', '\0', '00000000-0000-7000-8000-000000000000'], 'x'.repeat(3_000)],
    ]
    if (random.chance(0.15)) {
      return Buffer.from(JSON.stringify(random.pick(forged))).toString('base64url')
    }
    const known = random.chance(0.1) ? this.#other.cursors : this.#own.cursors
    const cursor = random.pick(known)
    return random.chance(0.1) ? cursor.slice(0, random.below(cursor.length)) : cursor
  }

  #json(place: Place): unknown {
    const random = this.#random
    const inFilter = ['eq', 'in', 'gte', 'lte'].includes(place.at(-1) ?? '')
    if (inFilter) return this.#customValue()
    if (place.at(-1) !== 'customFields' || random.chance(0.1)) return json(random)
    const given = random.shuffled(random.chance(0.2) ? keys : customKeys).slice(0, random.below(4))
    return Object.fromEntries(given.map((key) => [key, this.#customValue(key)]))
  }

  #customValue(key?: string): unknown {
    const random = this.#random
    if (random.chance(0.1)) return json(random)
    const money = { amount: decimal(random), currency: random.pick(currencies) }
    const byKey: Record<string, unknown> = {
      ...{ cf_region: random.pick(['EMEA', 'APAC', 'Mars']), cf_text: oddText(random) },
      ...{ cf_number: oddInt(random), cf_money: money, cf_date: day(random), cf_flag: true },
      ...{ cf_many: ['EMEA'], cf_url: 'https://example.com/%F0%9F%9A%80' },
    }
    return key && random.chance(0.8) ? (byKey[key] ?? null) : random.pick(Object.values(byKey))
  }
}

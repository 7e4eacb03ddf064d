import { schema as graphql } from '../../src/schema.ts'
import { type JsonSchema, type Parameter, type Route, resolved } from './openapi.ts'
import type { Random } from './random.ts'
import { day, infinity, instant, json, oddInt, oddText } from './texts.ts'
import { Values } from './values.ts'
import type { World } from './world.ts'

export interface RestRequest {
  /** The place of the tenant whose credential is the one that counts. */
  by: 0 | 1
  method: string
  url: string
  headers: [name: string, value: string][]
  /** Its characters are bytes where it is no text. */
  body: string | null
  isText: boolean
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND']
const otherPaths = [
  ...['/backside', '/backside/', '/ysuite/v1', '/heffl/api/v1/deals', '/ysuite/v1/deals/1/move'],
  ...['/ysuite/v1/deals/', '/ysuite//v1/deals', '/YSUITE/v1/deals', '/ysuite/v1/deals;x=1'],
  ...[
    '/heffl/api/v1/../../../ysuite/v1/deals',
    '/backside/api/v1/deals/%2e%2e/move',
    '/%2f/ysuite',
  ],
  ...['/reference/..%2f..%2fpackage.json', '/reference/page.js%00', '/ysuite/openapi.json'],
]
const malformed = ['%', '%zz', '%ff', '%00', '%E0%A4%A', '..%2f', '%F0%9F', '1%0a', '%252f', '+1']
const malformedQueries = [
  'search=%00',
  'search=%ED%A0%80',
  '__proto__=1',
  '&&=',
  'a[b]=1',
  '%E0%A4%A=%',
  '=1',
  'search',
  'search=%ff',
  'pageSize=%',
]
const jsonTypes = ['application/json', 'application/json; charset=utf-8', 'Application/JSON']
const otherTypes = [
  'text/plain',
  'application/jsonx',
  'multipart/form-data',
  'application/json,',
  '',
]
const tags = ['"1"', '"2"', '*', '"1", "2"', ' "3" ', '"4"']
const oddTags = [
  '',
  '1',
  'W/"1"',
  '""',
  '"-1"',
  '"999999999"',
  '"9999999999"',
  '"1',
  '**',
  ',',
  '"1.0"',
]

/** How many there are, or a little more, of what a number names. */
const counts: Record<string, number> = {
  ...{ id: 18, deal_current_stage: 14, stageId: 14, pageSize: 100 },
  ...{ pipeline_id: 2, deal_amount_currency: 2 },
}

/** Writes one random request to the routes of the documents. */
export class RequestWriter {
  #random: Random
  #routes: Route[]
  #world: World
  #by: 0 | 1
  #values: Values

  constructor(random: Random, { routes, world }: { routes: Route[]; world: World }) {
    this.#random = random
    this.#routes = routes
    this.#world = world
    this.#by = random.pick([0, 1])
    const [own, other] = [world.tenants[this.#by], world.tenants[this.#by ? 0 : 1]]
    this.#values = new Values(random, { schema: graphql, own, other })
  }

  write(): RestRequest {
    const random = this.#random
    const drawn = random.pick(this.#routes)
    // Deals that are deleted are of no use to what comes later.
    const route = drawn.method === 'DELETE' ? random.pick(this.#routes) : drawn
    const path = random.chance(0.04) ? random.pick(otherPaths) : this.#path(route)
    const query = this.#query(route)
    const method = random.chance(0.04) ? random.pick(methods) : route.method
    const hasBody = !['GET', 'HEAD'].includes(method) && (route.body || random.chance(0.1))
    const text = hasBody ? this.#body(route) : null
    const isText = !random.chance(0.01)
    return {
      by: this.#by,
      method,
      url: `${path}${query === '' ? '' : `?${query}`}`,
      headers: [...this.#credentials(route), ...this.#headers(route, hasBody)],
      body: text === null || isText ? text : `${text.slice(0, -1)}\xff\xc0${text.slice(-1)}`,
      isText,
    }
  }

  #path({ path, parameters }: Route): string {
    const random = this.#random
    const [id] = parameters.filter((parameter) => parameter.in === 'path')
    if (!id) return path
    if (random.chance(0.02)) return path.replace('{id}', random.pick(malformed))
    const value = String(this.#parameter(id))
    const fits = value === '.' || value === '..' ? 'x' : value.toWellFormed()
    return path.replace('{id}', () => encodeURIComponent(fits))
  }

  #parameter({ name, schema }: Parameter): unknown {
    const random = this.#random
    if (random.chance(0.02)) return oddText(random)
    if (random.chance(0.005)) return this.#world.tenants[this.#by].keys[0]
    return this.#present(name, schema)
  }

  #query({ parameters }: Route): string {
    const random = this.#random
    const known = parameters.filter((parameter) => parameter.in === 'query')
    const given = known.filter(() => random.chance(0.25))
    if (given.length > 0 && random.chance(0.05)) given.push(random.pick(given))
    const pairs = given.map((parameter) => [parameter.name, String(this.#parameter(parameter))])
    if (random.chance(0.02)) pairs.push([oddText(random), oddText(random)])
    if (random.chance(0.005)) pairs.push(['search', 'ä'.repeat(20_000)])
    const texts = pairs.map((pair) =>
      pair.map((text) => encodeURIComponent((text ?? '').toWellFormed())),
    )
    const query = texts.map(([name, value]) => `${name}=${value}`)
    if (random.chance(0.02)) query.push(random.pick(malformedQueries))
    return query.join('&')
  }

  #credentials({ api }: Route): RestRequest['headers'] {
    const random = this.#random
    const { keys } = this.#world.tenants[this.#by]
    const key = keys[random.pick([0, 0, 0, 0, 1, 2, 3])] as string
    const stranger = this.#world.tenants[this.#by ? 0 : 1].keys[0] as string
    const wrong = random.pick([
      `dg_${random.hex(43)}`,
      'x',
      '',
      key.slice(0, -1),
      'eyJ.e30.',
      '\xff',
    ])
    if (random.chance(0.01)) return []
    if (random.chance(0.01))
      return [['authorization', random.pick(['Basic eDp5', 'Bearer', wrong])]]
    const used = random.chance(0.01) ? wrong : key
    const isCut = api === 'ysuite' && random.chance(0.4)
    const at = random.below(used.length + 1)
    const halves: RestRequest['headers'] = [
      ['x-ysuite-access-key', used.slice(0, at)],
      ['x-ysuite-secret-key', used.slice(at)],
    ]
    if (isCut && random.chance(0.05)) return [random.pick(halves)]
    // Each of these counts for more than what comes after it.
    if (isCut)
      return random.chance(0.1) ? [...halves, ['authorization', `Bearer ${stranger}`]] : halves
    const isApiKey = random.chance(0.4)
    if (isApiKey) return [['x-api-key', used]]
    const bearer: RestRequest['headers'] = [['authorization', `Bearer ${used}`]]
    return used !== '' && random.chance(0.1) ? [...bearer, ['x-api-key', stranger]] : bearer
  }

  #headers({ method }: Route, hasBody: unknown): RestRequest['headers'] {
    const random = this.#random
    const headers: RestRequest['headers'] = []
    if (hasBody && !random.chance(0.01))
      headers.push(['content-type', random.pick(random.chance(0.02) ? otherTypes : jsonTypes)])
    const isRead = method === 'GET' && !random.chance(0.1)
    if (!isRead && random.chance(0.15)) headers.push(['idempotency-key', this.#key()])
    if (!isRead && random.chance(0.1))
      headers.push(['if-match', random.pick(random.chance(0.3) ? oddTags : tags)])
    if (random.chance(0.02)) headers.push(['x-request-id', oddText(random)])
    return headers
  }

  #key(): string {
    const random = this.#random
    if (random.chance(0.8)) return `key ${random.below(500)}`
    return random.pick(['', 'x'.repeat(255), 'x'.repeat(256), 'x'.repeat(5_000), 'é\xff', 'a, b'])
  }

  #body(route: Route): string {
    const random = this.#random
    const schema = resolved(route.body ?? {}, route.schemas)
    const value = this.#object(schema)
    const text = JSON.stringify(random.chance(0.02) ? json(random) : value)
    const whole = text.replaceAll(`"${infinity}"`, '1e999')
    return random.chance(0.06) ? this.#broken(whole) : whole
  }

  #broken(text: string): string {
    const random = this.#random
    const inside = text.slice(1)
    const rest = inside.length > 1 ? `,${inside}` : inside
    return random.pick([
      ...['', ' ', 'null', '"x"', '1', '[]', 'undefined', '{', '{}{}', `\ufeff${text}`],
      ...[text.slice(0, random.below(text.length)), `[${text}]`, `${text},`, `${text}\0`],
      ...[`{"__proto__":{"cf_text":"x"}${rest}`, `{"constructor":null${rest}`],
      ...[
        `{"title":"first","deal_name":1,"stage_id":null${rest}`,
        `{"cf_text":1,"cf_text":"x"${rest}`,
      ],
      ...[
        `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
        '['.repeat(100_000),
        ' '.repeat(270_000),
      ],
      ...[`{"cf_text":${'['.repeat(2_000)}${']'.repeat(2_000)}${rest}`, `{"\\u0000":1${rest}`],
    ])
  }

  #object({ properties = {}, required = [], patternProperties }: JsonSchema): object {
    const random = this.#random
    const names = Object.keys(properties).filter((name) =>
      random.chance(required.includes(name) ? 0.99 : 0.3),
    )
    const given = names.map((name) => [name, this.#value(name, properties[name] ?? {})])
    const value = Object.fromEntries(given)
    if (patternProperties && random.chance(0.4)) Object.assign(value, this.#custom())
    if (random.chance(0.02)) value[random.pick(['cf___proto__', 'toString', 'cf_', 'id'])] = 1
    if (random.chance(0.01)) value[oddText(random)] = json(random)
    return value
  }

  /** What is written to custom fields, by their keys. */
  #custom(): unknown {
    const type = graphql.getType('JSON')
    if (!type || !('parseValue' in type)) throw new Error('the schema has no JSON')
    return this.#values.of(type, ['customFields'])
  }

  #value(name: string, schema: JsonSchema): unknown {
    const random = this.#random
    if (random.chance(0.015)) return this.#values.garbage()
    if (random.chance(0.01)) return json(random)
    const mayBeNull = [schema.type].flat().includes('null')
    if (random.chance(mayBeNull ? 0.1 : 0.01)) return null
    return this.#present(name, schema)
  }

  #present(name: string, schema: JsonSchema): unknown {
    const random = this.#random
    const { type, items, enum: values, format, pattern } = schema
    const types = [type].flat()
    if (values) return random.chance(0.02) ? oddText(random) : random.pick(values)
    if (items) {
      const length = random.chance(0.02) ? random.pick([100, 101, 5_000]) : random.below(4)
      return Array.from({ length }, () => this.#present(name, items))
    }
    if (format === 'uuid') return this.#uuid(name)
    if (pattern) return this.#id('Deal')
    if (format === 'date') return day(random)
    if (format === 'date-time') return instant(random)
    if (types.includes('integer')) return this.#integer(name, schema)
    if (types.includes('number')) return this.#amount()
    return this.#text()
  }

  #id(type: string): string {
    const random = this.#random
    // Most of them are in the pipeline that the tenant had first.
    const known = this.#world.tenants[this.#by].ids[type]?.slice(0, type === 'Stage' ? 5 : 20)
    if (known && random.chance(0.5)) return random.pick(known)
    const id = graphql.getType('ID')
    if (!id || !('parseValue' in id)) throw new Error('the schema has no ID')
    return String(this.#values.of(id, [`${type.toLowerCase()}Id`]))
  }

  #uuid(name: string): string {
    const id = this.#id(name === 'stage_id' ? 'Stage' : 'Deal')
    const uuid = id.slice(id.lastIndexOf('_') + 1)
    return this.#random.chance(0.05) ? uuid.toUpperCase() : uuid
  }

  /** Most things of a tenant have small numbers. */
  #integer(name: string, { minimum = 1, maximum = 0 }: JsonSchema): number {
    const random = this.#random
    if (random.chance(0.04)) return oddInt(random)
    if (random.chance(0.02)) return random.pick([minimum, maximum, minimum - 1, maximum + 1, 1.5])
    const beyond = random.chance(0.1) ? 2 : 0
    return minimum + random.below((counts[name] ?? 4) + beyond)
  }

  #amount(): unknown {
    const random = this.#random
    const edges = [0, -0, 0.0001, -0.01, 1e-5, 899_999_999_999_999, 9e14, 5e-324, 1e21, 1e300]
    if (random.chance(0.2))
      return random.pick([...edges, 123_456_789_012.3456, 0.1 + 0.2, infinity])
    return random.below(1_000_000) / random.pick([1, 10, 100, 10_000])
  }

  #text(): string {
    const random = this.#random
    if (random.chance(0.2)) return oddText(random)
    return `${random.pick(['Deal', 'Acme', 'Price', 'Referral', 'About'])} ${random.below(50)}`
  }
}

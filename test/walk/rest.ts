import { expect } from 'vitest'
import { dealFixture } from '../fixtures.ts'
import type { TestTenant } from '../harness.ts'
import { type Api, call, type RestAnswer } from '../rest/fixtures.ts'
import { secretsIn } from './looker.ts'
import { type Names, namesOfDeal, type RestSide } from './rest-side.ts'

/** A place for a value in the requests of a route, as the OpenAPI documents have it. */
export interface Place {
  api: Api
  method: string
  /** With `{id}` where the deal is named. */
  path: `/${Api}/${string}`
  in: 'path' | 'query' | 'header' | 'body'
  name: string
}

/** What each place names; `^cf_` is a field of any such name. */
const named: Record<string, (names: Names) => unknown> = {
  'backside path.id': ({ deal }) => deal.uuid,
  'backside body.stage_id': ({ stage }) => stage.uuid,
  'ysuite path.id': ({ deal }) => deal.number,
  'ysuite query.pipeline_id': ({ pipeline }) => pipeline,
  'ysuite query.deal_current_stage': ({ stage }) => stage.number,
  'ysuite query.cstid': ({ organization }) => organization,
  'ysuite query.deal_owner_id': ({ member }) => member,
  'ysuite query.search': ({ text }) => text,
  'ysuite body.pipeline_id': ({ pipeline }) => pipeline,
  'ysuite body.cstid': ({ organization }) => organization,
  'ysuite body.deal_owner_id': ({ member }) => member,
  'ysuite body.deal_contact_id': ({ contact }) => contact,
  'ysuite body.deal_assignedto': ({ member }) => member,
  'ysuite body.deal_amount_currency': ({ currency }) => currency,
  'ysuite body.tag_ids': ({ tag }) => [tag],
  // A source is found by its name in any case, and is then told as it was written first.
  'ysuite body.deal_source': ({ text }) => text.toUpperCase(),
  'heffl path.id': ({ deal }) => deal.id,
  'heffl body.stageId': ({ stage }) => stage.number,
  'heffl body.^cf_': ({ field }) => field,
  'header.idempotency-key': ({ mark }) => mark,
}

/** The places whose values name nothing, and what they are. */
const values: Record<string, string> = {
  'header.if-match': 'a version of the deal that the path names',
  'ysuite query.pageSize': 'how many',
  'ysuite query.pageIndex': 'how many',
  'ysuite query.sortBy': 'an order',
  'ysuite query.sortOrder': 'an order',
  'ysuite body.deal_name': 'a text, by which nothing is found',
  'ysuite body.deal_amount': 'an amount',
  'ysuite body.deal_expected_close_date': 'a day',
  'ysuite body.deal_description': 'a text, by which nothing is found',
  'heffl body.title': 'a text, by which nothing is found',
  'heffl body.price': 'an amount',
  'heffl body.status': 'a kind of stage, of the pipeline that the deal is in',
  'heffl body.priority': 'one of three words',
  'heffl body.expectedCloseDate': 'a day',
}

/** What makes a request of its method complete but for the one value. */
const bodies: Record<Api, (names: Names) => object> = {
  backside: ({ stage }) => ({ stage_id: stage.uuid }),
  ysuite: ({ pipeline, organization }) => ({
    ...{ deal_name: 'Walk', pipeline_id: pipeline, cstid: organization },
  }),
  heffl: () => ({}),
}

export function placeName({ method, path, in: where, name }: Place): string {
  return `${method} ${path} ${where}.${name}`
}

const kindsOf = ({ api, in: where, name }: Place) => [`${api} ${where}.${name}`, `${where}.${name}`]

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, BodySchema> }
}

interface BodySchema {
  properties?: object
  patternProperties?: object
  additionalProperties?: unknown
}

interface Operation {
  parameters?: { in: Place['in']; name: string }[]
  requestBody?: { content: Record<string, { schema: { $ref: string } }> }
}

/** Every place of every route, and what there is to say of those that nothing was said of. */
export async function placesOf({ app }: TestTenant): Promise<{ all: Place[]; unknown: string[] }> {
  const read = async (url: string) =>
    (await app.fetch(new Request(`http://localhost${url}`))).json()
  const { apis } = (await read('/openapi.json')) as { apis: { url: string }[] }
  const all: Place[] = []
  for (const { url } of apis) all.push(...placesOfDocument(await read(url), url))
  const kinds = new Set(all.flatMap(kindsOf))
  const isOfOne = (place: Place) =>
    kindsOf(place).filter((kind) => kind in named || kind in values).length === 1
  const others = [...Object.keys(named), ...Object.keys(values)].filter((kind) => !kinds.has(kind))
  const unknown = [...all.filter((place) => !isOfOne(place)).map(placeName), ...others]
  // What deletes a deal comes last, so that the others find it.
  const order = ({ method }: Place) => Number(method === 'DELETE')
  return { all: all.toSorted((a, b) => order(a) - order(b)), unknown }
}

function placesOfDocument({ paths, components }: Document, url: string): Place[] {
  const api = url.split('/')[1] as Api
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { parameters = [], requestBody }]) => {
      const route = { api, method: method.toUpperCase(), path: `/${api}${path}` as Place['path'] }
      const schema = requestBody?.content['application/json']?.schema.$ref.split('/').at(-1)
      const { properties, patternProperties, additionalProperties } =
        components.schemas[schema ?? ''] ?? {}
      const others = additionalProperties === false ? [] : ['any other']
      const fields = requestBody
        ? [...Object.keys({ ...properties, ...patternProperties }), ...others]
        : []
      return [
        ...parameters.map(({ in: where, name }) => ({ ...route, in: where, name })),
        ...fields.map((name) => ({ ...route, in: 'body' as const, name })),
      ]
    }),
  )
}

/** The places whose values name something. */
export function namingPlaces(all: Place[]): Place[] {
  return all.filter((place) => kindsOf(place).some((kind) => kind in named))
}

/** Whether a value of nobody’s there is as good as any, so that the request does what it is for. */
export function isFree({ in: where, name }: Place): boolean {
  return where === 'header' || name === 'deal_source'
}

/** What the place names somebody’s thing by; keys are of one request each. */
export function valueIn(place: Place, names: Names, who: string): unknown {
  const value = kindsOf(place).flatMap((kind) => named[kind]?.(names) ?? [])
  const only = place.name === 'tag_ids' ? value : value[0]
  return place.in === 'header' ? `${only} ${placeName(place)} ${who}` : only
}

function requestOf(place: Place, base: Names, value: unknown) {
  const { api, method, in: where, name } = place
  const id = { backside: base.deal.uuid, ysuite: base.deal.number, heffl: base.deal.id }[api]
  const path = place.path.replace('{id}', String(where === 'path' ? value : id))
  const query = where === 'query' ? `?${new URLSearchParams({ [name]: String(value) })}` : ''
  const field = name === '^cf_' ? { [String(value)]: 'x' } : { [name]: value }
  const given = { ...bodies[api](base), ...(where === 'body' && field) }
  const headers: Record<string, string> = where === 'header' ? { [name]: String(value) } : {}
  const body = ['GET', 'DELETE'].includes(method) ? {} : { body: given }
  return { url: `${path}${query}` as Place['path'], options: { method, headers, ...body } }
}

export interface RestLooker {
  /** Who asks, with things of their own beside the one value. */
  side: RestSide
  /** What must not be seen by them. */
  secrets: string[]
}

/** What comes of the value in the place, without the value itself and what is another one each time. */
export async function outcomeOf(looker: RestLooker, place: Place, value: unknown): Promise<string> {
  const { tenant, key, names, newDeal } = looker.side
  const own = isFree(place)
    ? { ...names, ...namesOfDeal(await dealFixture(tenant, newDeal)) }
    : names
  const { url, options } = requestOf(place, own, value)
  const answers = [await call(tenant, url, { ...options, as: { key } })]
  const [{ body }] = answers as [RestAnswer]
  const made = place.method === 'POST' ? body.data?.deal_id : own.deal.number
  // What was written is read again, as the answers of some routes do not tell it.
  if (place.name === 'deal_source')
    answers.push(await call(tenant, `/ysuite/v1/deals/${made}`, { as: { key } }))
  const said = answers.map(({ status, headers, body }) => ({
    ...{ status, body, etag: headers.get('etag') },
    replayed: headers.get('idempotent-replayed'),
  }))
  expectNothing(looker, { said, url, options })
  // A fault tells nothing either way.
  for (const { status } of answers) expect(status, `${placeName(place)}: ${body}`).toBeLessThan(500)
  const given = [value].flat().map(String)
  return given.reduce((text, one) => text.replaceAll(one, '*'), withoutChance(said))
}

function expectNothing({ secrets }: RestLooker, { said, ...asked }: Record<string, unknown>) {
  const all = new Set(secrets)
  // What was asked for may be said again.
  const own = new Set(secretsIn(asked, all, secrets))
  const leaked = secretsIn(said, all, secrets).filter((secret) => !own.has(secret))
  expect(leaked, `in the answer to ${JSON.stringify(asked)}`).toEqual([])
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

function withoutChance(said: unknown): string {
  return JSON.stringify(said)
    .replace(uuid, '*')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '*')
    .replace(/("(?:deal_id|number)":"?)\d+/g, '$1*')
}

/** The places where what is theirs is told from what is nobody’s. */
export async function toldApart(
  looker: RestLooker,
  places: Place[],
  { theirs, nobodys, who }: { theirs: Names; nobodys: Names; who: string },
): Promise<string[]> {
  const told: string[] = []
  for (const place of places) {
    const hidden = await outcomeOf(looker, place, valueIn(place, theirs, who))
    const absent = await outcomeOf(looker, place, valueIn(place, nobodys, who))
    if (hidden !== absent) told.push(`${placeName(place)}: ${hidden} instead of ${absent}`)
  }
  return told
}

const orders = [
  ...['deal_id', 'deal_name', 'deal_amount', 'deal_source', 'deal_expected_close_date'],
  ...['pipeline_id', 'cstid', 'owner'],
].flatMap((sortBy) => ['asc', 'desc'].map((sortOrder) => ({ sortBy, sortOrder })))

/** The lists of all that one sees, in every order. */
export async function listsOf({ side, secrets }: RestLooker): Promise<unknown[]> {
  const lists: unknown[] = []
  for (const order of orders) {
    const url = `/ysuite/v1/deals?${new URLSearchParams(order)}` as const
    const { status, body } = await call(side.tenant, url, { as: { key: side.key } })
    expectNothing({ side, secrets }, { said: body })
    lists.push({ order, status, body })
  }
  return lists
}

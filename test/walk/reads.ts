import { type GraphQLInputType, getNamedType, isEnumType, isInputObjectType } from 'graphql'
import { expect } from 'vitest'
import { type Call, makeCalls } from './calls.ts'
import type { Looker, Side } from './looker.ts'
import {
  absentId,
  absentText,
  everythingOf,
  isCursor,
  type Pair,
  type Probe,
  probesOf,
  typesTaken,
} from './probes.ts'
import {
  type Field,
  fieldsOf,
  hasSample,
  isConnection,
  itemOf,
  nodeTypesOf,
  sampleOf,
  selfFieldsOf,
} from './schema.ts'

/** Which types of id a place takes. */
export type IdTypes = Map<string, string[]>

export const textTypes = ['String', 'JSON']

function idProbes({ schema }: Looker): Probe[] {
  return probesOf(schema).filter(({ leaf }) => leaf.type.name === 'ID')
}

export async function seeEverything(looker: Looker): Promise<unknown[]> {
  const outcomes = []
  for (const call of everythingOf(looker)) {
    outcomes.push(...(await makeCalls(looker.schema, looker.send, [call])))
  }
  // By looking a key is used, at the present of the database.
  const text = JSON.stringify(outcomes)
  return JSON.parse(text.replace(/("lastUsedAt":)(null|"[^"]*")/g, '$1"*"'))
}

/** Finds which types of id each argument and filter takes: of the others, none. */
export async function findIdTypes(looker: Looker, types: IdTypes): Promise<void> {
  // Below a thing that may be null an error leaves the answers beside it.
  const probes = idProbes(looker).toSorted(
    (a, b) => +(a.parent === 'Query') - +(b.parent === 'Query'),
  )
  for (const probe of probes) {
    if (types.has(probe.place)) continue
    const call = (id: string) => probe.call(looker.own, id)
    types.set(probe.place, await typesTaken(looker, call))
  }
}

function pairOf(probe: Probe, side: Side, hidden: string, absent: string): Pair {
  const at = `${probe.parent}.${probe.field.name} ${probe.leaf.names.join('.')}`
  return {
    at,
    what: `${at} ${hidden}`,
    hidden: probe.call(side, hidden),
    absent: probe.call(side, absent),
    values: [hidden, absent],
  }
}

/** Every id that is hidden, in every place that takes it. */
export function idPairs(looker: Looker, types: IdTypes, side: Side): Pair[] {
  return idProbes(looker).flatMap((probe) =>
    (types.get(probe.place) ?? [])
      .filter((typename) => looker.hiddenTypes.includes(typename))
      .map((typename) => {
        const id = looker.hidden.ids[typename] ?? ''
        return pairOf(probe, side, id, absentId(id))
      }),
  )
}

/** The same inside the fields of a filter that nest it, all ids of a filter at once. */
export function nestedIdPairs(looker: Looker, types: IdTypes): Pair[] {
  const taken = ({ place }: Probe) => types.get(place)?.[0] ?? ''
  const probes = idProbes(looker).filter((probe) => looker.hiddenTypes.includes(taken(probe)))
  return argumentsOf(probes).flatMap(([first, ...others]) => {
    const input = first.field.args.find(({ name }) => name === first.argument)
    const call = (nest: (or: object[]) => object, to: (id: string) => string): Call => {
      const or = [first, ...others].map((probe) =>
        probe.leaf.fill(to(looker.hidden.ids[taken(probe)] ?? '')),
      )
      return first.call(looker.own, '', nest(or as object[]))
    }
    return selfFieldsOf(input?.type).map(({ name, list }) => {
      const nest = (or: object[]) => ({ [name]: name === 'or' ? or : list ? [{ or }] : { or } })
      const what = `${first.parent}.${first.field.name} ${name}`
      return { what, hidden: call(nest, (id) => id), absent: call(nest, absentId), values: [] }
    })
  })
}

/** The probes of each argument together. */
function argumentsOf(probes: Probe[]): [Probe, ...Probe[]][] {
  const found = new Map<string, [Probe, ...Probe[]]>()
  for (const probe of probes) {
    const name = `${probe.parent}.${probe.field.name} ${probe.argument}`
    const others = found.get(name)
    if (others) others.push(probe)
    else found.set(name, [probe])
  }
  return [...found.values()]
}

/** The texts of a side that a place of this name could find something by. */
export function fittingTexts(names: string[], { texts }: Side): string[] {
  const name = names.at(-1) ?? ''
  if (name === 'search') return [texts.text, texts.email, texts.domain]
  if (names.includes('email')) return [texts.email]
  if (names.includes('domain')) return [texts.domain]
  return name === 'key' ? [texts.key] : [texts.text]
}

/** Every text that is hidden, in every place that takes a text. */
export function textPairs({ schema, hidden }: Looker, side: Side): Pair[] {
  const probes = probesOf(schema).filter(
    (probe) => textTypes.includes(probe.leaf.type.name) && !isCursor(probe),
  )
  return probes.flatMap((probe) =>
    fittingTexts(probe.leaf.names, hidden).map((text) =>
      pairOf(probe, side, text, absentText(text, hidden)),
    ),
  )
}

/** Some value in every other place, once in an input that several fields take. */
export function otherCalls({ schema, own }: Looker): Call[] {
  const probes = probesOf(schema).filter(
    ({ leaf }) => ![...textTypes, 'ID'].includes(leaf.type.name) || hasSample(leaf.coordinate),
  )
  const places = new Map(probes.map((probe) => [probe.place, probe]))
  return [...places.values()].map((probe) => {
    const { type, coordinate } = probe.leaf
    return probe.call(own, sampleOf(type as GraphQLInputType, coordinate))
  })
}

interface List {
  parent: string
  field: Field
  orders: (object | undefined)[]
}

function listsOf({ schema, hiddenTypes }: Looker): List[] {
  return ['Query', ...nodeTypesOf(schema)].flatMap((parent) =>
    fieldsOf(schema.getType(parent) as never)
      .filter(({ type }) => isConnection(type) && hiddenTypes.includes(itemOf(type)))
      .map((field) => ({ parent, field, orders: ordersOf(field) })),
  )
}

function ordersOf({ args }: Field): (object | undefined)[] {
  const type = args.find(({ name }) => name === 'orderBy')?.type
  if (!isInputObjectType(type)) return [undefined]
  const [fields, directions] = ['field', 'direction'].map((name) => {
    const named = getNamedType(type.getFields()[name]?.type)
    return isEnumType(named) ? named.getValues().map((value) => value.name) : []
  })
  return (fields ?? []).flatMap((field) =>
    (directions ?? []).map((direction) => ({ field, direction })),
  )
}

/** A cursor of every list in every order, given to the same list in the same order. */
export async function cursorPairs(looker: Looker): Promise<Pair[]> {
  const lists = listsOf(looker).flatMap(({ orders, ...list }) =>
    orders.map((orderBy) => ({ ...list, order: orderBy ? { orderBy } : {} })),
  )
  const call = (side: Side, { parent, field, order }: (typeof lists)[number], page: object) => {
    const of = parent === 'Query' ? {} : { of: side.ids[parent] ?? '' }
    return { parent, ...of, field: field.name, args: { ...order, ...page } }
  }
  const theirs = lists.map((list) => call(looker.hidden, list, { first: 1 }))
  const pages = await makeCalls(looker.schema, looker.hidden.send, theirs)
  return lists.flatMap((list, index) => {
    const cursor = pages[index]?.value?.edges[0]?.cursor ?? ''
    expect(cursor, `of ${list.parent}.${list.field.name}`).not.toBe('')
    return ['after', 'before'].map((argument) => ({
      what: `${list.parent}.${list.field.name} ${argument} in ${JSON.stringify(list.order)}`,
      hidden: call(looker.own, list, { [argument]: cursor }),
      absent: call(looker.own, list, { [argument]: besides(cursor) }),
      values: [cursor, besides(cursor)],
    }))
  })
}

/** The cursor of a row directly beside, which does not exist. */
function besides(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const other = text.replace(/.(?="\]$)/, (digit) => (digit === '0' ? '1' : '0'))
  return Buffer.from(other).toString('base64url')
}

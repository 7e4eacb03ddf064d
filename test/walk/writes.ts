import { type GraphQLInputType, type GraphQLSchema, getNamedType, isObjectType } from 'graphql'
import { expect } from 'vitest'
import { dealFixture, untouched } from '../fixtures.ts'
import { makeCalls, type Outcome } from './calls.ts'
import { clientMade, inputs, talkative } from './inputs.ts'
import type { Looker, Side } from './looker.ts'
import { absentId, absentText } from './probes.ts'
import { fittingTexts, type IdTypes, textTypes } from './reads.ts'
import {
  briefly,
  everything,
  type Field,
  fieldsOf,
  type Leaf,
  leavesOf,
  sampleOf,
} from './schema.ts'

export function mutationsOf(schema: GraphQLSchema): Field[] {
  const type = schema.getMutationType()
  return type ? fieldsOf(type) : []
}

function leavesOfInput(field: Field): Leaf[] {
  return field.args.flatMap((arg) => leavesOf(arg, `Mutation.${field.name}(${arg.name})`))
}

function idLeaves(field: Field): Leaf[] {
  const leaves = leavesOfInput(field).filter(({ type }) => type.name === 'ID')
  return leaves.filter(({ coordinate }) => !clientMade.includes(coordinate))
}

function textLeaves(field: Field): Leaf[] {
  return leavesOfInput(field).filter(
    ({ type, coordinate }) =>
      textTypes.includes(type.name) && !coordinate.endsWith('.idempotencyKey'),
  )
}

const errorsOnly = 'userErrors { __typename code message path }'

/** What a payload says of what was done, without more of the things than which they are. */
function told(type: Field['type']): string {
  const named = getNamedType(type)
  if (!isObjectType(named) || !('userErrors' in named.getFields())) return briefly(type)
  const parts = fieldsOf(named).map((field) =>
    field.name === 'userErrors' ? errorsOnly : `${field.name} ${told(field.type)}`,
  )
  return `{ __typename ${parts.join(' ')} }`
}

async function mutate(looker: Looker, field: Field, input: unknown, selection = told(field.type)) {
  const call = { parent: 'Mutation', field: field.name, args: { input }, selection }
  const [outcome] = await makeCalls(looker.schema, looker.send, [call])
  return outcome as Outcome
}

async function inputOf(field: Field, side: Side): Promise<object> {
  const input = inputs[field.name]
  if (!input) throw new Error(`the walk has no input for the mutation ${field.name}`)
  return input(side)
}

/** An answer without what is another one each time. */
function unnamed(outcome: Outcome, ...values: string[]): unknown {
  const text = values.reduce((all, value) => all.replaceAll(value, '*'), JSON.stringify(outcome))
  return JSON.parse(text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|dg_[\w-]+/g, '*'))
}

/**
 * Gives each place for an id in the inputs those of the other side: of the one type that it takes,
 * the thing is not found, and of others the id is not valid. Nothing comes of any of it.
 */
export async function tryIds(looker: Looker, types: IdTypes, mutations: string[]): Promise<void> {
  const { schema, own, hidden } = looker
  const bases = new Map<Field, object>()
  const fields = mutationsOf(schema).filter(({ name }) => mutations.includes(name))
  for (const field of fields) bases.set(field, await inputOf(field, own))
  await untouched([own.tenant, hidden.tenant], async () => {
    for (const [field, base] of bases) {
      for (const leaf of idLeaves(field)) {
        const give = (id: string) => mutate(looker, field, leaf.fill(id, base))
        const typename = await typeTaken(looker, leaf, types, give)
        if (!looker.hiddenTypes.includes(typename)) continue
        await expectNotFound(give, leaf, hidden.ids[typename] ?? '')
      }
    }
  })
}

/** Which types are refused by every place of a name; each further place is given two of them. */
const refusedBy = new Map<string, string[]>()

/**
 * The type of id that the place takes. It is given one of each type, until the one that it takes is
 * known and so is what every place of this name refuses.
 */
async function typeTaken(
  { hidden }: Looker,
  { coordinate, names }: Leaf,
  types: IdTypes,
  give: (id: string) => Promise<Outcome>,
): Promise<string> {
  const known = types.get(coordinate)?.[0]
  if (known) return known
  const name = names.at(-1) ?? ''
  const refused = refusedBy.get(name)?.slice(2) ?? []
  const taken: string[] = []
  for (const [typename, id] of Object.entries(hidden.ids)) {
    if (refused.includes(typename)) continue
    const { errors } = await give(id)
    if (!errors.some(({ code }) => code === 'INVALID_ID')) taken.push(typename)
  }
  expect(taken, coordinate).toHaveLength(1)
  types.set(coordinate, taken)
  if (name !== 'reassignTo') {
    refusedBy.set(
      name,
      Object.keys(hidden.ids).filter((typename) => typename !== taken[0]),
    )
  }
  return taken[0] ?? ''
}

async function expectNotFound(
  give: (id: string) => Promise<Outcome>,
  { coordinate, names }: Leaf,
  id: string,
): Promise<void> {
  const outcome = await give(id)
  expect(unnamed(outcome), coordinate).toEqual(unnamed(await give(absentId(id))))
  const { userErrors, results } = outcome.value
  const [error] = results?.[0]?.userErrors ?? userErrors
  expect(error, coordinate).toMatchObject({ __typename: 'NotFound', code: 'NOT_FOUND' })
  const path = error.path.filter((part: string) => !/^\d+$/.test(part))
  expect(path, coordinate).toEqual(names)
}

/** What a text that nobody has comes to in each place; it is tried once, however many look. */
const ofNobody = new Map<string, unknown>()

/**
 * Gives each place for a text those of the other side, which must do what any text does, but in the
 * places that may say that a text is taken.
 */
export async function tryTexts(looker: Looker, field: Field, unique: string[] = []): Promise<void> {
  const { own, hidden } = looker
  const leaves = textLeaves(field).filter(({ coordinate }) => !unique.includes(coordinate))
  for (const leaf of leaves) {
    for (const text of fittingTexts(leaf.names, hidden)) {
      const value = leaf.type.name === 'JSON' ? { [hidden.texts.key]: text } : text
      const other = JSON.parse(absentText(JSON.stringify(value), hidden))
      const give = async (given: unknown) =>
        mutate(looker, field, leaf.fill(given, await inputOf(field, own)))
      const place = `${leaf.coordinate} ${text}`
      const said = unnamed(await give(value), hidden.texts.mark, own.tenant.slug)
      if (!ofNobody.has(place)) {
        ofNobody.set(place, unnamed(await give(other), 'zq0nobody0', own.tenant.slug))
      }
      expect(said, place).toEqual(ofNobody.get(place))
    }
  }
}

/** Gives the input what nothing else has given it. */
export async function tryOthers(looker: Looker, field: Field): Promise<void> {
  const others = leavesOfInput(field).filter(
    ({ type, way }) =>
      ![...textTypes, 'ID'].includes(type.name) &&
      !way.every((coordinate) => looker.coverage.asked.has(coordinate)),
  )
  for (const leaf of others) {
    const value = sampleOf(leaf.type as GraphQLInputType, leaf.coordinate)
    await mutate(looker, field, leaf.fill(value, await inputOf(field, looker.own)))
  }
}

/** Does what the mutation is for, with things of one’s own, and reads all of what comes of it. */
export async function doIt(
  looker: Looker,
  field: Field,
  idempotencyKey: string,
  given: object = {},
): Promise<Outcome> {
  const payload = getNamedType(field.type)
  const isBulk = isObjectType(payload) && 'results' in payload.getFields()
  const selection = everything(looker.schema, field.type, isBulk ? 2 : 1)
  const more = { ...(await talkative[field.name]?.(looker.own)), ...given }
  const input = { ...(await inputOf(field, looker.own)), ...more, idempotencyKey }
  return mutate(looker, field, input, selection)
}

/** Does all that is there to do where none of it can be done, and proves that none was. */
export async function doNothing(looker: Looker): Promise<void> {
  const made = new Map<Field, object>()
  for (const field of mutationsOf(looker.schema)) made.set(field, await inputOf(field, looker.own))
  await untouched([looker.hidden.tenant], async () => {
    for (const [field, input] of made) await mutate(looker, field, input)
  })
}

/** Does what is refused, and reads all that is said of it. */
export async function refuse(looker: Looker, mutation: string, input: object): Promise<Outcome> {
  const field = mutationsOf(looker.schema).find(({ name }) => name === mutation) as Field
  return mutate(looker, field, input, everything(looker.schema, field.type, 2))
}

/** Has the side’s tenant have used the keys. */
export async function useKeys({ tenant }: Pick<Side, 'tenant'>, keys: string[]): Promise<void> {
  const { tenantId } = tenant
  const used = { tenantId, fingerprint: new Uint8Array(32), result: { deal: null } }
  await tenant.write(async (tx) => {
    const data = keys.map((key) => ({ ...used, key, createdAt: tx.now }))
    await tx.db.idempotencyKey.createMany({ data })
    tx.emit({ type: 'test.written' })
  })
}

/** Gives the side one more deal, of this number. */
export async function addDeal({ tenant, newDeal }: Side, number: number): Promise<void> {
  await tenant.write(async (tx) => {
    const where = { tenantId: tenant.tenantId, noun: 'deal' }
    await tx.db.tenantCounter.updateMany({ where, data: { lastNumber: number - 1 } })
    tx.emit({ type: 'test.written' })
  })
  await dealFixture(tenant, newDeal)
}

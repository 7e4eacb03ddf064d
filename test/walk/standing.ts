import type { GraphQLSchema } from 'graphql'
import { expect } from 'vitest'
import { schema as ownSchema } from '../../src/schema.ts'
import { contentsOf } from '../fixtures.ts'
import type { Coverage } from './coverage.ts'
import {
  bareSideOf,
  coverageOf,
  createLooker,
  type Looker,
  type Looking,
  type Side,
  secretsOf,
  sideOf,
  type Unfiltered,
  withoutTenantFilters,
} from './looker.ts'
import { addOthersDeals, colleaguesOf, fieldsForMembers, rowsWith, typesOfDeals } from './member.ts'
import type { Pair } from './probes.ts'
import { seeEverything } from './reads.ts'
import { addDeal } from './writes.ts'

/** What is hidden from whom, and how that is told. */
export interface Standing {
  own: Side
  hidden: Side
  hiddenTypes?: string[]
  /** What is seen while there is nothing that is hidden. */
  alone: unknown[]
  secrets: string[]
  /** What all that is looked for comes to. */
  coverage: Coverage
  /** The queries and mutations that may be used. */
  queries: string[]
  mutations: string[]
  /** Where texts of what is hidden become one’s own. */
  echo: () => Promise<Side>
  /** The rows that are hidden. */
  rows: () => Promise<object>
  /** What is asked to tell them apart, made by the first who looks. */
  pairs: { ids?: Pair[]; texts?: Pair[]; cursors?: Pair[] }
}

/** The number of a deal that is hidden, which no deal of one’s own comes to. */
export const farNumber = 1_000_000

export const mutations = Object.keys(ownSchema.getMutationType()?.getFields() ?? {})
export const mutationsOfMembers = fieldsForMembers(ownSchema.getMutationType())

function seenBy(schema: GraphQLSchema, own: Side): Promise<unknown[]> {
  return seeEverything(createLooker({ schema, own, hidden: own, secrets: [] }))
}

/** One tenant, from which another one is hidden. */
export async function standTenants(schema: GraphQLSchema, own: Side): Promise<Standing> {
  const alone = await seenBy(schema, own)
  const hidden = await sideOf('zq91c2d84e')
  await addDeal(hidden, farNumber)
  const secrets = await secretsOf(hidden)
  return {
    ...{ own, hidden, alone, secrets, coverage: coverageOf(schema, secrets), mutations, pairs: {} },
    queries: Object.keys(ownSchema.getQueryType()?.getFields() ?? {}),
    echo: () => bareSideOf('zq77aa10c3'),
    rows: () => contentsOf(hidden.tenant),
  }
}

/** A member, from whom the deals of others in the same tenant are hidden. */
export async function standColleagues(schema: GraphQLSchema): Promise<Standing> {
  const some = await colleaguesOf('zq3b8d6f05')
  const { own } = some
  const alone = await seenBy(schema, own)
  const others = await addOthersDeals(some, 'zqe40c7b19', farNumber)
  return {
    ...{ own, ...others, alone, hiddenTypes: typesOfDeals, pairs: {} },
    coverage: coverageOf(schema, others.secrets),
    queries: fieldsForMembers(ownSchema.getQueryType()),
    mutations: mutationsOfMembers,
    echo: async () => own,
    rows: () => rowsWith(own, others.secrets),
  }
}

/** Does the work and proves that no row changed by it that is hidden. */
export async function untouched<T>({ rows }: Standing, work: () => Promise<T>): Promise<T> {
  const before = await rows()
  const result = await work()
  expect(await rows()).toEqual(before)
  return result
}

/** Who looks, and how each of them asks. */
export const lookers: Record<string, { isMember: boolean; isUnfiltered: boolean }> = {
  'an administrator of one tenant': { isMember: false, isUnfiltered: false },
  'the same, whose statements compare no tenant': { isMember: false, isUnfiltered: true },
  'a member who sees only their own deals, in statements that name none of them': {
    isMember: true,
    isUnfiltered: true,
  },
  'the same, in the usual statements': { isMember: true, isUnfiltered: false },
}

export const allUnfiltered: (Unfiltered & { isMember: boolean })[] = []

export function lookerOf(
  name: string,
  schema: GraphQLSchema,
  { alone: _, ...standing }: Standing,
  looking: Partial<Looking> = {},
): Looker {
  const base = { schema, ...standing, ...looking }
  if (!lookers[name]?.isUnfiltered) return createLooker(base)
  const { isMember } = lookers[name]
  const unfiltered = withoutTenantFilters(base.own.send, isMember)
  allUnfiltered.push(Object.assign(unfiltered, { isMember }))
  return createLooker({ ...base, send: unfiltered.send })
}

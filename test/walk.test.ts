import type { GraphQLSchema } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { schema as ownSchema } from '../src/schema.ts'
import { contentsOf, tenantTables, untouched as unchanged } from './fixtures.ts'
import { makeCalls } from './walk/calls.ts'
import { type Coverage, missing } from './walk/coverage.ts'
import { inputs, mistakes } from './walk/inputs.ts'
import {
  bareSideOf,
  coverageOf,
  createLooker,
  inTransactionsOf,
  type Looker,
  type Looking,
  type Side,
  secretsOf,
  sideOf,
  type Unfiltered,
  withoutPolicies,
  withoutTenantFilters,
} from './walk/looker.ts'
import { type Pair, told, untelling } from './walk/probes.ts'
import * as reads from './walk/reads.ts'
import { unmarkedColumns } from './walk/rows.ts'
import { introspect } from './walk/schema.ts'
import * as writes from './walk/writes.ts'

let schema: GraphQLSchema
let ours: Side
let theirs: Side
/** The number of a deal of theirs, which no deal of ours comes to. */
const farNumber = 1_000_000

let secrets: string[]
let alone: unknown[]
/** What all that is looked for comes to. */
let coverage: Coverage

/** Which types of id each place takes, found by the first who looks. */
const idTypes: reads.IdTypes = new Map()

const mutations = Object.keys(ownSchema.getMutationType()?.getFields() ?? {})

const fieldOf = (mutation: string) => {
  const field = schema.getMutationType()?.getFields()[mutation]
  if (!field) throw new Error(`introspection does not tell of the mutation ${mutation}`)
  return field
}

beforeAll(async () => {
  ours = await sideOf('zq5e1f0b7a')
  schema = await introspect(ours.tenant)
  alone = await reads.seeEverything(createLooker({ schema, own: ours, hidden: ours, secrets: [] }))
  theirs = await sideOf('zq91c2d84e')
  await writes.addDeal(theirs, farNumber)
  secrets = await secretsOf(theirs)
  coverage = coverageOf(schema, secrets)
})

describe('the rows of the walk', () => {
  it('are in every table, of both tenants', async () => {
    const tables = await tenantTables(ours.tenant)
    for (const { tenant } of [ours, theirs]) {
      const contents = await contentsOf(tenant)
      expect(tables.filter((table) => !contents[table]?.length)).toEqual([])
    }
  })

  it('have a mark in every column that takes any text', async () => {
    const { tenant, texts } = theirs
    expect(await unmarkedColumns(tenant, texts.mark)).toEqual([
      ...['api_key.prefix', 'api_key.role', 'api_key.scopes', 'audit_event.actor_kind'],
      ...['audit_event.request_id', 'audit_event.type', 'close_reason.kind'],
      ...['custom_field_definition.type', 'deal.currency', 'deal.priority', 'deal.rank'],
      ...['deal.status', 'deal.value_period', 'deal_change.actor_kind', 'deal_change.field'],
      ...['deal_change.request_id', 'event.type', 'idempotency_key.result', 'member.role'],
      ...['pipeline.rules', 'stage.kind', 'stage_change.actor_kind', 'stage_change.currency'],
      ...['stage_change.direction', 'stage_change.request_id', 'stage_total.currency'],
      ...['tag.color', 'tenant.default_currency', 'tenant.slug', 'tenant.time_zone'],
      'tenant_counter.noun',
    ])
  })
})

/** Who looks, and how each of them asks. */
const lookers: Record<string, (own: Side) => { send: Side['send'] }> = {
  'an administrator of one tenant': ({ send }) => ({ send }),
  'the same, whose statements compare no tenant': ({ send }) => {
    const unfiltered = withoutTenantFilters(send)
    allUnfiltered.push(unfiltered)
    return unfiltered
  },
}

const allUnfiltered: Unfiltered[] = []

function lookerOf(name: string, looking: Omit<Looking, 'schema' | 'hidden'>): Looker {
  const who = lookers[name]
  if (!who) throw new Error(`nobody looks as ${name}`)
  const { send } = who(looking.own)
  return createLooker({ schema, hidden: theirs, ...looking, send })
}

/** What every looker is asked to tell apart, made by the first. */
const pairs: { ids?: Pair[]; texts?: Pair[]; cursors?: Pair[] } = {}

const untouched = <T>(work: () => Promise<T>) => unchanged([theirs.tenant], work)

describe.each(Object.keys(lookers))('to %s, another tenant that is read', (name) => {
  let looker: Looker
  beforeAll(() => {
    looker = lookerOf(name, { own: ours, secrets, coverage })
  })

  it('changes nothing of all that can be seen', async () => {
    expect(await untouched(() => reads.seeEverything(looker))).toEqual(alone)
  })

  it('has ids as good as those of nothing, in every place that takes them', async () => {
    await reads.findIdTypes(looker, idTypes)
    const several = [...idTypes].filter(([, types]) => types.length !== 1)
    expect(several.map(([place]) => place)).toEqual(['Query.node(id)', 'Query.nodes(ids)'])
    pairs.ids ??= [...reads.idPairs(looker, idTypes, ours), ...reads.nestedIdPairs(looker, idTypes)]
    const { ids } = pairs
    expect(await untouched(() => told(looker, ids))).toEqual([])
  })

  it('has texts as good as those of nobody, in every place that takes them', async () => {
    pairs.texts ??= reads.textPairs(looker, ours)
    const { texts } = pairs
    expect(await untouched(() => told(looker, texts))).toEqual([])
  })

  it('has cursors that stand for no row, in every list and order', async () => {
    pairs.cursors ??= await reads.cursorPairs(looker)
    const { cursors } = pairs
    expect(await untouched(() => told(looker, cursors))).toEqual([])
  })

  it('has numbers of deals as good as those of none', async () => {
    const call = (number: number) => ({ parent: 'Query', field: 'dealByNumber', args: { number } })
    const numbers = { hidden: call(farNumber), absent: call(farNumber + 1) }
    const pair = { what: 'dealByNumber', ...numbers, values: [] }
    expect(await untelling(looker, [pair])).toEqual([])
    expect(await told(looker, [pair])).toEqual([])
  })

  it('is shown by no other argument', async () => {
    const outcomes = await makeCalls(schema, looker.send, reads.otherCalls(looker))
    expect(outcomes.flatMap(({ errors }) => errors)).toEqual([])
  })
})

describe('another tenant', () => {
  it('would be found by the same ids and texts if it were one’s own', async () => {
    const looker = createLooker({ schema, own: theirs, hidden: theirs, secrets: [] })
    const asked = [
      ...reads.idPairs(looker, idTypes, theirs),
      ...reads.textPairs(looker, theirs).filter(({ hidden }) => hidden.parent === 'Query'),
    ]
    const nothing = await untelling(looker, asked)
    const telling = new Set(asked.filter((pair) => !nothing.includes(pair)).map(({ at }) => at))
    // A text is neither more nor less than another.
    expect(nothing.map(({ at }) => at).filter((at) => !telling.has(at))).toEqual([
      'Query.deals filter.customFields.gte',
      'Query.deals filter.customFields.lte',
    ])
  })

  it('is kept out by what statements compare where row level security is off', async () => {
    const looker = createLooker({ schema, own: ours, hidden: theirs, secrets })
    await withoutPolicies(ours.tenant, await tenantTables(ours.tenant), async () => {
      expect(await reads.seeEverything(looker)).toEqual(alone)
      expect(await told(looker, [...(pairs.ids ?? []), ...(pairs.texts ?? [])])).toEqual([])
    })
  })

  it.each(['deal', 'contact', 'tag', 'custom_field_definition', 'member'])(
    'would be found out where neither statements nor a policy guard %s',
    async (table) => {
      const looker = createLooker({
        ...{ schema, own: ours, hidden: theirs, secrets },
        send: withoutTenantFilters(ours.send).send,
      })
      const seen = await withoutPolicies(ours.tenant, [table], () =>
        reads.seeEverything(looker).catch(() => 'what is hidden'),
      )
      expect(seen).not.toEqual(alone)
    },
  )
})

describe('row level security alone, where every statement names the other tenant', () => {
  let looker: Looker
  beforeAll(async () => {
    const send = await inTransactionsOf(ours.tenant, theirs.tenant)
    looker = createLooker({ schema, own: theirs, hidden: theirs, secrets, send, isStrict: true })
  })

  it('shows none of its rows', async () => {
    await untouched(async () => {
      await reads.seeEverything(looker)
      const asked = [
        ...reads.idPairs(looker, idTypes, theirs),
        ...reads.textPairs(looker, theirs),
        ...(await reads.cursorPairs(looker)),
      ]
      await makeCalls(
        schema,
        looker.send,
        asked.map(({ hidden }) => hidden),
      )
    })
  })

  it('lets nothing be written to it', async () => {
    await writes.doNothing(looker)
  })
})

describe.each(Object.keys(lookers))('to %s, another tenant where one writes', (name) => {
  const keyFor = (mutation: string) => `${theirs.texts.text} ${mutation} ${name}`
  let looker: Looker
  let echo: Looker

  beforeAll(async () => {
    secrets = await secretsOf(theirs)
    looker = lookerOf(name, { own: ours, secrets, coverage })
    // Texts of theirs become this tenant’s own.
    const own = await bareSideOf('zq77aa10c3')
    const others = secrets.filter((secret) => secret !== theirs.texts.mark)
    echo = lookerOf(name, { own, secrets: others, coverage })
    await writes.useKeys(theirs, mutations.map(keyFor))
  })

  it('is not found by its ids, which change nothing', async () => {
    await writes.tryIds(looker, idTypes)
  })

  it('takes no text away', async () => {
    await untouched(async () => {
      for (const mutation of mutations) await writes.tryTexts(echo, fieldOf(mutation))
    })
  })

  it('stays as it is, whatever is done', async () => {
    await untouched(async () => {
      for (const mutation of mutations) {
        const { value, errors } = await writes.doIt(looker, fieldOf(mutation), keyFor(mutation))
        expect([errors, value?.userErrors, value?.replayed], mutation).toEqual([[], [], false])
        for (const result of value.results ?? []) expect(result.userErrors, mutation).toEqual([])
        await writes.tryOthers(looker, fieldOf(mutation))
      }
    })
  })

  it.each(Object.entries(mistakes))('is named by no %s', async (typename, [mutation, input]) => {
    const { value } = await writes.refuse(looker, mutation, await input(ours))
    expect(value?.userErrors[0]?.__typename).toBe(typename)
  })

  it('leaves its ids free for those of one’s own deals', async () => {
    const id = theirs.ids.Deal
    const { value } = await untouched(() =>
      writes.doIt(echo, fieldOf('createDeal'), keyFor('again'), { id, name: 'Ours' }),
    )
    expect(value).toMatchObject({ deal: { id, name: 'Ours' }, userErrors: [] })
  })
})

describe('the walk', () => {
  it('has an input for every mutation and no other', () => {
    expect(Object.keys(inputs).sort()).toEqual(mutations.toSorted())
  })

  it('has taken every comparison of a tenant out of what was to have none', () => {
    for (const { taken, left } of allUnfiltered) {
      expect(taken).toBeGreaterThan(500)
      expect([...left]).toEqual([])
    }
  })

  it('has come to every field, argument and input field', () => {
    expect(missing(schema, coverage)).toEqual([
      // Two requests at the same moment, which no single one of the walk is.
      ...['code', 'message', 'path'].map((name) => `IdempotencyKeyInFlight.${name}`),
      // What was removed is no more.
      'RemoveDealContactPayload.dealContact',
    ])
  })
})

import type { GraphQLSchema } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { contentsOf, dealFixture, tenantTables } from './fixtures.ts'
import { makeCalls } from './walk/calls.ts'
import { type Coverage, missing } from './walk/coverage.ts'
import { inputs, mistakes } from './walk/inputs.ts'
import {
  createLooker,
  inTransactionsOf,
  type Looker,
  type Side,
  secretsOf,
  sideOf,
  withoutPolicies,
  withoutTenantFilters,
} from './walk/looker.ts'
import { typesOfDeals } from './walk/member.ts'
import { type Pair, told, untelling } from './walk/probes.ts'
import * as reads from './walk/reads.ts'
import { unmarkedColumns } from './walk/rows.ts'
import { introspect } from './walk/schema.ts'
import {
  allUnfiltered,
  farNumber,
  lookerOf,
  lookers,
  mutations,
  mutationsOfMembers,
  type Standing,
  standColleagues,
  standTenants,
  untouched,
} from './walk/standing.ts'
import * as writes from './walk/writes.ts'

let schema: GraphQLSchema
let ours: Side
let theirs: Side
let tenants: Standing
let colleagues: Standing
let secrets: string[]
let alone: unknown[]
let coverage: Coverage

/** Which types of id each place takes, found by the first who looks. */
const idTypes: reads.IdTypes = new Map()

const fieldOf = (mutation: string) => {
  const field = schema.getMutationType()?.getFields()[mutation]
  if (!field) throw new Error(`introspection does not tell of the mutation ${mutation}`)
  return field
}

beforeAll(async () => {
  ours = await sideOf('zq5e1f0b7a')
  schema = await introspect(ours.tenant)
  tenants = await standTenants(schema, ours)
  colleagues = await standColleagues(schema)
  const { hidden } = tenants
  theirs = hidden
  alone = tenants.alone
  secrets = tenants.secrets
  coverage = tenants.coverage
}, 60_000)

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
      ...['audit_event.request_id', 'audit_event.type', 'client_release.status'],
      ...['close_reason.kind', 'currency.code'],
      ...['custom_field_definition.type', 'deal.currency', 'deal.priority', 'deal.rank'],
      ...['deal.status', 'deal.value_period', 'deal_change.actor_kind', 'deal_change.field'],
      ...['deal_change.request_id', 'event.type', 'idempotency_key.result', 'member.role'],
      ...['persisted_operation.normalized_sha256', 'persisted_operation.sha256'],
      ...['persisted_operation.type', 'pipeline.rules', 'stage.kind', 'stage_change.actor_kind'],
      'stage_change.currency',
      ...['stage_change.direction', 'stage_change.request_id', 'stage_total.currency'],
      ...['tag.color', 'tenant.default_currency', 'tenant.slug', 'tenant.time_zone'],
      'tenant_counter.noun',
    ])
  })
})

const standingOf = (name: string) => (lookers[name]?.isMember ? colleagues : tenants)

/** What says of deals that are not seen that it is taken. */
const uniqueOfDeals = [
  'CreateDealInput',
  'UpdateDealInput',
  'UpdateDealsItem',
  'EditDealInput',
].map((input) => `${input}.externalId`)

const names = Object.keys(lookers)

describe.each(names)('what is hidden from %s and is read', (name) => {
  let looker: Looker
  let standing: Standing
  beforeAll(() => {
    standing = standingOf(name)
    looker = lookerOf(name, schema, standing)
  })

  it('changes nothing of all that can be seen', async () => {
    expect(await untouched(standing, () => reads.seeEverything(looker))).toEqual(standing.alone)
  })

  it('has ids as good as those of nothing, in every place that takes them', async () => {
    await reads.findIdTypes(looker, idTypes)
    const several = [...idTypes].filter(([, types]) => types.length !== 1)
    expect(several.map(([place]) => place)).toEqual(['Query.node(id)', 'Query.nodes(ids)'])
    standing.pairs.ids ??= [
      ...reads.idPairs(looker, idTypes, standing.own),
      ...reads.nestedIdPairs(looker, idTypes),
    ]
    const { ids } = standing.pairs
    expect(await untouched(standing, () => told(looker, ids))).toEqual([])
  })

  it('has texts as good as those of nobody, in every place that takes them', async () => {
    standing.pairs.texts ??= reads.textPairs(looker, standing.own)
    const { texts } = standing.pairs
    expect(await untouched(standing, () => told(looker, texts))).toEqual([])
  })

  it('has cursors that stand for no row, in every list and order', async () => {
    standing.pairs.cursors ??= await reads.cursorPairs(looker)
    const { cursors } = standing.pairs
    expect(await untouched(standing, () => told(looker, cursors))).toEqual([])
  })

  it('has numbers of deals as good as those of none', async () => {
    const call = (number: number) => ({ parent: 'Query', field: 'dealByNumber', args: { number } })
    const numbers = { hidden: call(farNumber), absent: call(farNumber + 1) }
    const pair = { what: 'dealByNumber', ...numbers, values: [] }
    expect(await untelling(looker, [pair])).toEqual([])
    expect(await told(looker, [pair])).toEqual([])
  })

  it('is shown by no other argument', async () => {
    const calls = reads
      .otherCalls(looker)
      .filter(({ parent, field }) => parent !== 'Query' || standing.queries.includes(field))
    const outcomes = await makeCalls(schema, looker.send, calls)
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
    // A text is neither more nor less than another, and what is only checked is found by none.
    expect(nothing.map(({ at }) => at).filter((at) => !telling.has(at))).toEqual([
      'Query.checkOperations client',
      'Query.checkOperations operations.id',
      'Query.checkOperations operations.text',
      'Query.dealPage filter.customFields.gte',
      'Query.dealPage filter.customFields.lte',
      'Query.deals filter.customFields.gte',
      'Query.deals filter.customFields.lte',
    ])
  })

  it('is kept out by what statements compare where row level security is off', async () => {
    const looker = createLooker({ schema, own: ours, hidden: theirs, secrets })
    await withoutPolicies(ours.tenant, await tenantTables(ours.tenant), async () => {
      expect(await reads.seeEverything(looker)).toEqual(alone)
      expect(
        await told(looker, [...(tenants.pairs.ids ?? []), ...(tenants.pairs.texts ?? [])]),
      ).toEqual([])
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
    await untouched(tenants, async () => {
      await reads.seeEverything(looker)
      const asked = [
        ...reads.idPairs(looker, idTypes, theirs),
        ...reads.textPairs(looker, theirs),
        ...(await reads.cursorPairs(looker)),
      ]
      // What is wrong with the text of an operation is told in words of that text.
      const calls = asked.map(({ hidden }) => hidden)
      const others = calls.filter(({ field }) => field !== 'checkOperations')
      await makeCalls(schema, looker.send, others)
    })
  })

  it('lets nothing be written to it', async () => {
    await writes.doNothing(looker)
  })
})

describe('deals of others', () => {
  it('would be found by the same ids and texts by who sees them', async () => {
    const looker = createLooker({ schema, ...colleagues, own: colleagues.hidden, secrets: [] })
    const ofDeals = ({ at = '' }: Pair) => at.startsWith('Query.deals ')
    const asked = [
      ...reads.idPairs(looker, idTypes, looker.hidden),
      ...reads.textPairs(looker, looker.hidden).filter(ofDeals),
    ]
    const nothing = await untelling(looker, asked)
    const telling = new Set(asked.filter((pair) => !nothing.includes(pair)).map(({ at }) => at))
    const untold = new Set(nothing.map(({ at }) => at).filter((at) => !telling.has(at)))
    const nameOf = (at = '') => at.replace('Query.deals filter.', '')
    // A text is neither more nor less than another, and names of catalogues are everybody's.
    expect([...untold].map(nameOf)).toEqual([
      ...['customFields.gte', 'customFields.key', 'customFields.lte'],
      ...['reason.contains', 'reason.eq', 'reason.in'],
      ...['source.contains', 'source.eq', 'source.in'],
    ])
  })

  it.each(['deal', 'deal_contact', 'deal_change', 'stage_change'])(
    'would be found out where no policy guards %s',
    async (table) => {
      const looker = createLooker({ schema, ...colleagues })
      const found = await withoutPolicies(ours.tenant, [table], () =>
        told(looker, colleagues.pairs.ids ?? []).catch(() => ['what is hidden']),
      )
      expect(found).not.toEqual([])
    },
  )

  it('say of what they need no more than that it is needed', async () => {
    const looker = createLooker({ schema, ...colleagues })
    const { ids } = looker.own
    await untouched(colleagues, async () => {
      for (const [mutation, input] of [
        ['deleteOrganization', { organizationId: ids.Organization }],
        ['deleteContact', { contactId: ids.Contact }],
        ['deleteTag', { tagId: ids.Tag }],
      ] as const) {
        const { value } = await writes.refuse(looker, mutation, input)
        const inUse = { code: 'STILL_IN_USE', count: 0, deals: [] }
        expect([mutation, value.userErrors]).toMatchObject([mutation, [inUse]])
      }
    })
  })

  it('say of an id of a client’s no more than that it is taken', async () => {
    const looker = createLooker({ schema, ...colleagues })
    const { hidden, own } = looker
    const { id: dealId, version: expectedVersion } = await dealFixture(own.tenant, own.newDeal)
    const externalId = hidden.texts.text
    await untouched(colleagues, async () => {
      for (const [mutation, input, path] of [
        ['createDeal', { id: hidden.ids.Deal, name: 'x' }, ['id']],
        ['createDeal', { name: 'x', externalId }, ['externalId']],
        ['updateDeal', { dealId, expectedVersion, externalId }, ['externalId']],
        ['editDeal', { dealId, expectedVersion, externalId }, ['externalId']],
      ] as const) {
        const { value } = await writes.refuse(looker, mutation, input)
        const taken = { code: 'VALIDATION_ERROR', path: ['input', ...path] }
        expect([mutation, value]).toMatchObject([mutation, { deal: null, userErrors: [taken] }])
      }
    })
  })
})

describe.each(names)('what is hidden from %s who writes', (name) => {
  const { isUnfiltered, isMember } = lookers[name] ?? {}
  const keyFor = (mutation: string) => `${standing.hidden.texts.text} ${mutation} ${name}`
  let standing: Standing
  let looker: Looker
  let echo: Looker

  beforeAll(async () => {
    standing = standingOf(name)
    if (!isMember) {
      tenants.secrets = await secretsOf(theirs)
      await writes.useKeys(theirs, mutations.map(keyFor))
    }
    looker = lookerOf(name, schema, standing)
    // Texts of what is hidden become one's own.
    const { mark } = standing.hidden.texts
    const others = standing.secrets.filter((secret) => secret !== mark)
    echo = lookerOf(name, schema, standing, { own: await standing.echo(), secrets: others })
  })

  it('is not found by its ids, which change nothing', async () => {
    await writes.tryIds(looker, idTypes, standing.mutations)
  })

  it.skipIf(isMember && isUnfiltered)('stays as it is, whatever is done', async () => {
    const key = isMember ? (mutation: string) => `own ${mutation}` : keyFor
    await untouched(standing, async () => {
      for (const mutation of standing.mutations) {
        const { value, errors } = await writes.doIt(looker, fieldOf(mutation), key(mutation))
        expect([errors, value?.userErrors, value?.replayed], mutation).toEqual([[], [], false])
        for (const result of value.results ?? []) expect(result.userErrors, mutation).toEqual([])
        await writes.tryOthers(looker, fieldOf(mutation))
      }
    })
  })

  const used = Object.entries(mistakes).filter(
    ([, [mutation]]) => !isMember || mutationsOfMembers.includes(mutation),
  )
  it.each(used)('is named by no %s', async (typename, [mutation, input]) => {
    const { value } = await writes.refuse(looker, mutation, await input(standing.own))
    expect(value?.userErrors[0]?.__typename).toBe(typename)
  })

  // Both members are in one tenant, where a text that was given once is taken.
  it.skipIf(isMember && isUnfiltered)('takes no text away but what is unique', async () => {
    await untouched(standing, async () => {
      for (const mutation of standing.mutations) {
        await writes.tryTexts(echo, fieldOf(mutation), isMember ? uniqueOfDeals : [])
      }
    })
  })

  it.skipIf(isMember)('leaves its ids free for those of one’s own deals', async () => {
    const id = theirs.ids.Deal
    const { value } = await untouched(standing, () =>
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
    const sum = (of: typeof allUnfiltered, key: 'taken' | 'lists') =>
      of.reduce((all, unfiltered) => all + unfiltered[key], 0)
    for (const { left } of allUnfiltered) expect([...left]).toEqual([])
    const ofMember = allUnfiltered.filter(({ isMember }) => isMember)
    const ofTenant = allUnfiltered.filter(({ isMember }) => !isMember)
    for (const them of [ofMember, ofTenant]) expect(sum(them, 'taken')).toBeGreaterThan(1_000)
    expect(sum(ofMember, 'lists')).toBeGreaterThan(50)
  })

  it('has tried deals of others in every place for what hangs on deals', () => {
    const places = [...idTypes].filter(([, types]) =>
      types.some((type) => typesOfDeals.includes(type)),
    )
    expect(places.length).toBeGreaterThan(20)
    const untried = places.filter(([place]) => !colleagues.coverage.tried.has(place))
    expect(untried.map(([place]) => place)).toEqual([])
  })

  it('has come to every field, argument and input field', () => {
    expect(missing(schema, coverage)).toEqual([
      // Subscriptions are waited for, and tried by themselves.
      ...['DealMoved.deal', 'DealMoved.stageChange'],
      // Two requests at the same moment, which no single one of the walk is.
      ...['code', 'message', 'path'].map((name) => `IdempotencyKeyInFlight.${name}`),
      // There is none of what is compiled, which all that is registered here is.
      'PersistedOperation.executionNote',
      // What was removed is no more.
      'RemoveDealContactPayload.dealContact',
      ...['Subscription.dealMoved', 'Subscription.dealMoved(pipelineId)'],
    ])
  })
})

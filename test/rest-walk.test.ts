import { beforeAll, describe, expect, it } from 'vitest'
import { tenantTables, untouched } from './fixtures.ts'
import { createUnfiltered, withoutPolicies } from './walk/looker.ts'
import {
  isFree,
  listsOf,
  namingPlaces,
  type Place,
  placeName,
  placesOf,
  type RestLooker,
  toldApart,
  valueIn,
} from './walk/rest.ts'
import {
  colleagueOf,
  memberSideOf,
  namesOfNobody,
  type RestSide,
  restSideOf,
  secretsOfSide,
} from './walk/rest-side.ts'
import { useKeys } from './walk/writes.ts'

type Way = <T>(work: () => Promise<T>) => Promise<T>

/** How the statements reach the rows. */
const ways: Record<string, Way> = {
  'as usual': (work) => work(),
  'with row level security off': async (work) =>
    withoutPolicies(ours.tenant, await tenantTables(ours.tenant), work),
  'with row level security alone': (work) => createUnfiltered().during(work),
}
const owner = 'as its owner'

let ours: RestSide
let theirs: RestSide
let looker: RestLooker
let all: Place[]
let places: Place[]
let unknown: string[]
let alone: unknown[]

beforeAll(async () => {
  ours = await restSideOf('zq4c1d9e20', false)
  const found = await placesOf(ours.tenant)
  all = found.all
  unknown = found.unknown
  places = namingPlaces(all)
  alone = await listsOf({ side: ours, secrets: [] })
  theirs = await restSideOf('zqa07b53f1', true)
  const whos = [...Object.keys(ways), owner]
  const keys = places.filter((place) => place.in === 'header')
  await useKeys(
    theirs,
    whos.flatMap((who) => keys.map((place) => String(valueIn(place, theirs.names, who)))),
  )
  looker = { side: ours, secrets: await secretsOfSide(theirs) }
})

const pairs = (who: string, { names } = theirs) => ({
  ...{ theirs: names, nobodys: namesOfNobody(names), who },
})

describe.each(Object.entries(ways))('what is another tenant’s, asked for %s', (who, way) => {
  // Before anything of one’s own changes.
  it('is in no list', async () => {
    expect(await way(() => listsOf(looker))).toEqual(alone)
  })

  it('is as good as nothing, and changes nothing, wherever it is named', async () => {
    const bound = places.filter((place) => !isFree(place))
    await untouched([ours.tenant, theirs.tenant], async () => {
      expect(await way(() => toldApart(looker, bound, pairs(who)))).toEqual([])
    })
  })
})

// Policies alone are tried above by what they hide.
describe.each(Object.entries(ways).slice(0, 2))(
  'keys and sources of another tenant, %s',
  (who, way) => {
    it('are as good as those of nobody', async () => {
      await untouched([theirs.tenant], async () => {
        const free = places.filter(isFree)
        expect(await way(() => toldApart(looker, free, pairs(who)))).toEqual([])
      })
    })
  },
)

describe('a colleague’s deal', () => {
  it('is as good as none for a member who sees only their own', async () => {
    const side = await memberSideOf('zqd2e8f617')
    const before = await listsOf({ side, secrets: [] })
    const colleague = await colleagueOf(side, 'zq66b0c9a3')
    const { mark, deal } = colleague.names
    const member = { side, secrets: [mark, deal.uuid, String(deal.number)] }
    const ofDeals = /path\.id|query\.(deal_owner_id|search)/
    const some = places.filter((place) => ofDeals.test(placeName(place)))
    expect(some).toHaveLength(8)
    await untouched([side.tenant], async () => {
      expect(await listsOf(member)).toEqual(before)
      expect(await toldApart(member, some, pairs('member', colleague))).toEqual([])
    })
    const told = await toldApart(
      { side: colleague, secrets: [] },
      some,
      pairs('colleague', colleague),
    )
    expect(told).toHaveLength(some.length)
  })
})

describe('the walk', () => {
  it('would tell apart what neither statements nor policies guard', async () => {
    const reading = places.filter(({ method }) => method === 'GET')
    const told = await withoutPolicies(ours.tenant, await tenantTables(ours.tenant), () =>
      createUnfiltered().during(() =>
        toldApart({ side: ours, secrets: [] }, reading, pairs('nobody')),
      ),
    )
    const untold = reading.map(placeName).filter((at) => !told.some((one) => one.startsWith(at)))
    // What searches asks its transaction for the tenant, in the database.
    expect(untold).toEqual(['GET /ysuite/v1/deals query.search'])
  })

  // What is deleted last is found by nobody afterwards.
  it('would tell apart in every place what is one’s own', async () => {
    const told = await toldApart({ side: theirs, secrets: [] }, places, pairs(owner))
    expect(told).toHaveLength(places.length)
    expect(places.length).toBeGreaterThan(30)
  })

  it('knows of every place in the documents what it names, and of no other', () => {
    expect(unknown).toEqual([])
  })
})

import { bulkId } from './plan-data.ts'

/** The size of the pages that are explained. */
export const pageSize = 20

export interface PlanCase {
  name: string
  document: string
  variables: object
  /** The place in its order of the deal at whose cursor the page begins. */
  from?: { order: DealOrder; offset: number; argument: 'after' | 'before' }
  /**
   * How many rows of the list's table the page may read, where that cannot be about as many as it
   * shows.
   */
  mostRead?: number
  /** The same of rows that it meets and leaves out. */
  mostRemoved?: number
}

interface DealOrder {
  field: string
  direction: 'ASC' | 'DESC'
}

const directions = ['ASC', 'DESC'] as const

/** The columns that the orders sort by. */
export const sortKeys: Record<string, string> = {
  CREATED_AT: 'created_at',
  UPDATED_AT: 'updated_at',
  NAME: 'name',
  AMOUNT: 'amount_key',
  EXPECTED_CLOSE_DATE: 'expected_close_key',
  STAGE_ENTERED_AT: 'stage_entered_at',
  RANK: 'rank',
  NUMBER: 'number',
}

export const dealCursor = `query ($externalId: String, $orderBy: DealOrder) {
  deals(filter: { externalId: { eq: $externalId } }, orderBy: $orderBy) { edges { cursor } } }`

const deals = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: DealFilter, $orderBy: DealOrder, $search: String) {
  deals(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy, search: $search) {
    nodes { id name } pageInfo { endCursor } } }`

/**
 * The second page, pages in the middle of deals without an amount or a date, and a page deep in the
 * list; each both ways.
 */
const offsets = [20, 1_000, 15_000, 18_500]

export const orderCases: PlanCase[] = Object.keys(sortKeys).flatMap((field) =>
  directions.flatMap((direction) =>
    offsets.flatMap((offset) =>
      (['after', 'before'] as const).map((argument) => ({
        name: `${field} ${direction}, ${argument} row ${offset}`,
        document: deals,
        variables: {
          ...{ orderBy: { field, direction } },
          ...(argument === 'after' ? { first: pageSize } : { last: pageSize }),
        },
        from: { order: { field, direction }, offset, argument },
      })),
    ),
  ),
)

/** The second numbered page and the fiftieth, of which the ids of a thousand deals before it are read. */
export const pageCases: PlanCase[] = Object.keys(sortKeys)
  .filter((field) => field !== 'RANK')
  .flatMap((field) =>
    directions.flatMap((direction) =>
      [2, 50].map((page) => ({
        name: `page ${page} by ${field} ${direction}`,
        document: `query ($page: Int, $orderBy: DealPageOrder) {
          dealPage(page: $page, pageSize: ${pageSize}, orderBy: $orderBy) { nodes { name } } }`,
        variables: { page, orderBy: { field, direction } },
        mostRead: page * pageSize + 5 * pageSize,
      })),
    ),
  )

const id = (
  typename: 'pipeline' | 'stage' | 'organization' | 'member' | 'contact' | 'tag',
  number: number,
) => ({
  eq: `${typename}_${bulkId('a', typename, number)}`,
})

const filters: Record<string, object> = {
  'a pipeline': { pipelineId: id('pipeline', 1) },
  'an open stage': { stageId: id('stage', 2) },
  'a won stage': { stageId: id('stage', 4) },
  'an owner': { ownerId: id('member', 7) },
  'an organization': { organizationId: id('organization', 33) },
  'a contact': { contactId: id('contact', 123) },
  'a tag': { tagId: id('tag', 3) },
  'status OPEN': { status: { eq: 'OPEN' } },
  'status WON': { status: { eq: 'WON' } },
  'a priority': { priority: { eq: 'HIGH' } },
  'a source': { source: { eq: 'SOURCE 3' } },
  'sources of no deal': { source: { in: ['Source 99', 'Nowhere'] } },
  'an assignee': { assigneeId: id('member', 7) },
  rotting: { rotting: true },
  'a close before a day': { closingBefore: '2026-01-08' },
  'a stage entered before an instant': { stageEnteredBefore: '2026-02-22T02:17:00Z' },
  'no next step': { hasNoNextStep: true },
}

/**
 * How many deals the page may read of those that are not in its order: the one in twenty that has
 * the tag is met while reading the order, the few of the others are all read and sorted.
 */
const inAnotherOrder: Record<string, number> = {
  'a tag': 40 * pageSize,
  'an assignee': 10 * pageSize,
  rotting: 5 * pageSize,
  'a close before a day': 5 * pageSize,
  'a stage entered before an instant': 5 * pageSize,
}

const newestFirst = { field: 'CREATED_AT', direction: 'DESC' } as const

export const filterCases: PlanCase[] = Object.entries(filters).flatMap(([name, filter]) => {
  const page = { document: deals, mostRead: inAnotherOrder[name] }
  return [
    { ...page, name: `${name}, first page`, variables: { filter, first: pageSize } },
    { ...page, name: `${name}, last page`, variables: { filter, last: pageSize } },
    {
      ...page,
      name: `${name}, deep page`,
      variables: { filter, first: pageSize },
      from: { order: newestFirst, offset: 10_000, argument: 'after' as const },
    },
  ]
})

/** Each is met by few of the deals, or by so many that the first page is soon full of them. */
const customFilters: Record<string, object> = {
  'a rare text': { key: 'cf_code', eq: 'code 7777' },
  'one of some texts': { key: 'cf_code', in: ['code 1', 'code 22', 'code 333'] },
  'a part of a text': { key: 'cf_code', contains: 'ode 777' },
  'a usual option': { key: 'cf_region', eq: 'EMEA' },
  'a number': { key: 'cf_seats', eq: 4_321 },
  'a small range of numbers': { key: 'cf_seats', gte: 5_000, lte: 5_009 },
  'a range of half the numbers': { key: 'cf_seats', gte: 5_000 },
  'an amount': { key: 'cf_budget', eq: '4321' },
  'the greatest amounts': { key: 'cf_budget', gte: '19980' },
  'a day': { key: 'cf_renewal', eq: '2024-02-29' },
  'a few days': { key: 'cf_renewal', gte: '2024-02-28', lte: '2024-03-01' },
  'the later half of the days': { key: 'cf_renewal', gte: '2024-01-01' },
}

export const customCases: PlanCase[] = Object.entries(customFilters).map(([name, comparison]) => ({
  name: `custom fields: ${name}`,
  document: deals,
  variables: { filter: { customFields: [comparison] }, first: pageSize },
  // Half the deals are met by the widest of them, each read with its value.
  mostRead: 5 * pageSize,
}))

export const searchCases: PlanCase[] = ['plant 7777', 'Tidal plant 77', 'abc', 'nowhere'].map(
  (search) => ({
    name: `a search for "${search}"`,
    document: deals,
    variables: { search, first: pageSize },
    mostRead: 100,
  }),
)

const listed = (field: string, order: string) =>
  ['NAME', 'CREATED_AT', 'NUMBER'].flatMap((by) =>
    directions.map((direction) => ({
      name: `${field} by ${by} ${direction}`,
      document: `query ($after: String, $orderBy: ${order}) {
        list: ${field}(first: ${pageSize}, after: $after, orderBy: $orderBy) { nodes { name } pageInfo { endCursor } } }`,
      variables: { orderBy: { field: by, direction } },
    })),
  )

/** The rows of other clients that are met while those of one are read. */
const oneInFive = 5 * pageSize

const registered = (
  field: 'persistedOperations' | 'clientReleases',
  filters: Record<string, Pick<PlanCase, 'mostRead' | 'mostRemoved'> & { filter?: object }>,
): PlanCase[] => {
  const type = field === 'clientReleases' ? 'ClientReleaseFilter' : 'PersistedOperationFilter'
  const document = `query ($after: String, $filter: ${type}) {
    list: ${field}(first: ${pageSize}, after: $after, filter: $filter) {
      nodes { client } pageInfo { endCursor } } }`
  return Object.entries(filters).map(([name, { filter, ...most }]) => ({
    ...{ name: `${field}${name}`, document, variables: { filter } },
    ...most,
  }))
}

/** Lists whose second page is explained. */
export const otherLists: PlanCase[] = [
  ...listed('organizations', 'OrganizationOrder'),
  ...listed('contacts', 'ContactOrder'),
  ...registered('clientReleases', {
    '': {},
    ' of a client': { filter: { client: { eq: 'app 3' } }, mostRemoved: oneInFive },
    ' of no client': { filter: { client: { eq: 'nowhere' } } },
    ' that are active': { filter: { status: { eq: 'ACTIVE' } } },
  }),
  ...registered('persistedOperations', {
    '': {},
    ' of a client': { filter: { client: { eq: 'app 3' } }, mostRemoved: oneInFive },
    ' of no client': { filter: { client: { eq: 'nowhere' } } },
    ' of a release': {
      filter: { releaseId: { eq: `client_release_${bulkId('a', 'release', 7)}` } },
      mostRead: 5 * pageSize,
    },
    ' of active releases': { filter: { status: { eq: 'ACTIVE' } }, mostRead: 5 * pageSize },
    ' that are not used': { filter: { unusedSince: '2026-02-01T00:00:00Z' } },
  }),
  {
    name: 'the contacts of an organization',
    document: `query ($after: String, $filter: ContactFilter) {
      list: contacts(first: 5, after: $after, filter: $filter) { nodes { name } pageInfo { endCursor } } }`,
    variables: { filter: { organizationId: id('organization', 33) } },
  },
  {
    name: 'the contacts of an email',
    document: `query ($after: String, $filter: ContactFilter) {
      list: contacts(first: ${pageSize}, after: $after, filter: $filter) { nodes { name } pageInfo { endCursor } } }`,
    variables: { filter: { email: { eq: 'PERSON33@mail.example' } } },
  },
  {
    name: 'the organizations of a domain',
    document: `query ($after: String, $filter: OrganizationFilter) {
      list: organizations(first: ${pageSize}, after: $after, filter: $filter) { nodes { name } pageInfo { endCursor } } }`,
    variables: { filter: { domain: { in: ['COMPANY33.example', 'company34.example'] } } },
  },
  {
    name: 'members',
    document: `query ($after: String) { list: members(first: ${pageSize}, after: $after) { nodes { name } pageInfo { endCursor } } }`,
    variables: {},
  },
]

/** A contact’s twenty deals are all read, each by its key four times, as its links know no order. */
const dealsBelow = [
  { list: 'organizations', order: 'OrganizationOrder', mostRead: (pageSize + 1) * 12 },
  { list: 'contacts', order: 'ContactOrder', mostRead: (pageSize + 1) * (1 + 20 * 4) },
].map(({ list, order, mostRead }) => ({
  name: `the deals of ${list}`,
  document: `query ($orderBy: ${order}) { ${list}(first: ${pageSize}, orderBy: $orderBy) { nodes {
    deals(first: 5) { nodes { name } } } } }`,
  variables: { orderBy: { field: 'NUMBER', direction: 'ASC' } },
  mostRead,
}))

export const boardCases: PlanCase[] = [
  ...dealsBelow,
  {
    name: 'the board of a pipeline',
    document: `query ($id: ID!) { pipeline(id: $id) { stages { deals(first: ${pageSize}) { nodes {
      name organization { name } contacts { contact { name } } } } } } }`,
    variables: { id: id('pipeline', 1).eq },
    // In six stages, each deal with its organization and two contacts.
    mostRead: 6 * (pageSize + 1) * 4,
  },
  {
    name: 'a later page of a stage',
    document: `query ($id: ID!, $after: String) { node(id: $id) { ... on Stage {
      deals(first: ${pageSize}, after: $after) { nodes { name } } } } }`,
    variables: { id: id('stage', 4).eq },
    from: { order: { field: 'RANK', direction: 'ASC' }, offset: 12_000, argument: 'after' },
  },
]

const ownFilters = filterCases.filter(({ name }) => name.endsWith('first page'))

/**
 * Where deals are read below what they belong to, or by values that many of all deals have, whose
 * order the planner may take for the shorter way.
 */
export const ownWideCases: PlanCase[] = [
  ...customCases.filter(({ from }) => !from),
  ...boardCases.filter(({ from }) => !from),
  ...ownFilters.filter(({ name }) => name.startsWith('status OPEN')),
]

/** What is read by a member who sees only their own deals. */
export const ownCases: PlanCase[] = [
  ...ownFilters.filter((planCase) => !ownWideCases.includes(planCase)),
  ...searchCases,
  ...ownWideCases,
  {
    name: 'all deals, and how many they are',
    document: `{ deals(first: ${pageSize}, orderBy: { field: AMOUNT, direction: DESC }) { totalCount nodes { name } } }`,
    variables: {},
  },
  {
    name: 'the totals of all boards',
    document:
      '{ pipelines { totals { count amount } stages { totals { currency weightedAmount } } } }',
    variables: {},
  },
]

/** A call of each search function with what a user may have typed. */
export const searchCalls: [name: string, values: unknown[]][] = [
  ...['plant 7777', 'Tidal plant 77', 'abcd', 'nowhere'].flatMap((text): [string, unknown[]][] => [
    ['search_deals', [`%${text}%`, true, true, 1_001]],
    ['search_deals', [`%${text}%`, true, false, 1_001]],
    ['search_deals', [`%${text}%`, false, true, 1_001]],
  ]),
  ...['code 777', 'nowhere'].map((text): [string, unknown[]] => [
    'search_custom_values',
    ['cf_code', `%${text}%`, 1_001],
  ]),
  ...['company 77', 'company77.', 'nowhere'].map((text): [string, unknown[]] => [
    'search_organizations',
    [`%${text}%`, 1_001],
  ]),
  ...['person 777', 'person777@', 'nowhere'].map((text): [string, unknown[]] => [
    'search_contacts',
    [`%${text}%`, 1_001],
  ]),
]

/** Documents with what they cost, and how that comes to be. */
export const costs: [why: string, cost: number, document: string][] = [
  ['an operation costs 1 at least', 1, '{ __typename }'],
  ['an object costs 1, its scalars nothing', 1, '{ viewer { role scopes apiKeyName } }'],
  ['objects below objects', 3, '{ viewer { tenant { name } member { name } } }'],
  ['a page has 20 items by default', 20, '{ deals { nodes { name } } }'],
  ['first null is the default', 20, '{ deals(first: null) { nodes { name } } }'],
  ['a page is as long as asked for', 7, '{ deals(first: 7) { nodes { name amount stageName } } }'],
  ['from its end too', 7, '{ deals(last: 7) { nodes { name } } }'],
  [
    'an item costs what is selected of it',
    30,
    '{ deals(first: 10) { nodes { owner { name } organization { name } } } }',
  ],
  [
    'an edge and its node are one item',
    20,
    '{ deals(first: 10) { edges { cursor node { owner { name } } } } }',
  ],
  ['an edge without its node is an item', 10, '{ deals(first: 10) { edges { cursor } } }'],
  [
    'nodes and edges are both counted',
    30,
    '{ deals(first: 10) { nodes { id } edges { node { owner { name } } } } }',
  ],
  [
    'pageInfo is free beside items',
    10,
    '{ deals(first: 10) { nodes { id } pageInfo { hasNextPage } } }',
  ],
  ['a page is read for its pageInfo alone', 50, '{ deals(first: 50) { pageInfo { endCursor } } }'],
  ['a count costs 5', 15, '{ deals(first: 10) { totalCount nodes { id } } }'],
  ['a count reads a page as well', 25, '{ deals { totalCount } }'],
  [
    'an empty page is free',
    1,
    '{ deals(first: 0) { nodes { history(first: 100) { nodes { id } } } } }',
  ],
  [
    'pages in pages multiply',
    2_100,
    '{ deals(first: 100) { nodes { name history { nodes { note } } } } }',
  ],
  [
    'a numbered page has 20 items by default, and 5 for those before it',
    25,
    '{ dealPage { nodes { name } page } }',
  ],
  ['it is as long as asked for', 12, '{ dealPage(page: 3, pageSize: 7) { nodes { name } } }'],
  [
    'its items cost what is selected of them',
    5 + 30 + 10 * 20,
    '{ dealPage(pageSize: 10) { nodes { owner { name } organization { name } history { nodes { note } } } } }',
  ],
  [
    'each count of it costs 5',
    25,
    '{ dealPage(pageSize: 10) { totalCount pageCount nodes { id } } }',
  ],
  ['it is charged where only its count is asked for', 30, '{ dealPage { pageCount } }'],
  ['a plain list has a declared length', 5, '{ pipelines { name } }'],
  [
    'totals cost 5',
    5 * (1 + 8 * (1 + 5)),
    '{ pipelines { stages { totals { currency amount } } } }',
  ],
  ['one node for each id', 3, '{ nodes(ids: ["a", "b", "c"]) { id } }'],
  ['one id is a list of one', 1, '{ nodes(ids: "a") { id } }'],
  [
    'of the types that it can be the dearest',
    7,
    '{ node(id: "a") { ... on Deal { owner { name } } ... on Stage { pipeline { name } deals(first: 5) { nodes { id } } } } }',
  ],
  [
    'fragments of one type add up',
    3,
    '{ node(id: "a") { ...D ... on Deal { owner { name } } } } fragment D on Deal { stage { name } }',
  ],
  [
    'a mutation costs 10',
    11,
    'mutation { deleteDeal(input: { dealId: "a", expectedVersion: 1 }) { deal { name } } }',
  ],
  [
    'user errors cost 1',
    11,
    'mutation { deleteDeal(input: { dealId: "a", expectedVersion: 1 }) { userErrors { message } } }',
  ],
  [
    'mutations add up',
    20,
    'mutation { a: deleteDeal(input: { dealId: "a", expectedVersion: 1 }) { replayed } b: deleteDeal(input: { dealId: "b", expectedVersion: 1 }) { replayed } }',
  ],
  [
    'each item of a bulk costs 10 more',
    10 + 20 + 4,
    'mutation { deleteDeals(input: { items: [{ dealId: "a", expectedVersion: 1 }, { dealId: "b", expectedVersion: 1 }] }) { results { deal { name } } } }',
  ],
  [
    'introspection costs 100 a field',
    201,
    '{ __schema { types { name fields { name } } } __type(name: "Deal") { name } viewer { role } }',
  ],
  [
    'aliases are fields of their own',
    20,
    '{ a: deals(first: 10) { nodes { id } } b: deals(first: 10) { nodes { id } } }',
  ],
  [
    'one field in several fragments is read once',
    20,
    '{ ...A ...B ... { deals(first: 10) { nodes { number } } } } fragment A on Query { deals(first: 10) { nodes { owner { name } } } } fragment B on Query { deals(first: 10) { nodes { id owner { email } } } }',
  ],
  [
    'what is skipped is free',
    1,
    '{ viewer { role } deals @skip(if: true) { nodes { id } } ... @include(if: false) { tags { name } } }',
  ],
  [
    'what is not skipped is not',
    21,
    '{ viewer { role } deals @skip(if: false) @include(if: true) { nodes { id } } }',
  ],
]

type ByVariables = [cost: number, document: string, variables: object]

const page = 'query ($n: Int) { deals(first: $n) { nodes { id } } }'
const defaulted = 'query ($n: Int = 30) { deals(first: $n) { nodes { id } } }'
const numbered = 'query ($n: Int) { dealPage(pageSize: $n) { nodes { owner { name } } } }'
const numberedDefault = 'query ($n: Int = 30) { dealPage(pageSize: $n) { nodes { id } } }'
const bulk =
  'mutation ($input: DeleteDealsInput!) { deleteDeals(input: $input) { results { deal { name } } } }'
const items =
  'mutation ($items: [DeleteDealsItem!]!) { deleteDeals(input: { items: $items }) { results { deal { name } } } }'
const some = (count: number) => Array.from({ length: count }, () => ({}))

export const costsByVariables: ByVariables[] = [
  [5, page, { n: 5 }],
  [20, page, {}],
  [20, page, { n: null }],
  [30, defaulted, {}],
  [5, defaulted, { n: 5 }],
  [20, defaulted, { n: null }],
  // What the connection will refuse costs as much as the most that it does not.
  ...[101, -1, 2 ** 40, 1.5, '5', true, {}, []].map((n): ByVariables => [100, page, { n }]),
  ...(
    [
      [15, 5],
      [45, null],
      [205, 100],
    ] as const
  ).map(([cost, n]): ByVariables => [cost, numbered, { n }]),
  [45, numbered, {}],
  [35, numberedDefault, {}],
  [10, numberedDefault, { n: 5 }],
  [25, numberedDefault, { n: null }],
  ...[101, -1, 2 ** 40, 1.5, '5', {}].map((n): ByVariables => [205, numbered, { n }]),
  [2, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['a', 'b'] }],
  [1, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: 'a' }],
  [1, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {}],
  [100, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: some(5_000) }],
  [2, 'query ($a: ID!, $b: ID!) { nodes(ids: [$a, $b]) { id } }', { a: 'a', b: 'b' }],
  [10 + 50 + 10, bulk, { input: { items: some(5) } }],
  [10 + 1_000 + 200, bulk, { input: { items: some(5_000) } }],
  [10, bulk, { input: null }],
  [10, bulk, { input: 'text' }],
  [10 + 30 + 6, items, { items: some(3) }],
  [1, 'query ($s: Boolean!) { deals @skip(if: $s) { nodes { id } } }', { s: true }],
  [20, 'query ($s: Boolean = false) { deals @skip(if: $s) { nodes { id } } }', {}],
]

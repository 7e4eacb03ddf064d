import {
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isObjectType,
  isScalarType,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { keysetPage } from '../src/connection.ts'
import { schema } from '../src/schema.ts'
import { companyOfDeals, dealRows } from './bulk-fixtures.ts'
import {
  ask,
  customFieldFixture,
  dealFixture,
  type PipelineFixture,
  pipelineFixture,
  usualStages,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

/** The statements of one request, without those that set a new connection up. */
async function statementsOf(
  t: TestTenant,
  document: string,
  variables: object = {},
): Promise<string[]> {
  const statements = await t.recordStatements(() => ask(t, document, variables))
  return statements.filter((text) => !text.startsWith('SET ROLE'))
}

/**
 * What the request asks of the tables: neither its authentication nor the control of its
 * transactions.
 */
async function queriesOf(
  t: TestTenant,
  document: string,
  variables: object = {},
): Promise<string[]> {
  const statements = await statementsOf(t, document, variables)
  return statements.filter((text) => !/^(BEGIN|COMMIT|ROLLBACK)|authenticate_api_key/.test(text))
}

const fourKinds = [...usualStages.slice(0, 2), ...usualStages.slice(3)]

/** A tenant that has answered a request already, so that its key is made. */
async function knownTenant(): Promise<TestTenant> {
  // What is compiled is one statement anyway; these are the statements of the interpreter.
  const t = await testTenant({ compiler: null })
  await ask(t, '{ viewer { role } }')
  return t
}

describe('a list of deals', () => {
  let t: TestTenant

  beforeAll(async () => {
    t = await knownTenant()
    const sales = await pipelineFixture(t)
    const renewals = await pipelineFixture(t, { name: 'Renewals' })
    const stages = ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost']
    const rows = Array.from({ length: 50 }, (_, index) => ({
      stage: stages[index % 5] as string,
      amount: index,
    }))
    await dealRows(t, sales, rows)
    await dealRows(t, renewals, rows)
    await companyOfDeals(t)
    await customFieldFixture(t, 'cf_a', 'TEXT')
    await t.write(async (tx) => {
      const data = { customFields: { cf_a: 'x' } }
      await tx.db.deal.updateMany({ where: { tenantId: t.tenantId }, data })
      tx.emit({ type: 'deal.imported' })
    })
  })

  const documentOf = (selection: string) =>
    `query ($first: Int) { deals(first: $first) { nodes { ${selection} } } }`

  test.each([
    ['the deals alone', 'name', 1],
    ['the names of pipelines and stages', 'pipelineName stageName', 3],
    [
      'what is computed from the stage',
      'probability weightedAmount isRotting rottingAt stageName',
      2,
    ],
    ['primary contacts', 'primaryContact { name organization { name } }', 1],
    ['contacts', 'contacts { isPrimary contact { name } introducedBy { name } }', 1],
    ['tags and assignees', 'tags { name } assignees { name }', 1],
    [
      'custom values',
      'customFields { key definition { label } } customField(key: "cf_a") { value }',
      2,
    ],
    ['history', 'history(first: 5) { nodes { seq secondsInPreviousStage actor { name } } }', 1],
    ['changes', 'changes(first: 5) { nodes { field from to actor { name } } }', 1],
    ['how many changes', 'changes { nodes { id } totalCount }', 2],
    ['names in history', 'history { nodes { pipelineName stageName } totalCount }', 4],
    ['the totals of the stages', 'stage { totals { currency count amount weightedAmount } }', 2],
  ])('takes as many statements for 1, 20 and 100 with %s', async (_, selection, count) => {
    for (const first of [1, 20, 100]) {
      const queries = await queriesOf(t, documentOf(selection), { first })
      expect([first, queries.length]).toEqual([first, count])
    }
  })

  test('takes as many statements for 1, 20 and 100 with every field that a deal has', async () => {
    const document = documentOf(everythingOf('Deal', 2))
    const counts = []
    for (const first of [1, 20, 100]) counts.push((await queriesOf(t, document, { first })).length)
    expect(counts).toEqual([counts[0], counts[0], counts[0]])
    expect(counts[0]).toBeLessThan(20)
  })

  test('reads nothing of what is selected on an empty page', async () => {
    const below = 'organization { deals(first: 100) { nodes { description } } }'
    for (const page of ['first: 0', 'last: 0']) {
      const document = `{ deals(${page}) { nodes { ${below} } pageInfo { hasNextPage } } }`
      const [statement, ...others] = await queriesOf(t, document)
      expect(others).toEqual([])
      expect(statement).not.toMatch(/organization|description/)
      const nested = `{ pipelines { deals(${page}) { nodes { ${below} } } } }`
      expect((await queriesOf(t, nested)).join()).not.toMatch(/organization"|description/)
    }
  })

  test('reads little more than a page, however small', () => {
    for (let first = 0; first <= 100; first += 1) {
      const { take } = keysetPage(
        { first },
        { name: 'N', column: 'n', kind: 'text', direction: 'asc' },
      )
      expect(take).toBeGreaterThan(first)
      expect(take).toBeLessThan(first < 5 ? first + 3 : 2 * first + 10)
    }
  })

  test('takes one statement more behind a cursor, for those that sort equal to it', async () => {
    const page = (orderBy: string, after = '') =>
      `{ deals(first: 10, orderBy: { field: ${orderBy}, direction: ASC } ${after}) { nodes { id } pageInfo { endCursor } } }`
    for (const [field, count] of [
      ['UPDATED_AT', 1],
      ['AMOUNT', 2],
      ['NUMBER', 1],
    ] as const) {
      const { deals } = await ask(t, page(field))
      const behind = page(field, `after: "${deals.pageInfo.endCursor}"`)
      expect([field, (await queriesOf(t, behind)).length]).toEqual([field, count])
    }
  })

  test('counts in a statement of its own, and only when asked', async () => {
    const isCount = (text: string) => /COUNT\(/i.test(text)
    const page = await queriesOf(
      t,
      '{ deals(first: 5) { nodes { id } edges { cursor } pageInfo { hasNextPage } } }',
    )
    const counted = await queriesOf(t, '{ deals(first: 5) { nodes { id } totalCount } }')
    expect(page.filter(isCount)).toHaveLength(0)
    expect(counted.filter(isCount)).toHaveLength(1)
    expect(counted).toHaveLength(page.length + 1)
  })
})

describe('a numbered page of deals', () => {
  let t: TestTenant

  beforeAll(async () => {
    t = await knownTenant()
    const rows = Array.from({ length: 120 }, (_, index) => ({ amount: index }))
    await dealRows(t, await pipelineFixture(t), rows)
    await companyOfDeals(t)
  })

  const below = 'contacts { contact { name } } organization { name } owner { name } tags { name }'

  test.each([
    ['the deals alone', 'nodes { name }', 2],
    ['what belongs to them', `nodes { name ${below} history { nodes { seq } } }`, 2],
    ['the names of their stages', 'nodes { stageName }', 3],
    ['the deals by two names', 'one: nodes { name } two: nodes { number }', 3],
    ['its count', `nodes { ${below} } totalCount`, 3],
    ['its count and that of the pages', `nodes { ${below} } totalCount pageCount page`, 3],
    ['its count alone', 'totalCount pageCount pageSize', 1],
    ['nothing of it', 'page', 0],
  ])('takes as many statements for 1, 20 and 100 with %s', async (_, selection, count) => {
    for (const order of ['CREATED_AT', 'OWNER', 'STAGE']) {
      for (const args of ['page: 2, pageSize: 1', 'page: 6', 'pageSize: 100']) {
        const orderBy = `orderBy: { field: ${order}, direction: ASC }`
        const queries = await queriesOf(t, `{ dealPage(${args}, ${orderBy}) { ${selection} } }`)
        expect([order, args, queries.length]).toEqual([order, args, count])
      }
    }
  })

  test('reads nothing of its deals where it has none', async () => {
    const queries = await queriesOf(t, `{ dealPage(page: 9) { nodes { description ${below} } } }`)
    expect(queries).toHaveLength(1)
    expect(queries[0]).not.toMatch(/organization|description/)
  })
})

describe('a list of those whom deals belong to', () => {
  const deals =
    'deals(first: 5) { nodes { name stageName organization { name } owner { name } } totalCount }'
  const totals = 'totals { currency count amount weightedAmount }'
  let t: TestTenant

  beforeAll(async () => {
    t = await knownTenant()
    const rows = Array.from({ length: 60 }, (_, index) => ({ amount: index }))
    await dealRows(t, await pipelineFixture(t), rows)
    await companyOfDeals(t)
  })

  test.each([
    ['deals', deals, 3],
    [
      'filtered deals',
      'deals(filter: { not: { closingBefore: "2026-01-01" } }) { nodes { id } }',
      1,
    ],
    ['totals', totals, 2],
    [
      'totals by status',
      `${totals} open: totals(status: OPEN) { count } won: totals(status: WON) { count }`,
      4,
    ],
    ['deals and totals', `${deals} ${totals}`, 4],
  ])('takes as many statements for 1, 3 and 7 with their %s', async (_, selection, count) => {
    for (const list of ['organizations', 'contacts', 'members']) {
      for (const first of [1, 3, 7]) {
        const document = `{ ${list}(first: ${first}) { nodes { name ${selection} } } }`
        expect([list, first, (await queriesOf(t, document)).length]).toEqual([list, first, count])
      }
    }
  })
})

describe('a board', () => {
  const document = `query ($id: ID!) { pipeline(id: $id) { stages { deals(first: 20) { nodes {
    name organization { name } contacts { contact { name } } } totalCount } totals { currency count amount } } } }`

  async function boardOf(stages: object[], deals: number): Promise<[TestTenant, PipelineFixture]> {
    const t = await knownTenant()
    const pipeline = await pipelineFixture(t, { stages })
    await dealRows(
      t,
      pipeline,
      Array.from({ length: deals }, (_, index) => ({
        amount: index,
        stage: index % 2 ? 'Won' : 'Lead',
      })),
    )
    await companyOfDeals(t)
    return [t, pipeline]
  }

  const twelve = [
    ...fourKinds,
    ...Array.from({ length: 8 }, (_, index) => ({ name: `Step ${index}`, kind: 'OPEN' })),
  ]
  const three = [fourKinds[0], ...fourKinds.slice(2)] as object[]

  test.each([
    ['3 stages and 1 deal', three, 1],
    ['3 stages and 60 deals', three, 60],
    ['12 stages and 1 deal', twelve, 1],
    ['12 stages and 60 deals', twelve, 60],
  ])('takes three statements with %s', async (_, stages, deals) => {
    const [t, { id }] = await boardOf(stages, deals)
    const { pipeline } = await ask(t, document, { id })
    const found = pipeline.stages.map(
      (stage: { deals: { totalCount: number } }) => stage.deals.totalCount,
    )
    expect(found.reduce((sum: number, count: number) => sum + count)).toBe(deals)
    expect(pipeline.stages).toHaveLength(stages.length)
    expect(await queriesOf(t, document, { id })).toHaveLength(3)
  })

  test('pages through a stage in the order of `deals` with that stage and RANK', async () => {
    const [t, { id, stage }] = await boardOf(three, 30)
    const filter = { stageId: { eq: stage('Lead') } }
    const { deals } = await ask(
      t,
      'query ($filter: DealFilter) { deals(first: 100, filter: $filter, orderBy: { field: RANK, direction: ASC }) { nodes { id } totalCount } }',
      { filter },
    )
    expect(deals.totalCount).toBe(15)
    const walked: { id: string }[] = []
    let after: string | null = null
    do {
      const { pipeline } = await ask(
        t,
        'query ($id: ID!, $after: String) { pipeline(id: $id) { stages { name deals(first: 4, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }',
        { id, after },
      )
      const page = pipeline.stages.find(({ name }: { name: string }) => name === 'Lead').deals
      walked.push(...page.nodes)
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after)
    expect(walked).toEqual(deals.nodes)
  })
})

describe('the transactions of an operation', () => {
  const settings =
    "SELECT set_config\\('app\\.tenant_id', '[0-9a-f-]{36}', true\\), set_config\\('app\\.deals_of', 'all', true\\), set_config\\('statement_timeout', '[0-9]+', true\\)$"
  const read = new RegExp(`^BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings}`)
  const write = new RegExp(`^BEGIN; ${settings}`)

  test('are one for a query of several fields, begun and given its tenant in one round trip', async () => {
    const t = await knownTenant()
    await pipelineFixture(t)
    const [authenticate, begin, ...rest] = await statementsOf(
      t,
      '{ a: deals { nodes { stageName } totalCount } b: pipelines { stages { totals { count } } } viewer { tenant { name } } }',
    )
    expect(authenticate).toMatch(/authenticate_api_key/)
    expect(begin).toMatch(read)
    expect(begin).toContain(t.tenantId)
    expect(rest.at(-1)).toBe('COMMIT')
    expect(rest.filter((text) => /BEGIN|COMMIT|ROLLBACK|set_config/.test(text))).toHaveLength(1)
  })

  test('are none for an operation that reads nothing', async () => {
    const t = await knownTenant()
    expect(await statementsOf(t, '{ __typename }')).toEqual([
      expect.stringMatching(/authenticate_api_key/),
    ])
  })

  test('are one for each mutation field, and each starts by taking the next revision', async () => {
    const t = await knownTenant()
    const statements = await statementsOf(
      t,
      `mutation { a: createContact(input: { name: "A" }) { userErrors { code } }
        b: createContact(input: { name: "B" }) { contact { name } userErrors { code } } }`,
    )
    const begun = statements.flatMap((text, index) => (text.match(write) ? [index] : []))
    expect(begun).toHaveLength(2)
    for (const index of begun)
      expect(statements[index + 1]).toMatch(/^UPDATE "public"."tenant_revision" /)
    // What the second field answers is read after its write, in a transaction that cannot write.
    expect(statements.filter((text) => text.match(read))).toHaveLength(1)
    expect(statements.filter((text) => text === 'COMMIT')).toHaveLength(3)
  })

  test('end in a rollback where a mutation changes nothing', async () => {
    const t = await knownTenant()
    await pipelineFixture(t)
    const { id } = await dealFixture(t)
    const statements = await statementsOf(
      t,
      'mutation ($id: ID!) { deleteDeal(input: { dealId: $id, expectedVersion: 9 }) { userErrors { code } } }',
      { id },
    )
    expect(statements.filter((text) => /^(BEGIN|COMMIT|ROLLBACK)/.test(text))).toEqual([
      expect.stringMatching(write),
      'ROLLBACK',
    ])
  })
})

/**
 * A selection of all fields of a type: leaves as they are, what is below them again to the given
 * depth.
 */
function everythingOf(typename: string, depth: number): string {
  const type = schema.getType(typename) as GraphQLObjectType
  const fields = Object.values(type.getFields()).map((field) => {
    const below = getNamedType(field.type)
    if (isScalarType(below) || isEnumType(below)) return field.name
    if (!isObjectType(below) || depth === 0) return ''
    return `${field.name} { ${everythingOf(below.name, depth - 1) || '__typename'} }`
  })
  return fields.join(' ').trim()
}

import {
  buildClientSchema,
  buildSchema,
  execute,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  introspectionFromSchema,
  isCompositeType,
  isEnumType,
  isListType,
  isObjectType,
  parse,
  validate,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import type { FieldCost } from '../src/cost-rules.ts'
import { exampleTabs } from '../src/graphiql/tabs.ts'
import { costOfOperation } from '../src/operations/cost.ts'
import { schema } from '../src/schema.ts'
import { TooTangled } from '../src/selection.ts'
import { costs, costsByVariables } from './cost-documents.ts'
import { done, oneOfEach, pipelineFixture, untouched } from './fixtures.ts'
import { appFor, post, testTenant } from './harness.ts'

const board = `{ pipelines { name stages { name totals { currency count amount weightedAmount }
  deals(first: 20) { nodes { name organization { name } primaryContact { name } isRotting } } } } }`

function costOf(text: string, variables: object = {}, of: GraphQLSchema = schema) {
  const document = parse(text)
  const operation = getOperationAST(document)
  if (!operation) throw new Error(`one operation was expected: ${text}`)
  return costOfOperation(of, document, operation, { ...variables })
}

describe('the cost of an operation', () => {
  it.each(costs)('%s: %i', (_, cost, document) => {
    expect(validate(schema, parse(document))).toEqual([])
    expect(costOf(document).requested).toBe(cost)
  })

  it.each(costsByVariables)('is %i for %s with %j', (cost, document, variables) => {
    expect(validate(schema, parse(document))).toEqual([])
    expect(costOf(document, variables).requested).toBe(cost)
  })

  it('lets the board of the README and the tabs of GraphiQL be asked for often', () => {
    expect(costOf(board).requested).toBe(5 * (1 + 8 * (1 + 5 + 20 * 3)))
    for (const { query, variables } of exampleTabs) {
      expect(costOf(query, variables).requested).toBeLessThan(2_700)
    }
  })
})

describe('fragments', () => {
  /** As many levels of two fields, both of which lead to the fragment of the next level. */
  const doubling = (levels: number) => {
    const steps = Array.from(
      { length: levels },
      (_, n) => `fragment F${n} on Node { a { ...F${n + 1} } b { ...F${n + 1} ...F${n + 1} } }`,
    )
    return `{ node { ...F0 } } ${steps.join(' ')} fragment F${levels} on Node { id }`
  }
  /** Each path through the fields leads to other fragments than every other path. */
  const tangled = (levels: number) => {
    const names = Array.from({ length: levels }, (_, n) => n)
    const carry = names.flatMap((n) =>
      names
        .slice(n)
        .map(
          (at) =>
            `fragment C${n}x${at} on Node { a { ...C${n}x${at + 1} } b { ...C${n}x${at + 1} } }`,
        ),
    )
    const ends = names.map((n) => `fragment C${n}x${levels} on Node { id }`)
    const steps = names.map(
      (n) => `fragment S${n} on Node { a { ...S${n + 1} ...C${n}x${n + 1} } b { ...S${n + 1} } }`,
    )
    return `{ node { ...S0 } } ${[...steps, ...carry, ...ends].join(' ')} fragment S${levels} on Node { id }`
  }
  const nodes = buildSchema('type Query { node: Node! } type Node { id: ID! a: Node! b: Node! }')

  it('that double at each step are looked at once each', () => {
    expect(costOf(doubling(10), {}, nodes).requested).toBe(2 ** 11 - 1)
    expect(costOf(doubling(400), {}, nodes).requested).toBe(1_000_000_000)
  })

  it('that lead to more than can be looked at are given up', () => {
    expect(costOf(tangled(6), {}, nodes).requested).toBe(2 ** 7 - 1)
    expect(() => costOf(tangled(40), {}, nodes)).toThrow(TooTangled)
  })
})

/** Every object field of the API, by its type and name. */
const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
  isObjectType(type) && !type.name.startsWith('__')
    ? Object.values(type.getFields()).map((field) => ({ type, field }))
    : [],
)

describe('every field', () => {
  it('that is a plain list of objects says how long it is taken to be', () => {
    const lacking = fields.filter(({ type, field }) => {
      const isPage = /(Connection|Page)$/.test(type.name)
      const isList = isListType(getNullableType(field.type))
      const isOfObjects = isCompositeType(getNamedType(field.type))
      return !isPage && isList && isOfObjects && !field.extensions.cost
    })
    expect(lacking.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([])
  })

  it('says nothing of its cost that is not understood', () => {
    const declared = fields.flatMap(({ field }) => Object.entries(field.extensions.cost ?? {}))
    expect(declared.length).toBeGreaterThan(20)
    expect([...new Set(declared.map(([name]) => name))].sort()).toEqual([
      ...['fixed', 'items', 'page', 'size'],
    ])
  })
})

describe('what was read', () => {
  /** Answers every list as long as it may be asked for, or is taken to be. */
  const full: GraphQLFieldResolver<{ size?: number; items?: number }, unknown> = (
    { size = 0, items = 0 },
    args,
    _context,
    { returnType, parentType, fieldName },
  ) => {
    const original = schema.getType(parentType.name)
    const field = isObjectType(original) ? original.getFields()[fieldName] : undefined
    const cost = (field?.extensions.cost ?? {}) as FieldCost
    const page = {
      size: args.first ?? args.last ?? args.pageSize ?? 20,
      items: args.input?.items?.length ?? items,
    }
    if (!isCompositeType(getNamedType(returnType))) return leafOf(returnType)
    if (!isListType(getNullableType(returnType))) return page
    const declared = cost.size === 'items' ? items : cost.size
    return Array.from({ length: args.ids?.length ?? declared ?? size }, () => page)
  }
  const leafOf = (type: GraphQLOutputType): unknown => {
    const named = getNamedType(type)
    if (isListType(getNullableType(type))) return []
    return isEnumType(named) ? named.getValues()[0]?.value : named.name === 'String' ? 'x' : 1
  }
  const lax = buildClientSchema(introspectionFromSchema(schema))

  const documents = [...costs.map(([, , text]) => text), board].filter(
    (text) => !text.includes('__schema'),
  )

  it.each(documents)('costs what was said when every list is full: %s', async (text) => {
    const document = parse(text)
    const answer = await execute({
      schema: lax,
      document,
      rootValue: {},
      fieldResolver: full,
      typeResolver: (_value, _context, _info, type) => schema.getPossibleTypes(type)[0]?.name,
    })
    expect(answer.errors).toBeUndefined()
    const { requested, actual } = costOf(text)
    if (text.includes('... on')) expect(actual(answer.data)).toBeLessThanOrEqual(requested)
    else expect(actual(answer.data)).toBe(requested)
  })

  it('is less when there is less', () => {
    const { actual } = costOf('{ deals { totalCount nodes { owner { name } } } viewer { role } }')
    const deals = { totalCount: 2, nodes: [{ owner: { name: 'Ada' } }, { owner: null }] }
    expect(actual({ deals, viewer: { role: 'ADMIN' } })).toBe(5 + 2 + 1 + 1)
    expect(actual({ deals: { totalCount: 0, nodes: [] }, viewer: null })).toBe(5)
    expect(actual({ deals: null, viewer: null })).toBe(1)
  })

  it('is more when a plain list is longer than it is taken to be', () => {
    const { requested, actual } = costOf('{ pipelines { name } }')
    expect(requested).toBe(5)
    expect(actual({ pipelines: Array.from({ length: 9 }, () => ({ name: 'x' })) })).toBe(9)
  })

  it('is told apart by what the answer holds where a thing has one of many types', () => {
    const { actual } = costOf(
      '{ node(id: "a") { id ... on Stage { pipeline { name } } ... on Deal { stage { pipeline { name } } } } }',
    )
    expect(actual({ node: { id: 'a', pipeline: { name: 'x' } } })).toBe(2)
    expect(actual({ node: { id: 'a', stage: { pipeline: { name: 'x' } } } })).toBe(3)
    expect(actual({ node: { id: 'a' } })).toBe(1)
  })
})

describe('through the front door', () => {
  it('no answer costs more than it was said to', async () => {
    const t = await testTenant()
    const ids = await oneOfEach(t)
    const nodes = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Deal { contacts { contact { name } } tags { name }
      customFields { key definition { label } } assignees { name } allowedTransitions { stage { name } reasons { code } } history { edges { node { actor { name } } } } } } }`
    const answered = costs.filter(([, , text]) => !text.includes('"a"'))
    const asked = [...answered.map(([, , text]) => [text, {}] as const), [board, {}] as const]
    for (const [text, variables] of [...asked, [nodes, { ids: Object.values(ids) }] as const]) {
      const { errors, extensions } = await t.graphql(text, variables)
      expect(extensions.cost.requested).toBe(costOf(text, variables).requested)
      expect(errors).toEqual([])
      expect(extensions.cost.actual).toBeLessThanOrEqual(extensions.cost.requested)
    }
  })

  it('a document costs what its variables make it cost, in whatever order they come', async () => {
    const t = await testTenant()
    const query = `query ($n: Int = 30, $m: Int, $skip: Boolean = false, $search: String) {
      deals(first: $n, search: $search) @skip(if: $skip) { nodes { history(first: $m) { nodes { note } } } } tags { name } }`
    const given = [{}, { n: 5 }, { n: 5, m: 1 }, { n: null }, { skip: true }, { m: 2, search: 'x' }]
    const more = [1, 2, 3, 4, 6, 7].map((n) => ({ n }))
    for (const variables of [...given, ...given, ...more, ...given.toReversed()]) {
      const { extensions } = await t.graphql(query, variables)
      expect(extensions.cost.requested).toBe(costOf(query, variables).requested)
    }
  })

  it('each item of a bulk is charged, done or not', async () => {
    const t = await testTenant()
    await pipelineFixture(t)
    const { deal } = await done(t, 'createDeal', { name: 'Rocket' }, 'deal { id version }')
    const gone = { dealId: deal.id, expectedVersion: deal.version }
    const document =
      'mutation ($input: DeleteDealsInput!) { deleteDeals(input: $input) { results { deal { id } userErrors { code } } } }'
    const { extensions } = await t.graphql(document, { input: { items: [gone, gone] } })
    expect(extensions.cost).toMatchObject({ requested: 30 + 2 * 3, actual: 30 + 2 + 1 + 1 })
  })

  it.each([
    '{ deals(first: 100) { nodes { history(first: 100) { nodes { note } } } } }',
    '{ deals(first: 100) { nodes { history(first: 100) { pageInfo { hasNextPage } } changes { totalCount } } } }',
    'mutation { createDeal(input: { name: "Rocket" }) { deal { pipeline { deals(first: 100) { nodes { stage { deals(first: 100) { nodes { id } } } } } } } } }',
  ])('what costs too much is refused before it runs: %s', async (query) => {
    const t = await testTenant()
    await pipelineFixture(t)
    const headers = {
      authorization: `Bearer ${await t.keyFor('ADMIN')}`,
      accept: 'application/graphql-response+json',
    }
    await untouched([t], async () => {
      const { status, data, errors } = await post(appFor(t), { query }, headers)
      const cost = costOf(query).requested
      expect([status, data, errors.length]).toEqual([400, null, 1])
      expect(errors[0]?.extensions).toEqual({ code: 'TOO_EXPENSIVE', cost, maximum: 10_000 })
      expect(errors[0]?.message).toContain(`up to ${cost} points; at most 10000 are allowed`)
    })
  })
})

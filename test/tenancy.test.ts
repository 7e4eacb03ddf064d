import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../src/schema.ts'
import {
  ask,
  askMutation,
  contentsOf,
  mutate,
  nodeTypes,
  oneOfEach,
  pipelineFixture,
  untouched,
  usualStages,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

type Ids = Record<string, string>

let ours: TestTenant
let theirs: TestTenant
let our: Ids
let their: Ids
let theirUuids: Set<string>

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

beforeAll(async () => {
  ours = await testTenant()
  theirs = await testTenant()
  our = await oneOfEach(ours)
  their = await oneOfEach(theirs)
  theirUuids = new Set(JSON.stringify(await contentsOf(theirs)).match(uuid))
})

/** Asks as our tenant and proves that nothing of theirs is in the answer. */
async function askAsOurs(document: string, variables: object = {}) {
  const answer = await ours.graphql(document, variables)
  const leaked = (JSON.stringify(answer.data)?.match(uuid) ?? []).filter((id) => theirUuids.has(id))
  expect(leaked).toEqual([])
  return answer
}

async function dataAsOurs(document: string, variables: object = {}) {
  const { data, errors } = await askAsOurs(document, variables)
  expect(errors).toEqual([])
  return data
}

const connections: Ids = {
  deals: 'Deal',
  organizations: 'Organization',
  contacts: 'Contact',
  members: 'Member',
}
const filters: Ids = {
  pipelineId: 'Pipeline',
  stageId: 'Stage',
  ownerId: 'Member',
  organizationId: 'Organization',
  contactId: 'Contact',
  tagId: 'Tag',
}

async function expectOnlyOurs(field: string) {
  const data = await dataAsOurs(`{ ${field} { id } }`)
  expect(data[field].map(({ id }: { id: string }) => id)).toHaveLength(1)
}

async function expectConnectionOfOurs(field: string) {
  const page = '{ totalCount nodes { id } pageInfo { endCursor } }'
  const { pageInfo } = (await ask(theirs, `{ ${field} ${page} }`))[field]
  const data = await dataAsOurs(`{ ${field} ${page} }`)
  const ids = [{ id: our[connections[field] ?? ''] }]
  expect(data[field]).toMatchObject({ totalCount: 1, nodes: ids })
  const document = `query ($c: String) { ${field}(after: $c) ${page} before: ${field}(before: $c) ${page} }`
  await dataAsOurs(document, { c: pageInfo.endCursor })
}

/** A list that holds more than one of each tenant, all of them on one page. */
async function expectSomeOfOurs(field: string) {
  const page = '{ totalCount nodes { id } pageInfo { endCursor } }'
  const { pageInfo } = (await ask(theirs, `{ ${field} ${page} }`))[field]
  const found = (await dataAsOurs(`{ ${field} ${page} }`))[field]
  expect(found.nodes.length).toBeGreaterThan(1)
  expect(found.totalCount).toBe(found.nodes.length)
  const behind = `query ($c: String) { ${field}(before: $c) ${page} after: ${field}(after: $c) ${page} }`
  await dataAsOurs(behind, { c: pageInfo.endCursor })
}

/** What our tenant gets from each field of Query by the ids of theirs. */
const queries: Record<string, () => Promise<unknown>> = {
  async viewer() {
    const { viewer } = await dataAsOurs('{ viewer { tenant { slug } } }')
    expect(viewer.tenant.slug).toBe(ours.slug)
  },
  async node() {
    for (const id of Object.values(their)) {
      const document = 'query ($id: ID!) { node(id: $id) { id } }'
      expect(await dataAsOurs(document, { id })).toEqual({ node: null })
    }
  },
  async nodes() {
    const ids = Object.values(their)
    const { nodes } = await dataAsOurs('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })
    expect(nodes).toEqual(ids.map(() => null))
  },
  async deal() {
    const document = 'query ($id: ID!) { deal(id: $id) { id } }'
    expect(await dataAsOurs(document, { id: their.Deal })).toEqual({ deal: null })
  },
  async pipeline() {
    const document = 'query ($id: ID!) { pipeline(id: $id) { id } }'
    expect(await dataAsOurs(document, { id: their.Pipeline })).toEqual({ pipeline: null })
  },
  async dealByNumber() {
    const data = await dataAsOurs('{ dealByNumber(number: 1) { id } }')
    expect(data.dealByNumber).toEqual({ id: our.Deal })
  },
  async deals() {
    await expectConnectionOfOurs('deals')
    for (const [field, typename] of Object.entries(filters)) {
      const document =
        'query ($filter: DealFilter) { deals(filter: $filter) { totalCount nodes { id } } }'
      for (const condition of [{ eq: their[typename] }, { in: [their[typename]] }]) {
        const { deals } = await dataAsOurs(document, { filter: { [field]: condition } })
        expect(deals).toEqual({ totalCount: 0, nodes: [] })
      }
    }
  },
  organizations: () => expectConnectionOfOurs('organizations'),
  async contacts() {
    await expectConnectionOfOurs('contacts')
    const document = 'query ($f: ContactFilter) { contacts(filter: $f) { nodes { id } } }'
    const f = { organizationId: { eq: their.Organization } }
    expect((await dataAsOurs(document, { f })).contacts.nodes).toEqual([])
  },
  members: () => expectConnectionOfOurs('members'),
  apiKeys: () => expectSomeOfOurs('apiKeys'),
  async auditEvents() {
    await expectSomeOfOurs('auditEvents')
    const document = 'query ($f: AuditEventFilter) { auditEvents(filter: $f) { nodes { id } } }'
    const subjects = [{ memberId: { eq: their.Member } }, { apiKeyId: { eq: their.ApiKey } }]
    for (const f of subjects) {
      expect((await dataAsOurs(document, { f })).auditEvents.nodes).toEqual([])
    }
  },
  pipelines: () => expectOnlyOurs('pipelines'),
  tags: () => expectOnlyOurs('tags'),
  sources: () => expectOnlyOurs('sources'),
  closeReasons: () => expectOnlyOurs('closeReasons'),
  async customFields() {
    await expectOnlyOurs('customFields')
    const document = 'query ($id: ID) { customFields(pipelineId: $id) { id } }'
    const { customFields } = await dataAsOurs(document, { id: their.Pipeline })
    expect(customFields).toEqual([{ id: our.CustomFieldDefinition }])
  },
}

describe('a query with the ids of another tenant', () => {
  it('is tried here on every field of Query', () => {
    const fields = Object.keys(schema.getQueryType()?.getFields() ?? {})
    expect(fields.sort()).toEqual(Object.keys(queries).sort())
  })

  it.each(Object.keys(queries))('gives nothing of it by %s', async (field) => {
    await untouched([ours, theirs], async () => queries[field]?.())
  })
})

/** Every field of an object that needs no argument, and of what it leads to the id. */
function everything(type: GraphQLObjectType, depth = 2): string {
  const fields = Object.values(type.getFields()).filter(
    (field) => !field.args.some(isRequiredArgument),
  )
  return fields.map((field) => selection(field, depth)).join(' ')
}

function selection({ name, type }: GraphQLField<unknown, unknown>, depth: number): string {
  const named = getNamedType(type)
  if (isLeafType(named)) return name
  if (!isObjectType(named)) return ''
  if ('nodes' in named.getFields()) return `${name} { totalCount nodes { id } }`
  if (depth > 1) return `${name} { ${everything(named, depth - 1)} }`
  return `${name} { __typename ${'id' in named.getFields() ? 'id' : ''} }`
}

describe('a thing of our own', () => {
  it.each(nodeTypes())('leads to nothing of theirs: %s', async (typename) => {
    const type = schema.getType(typename) as GraphQLObjectType
    const document = `query ($id: ID!) { node(id: $id) { ... on ${typename} { ${everything(type)} } } }`
    const { node } = await dataAsOurs(document, { id: our[typename] })
    expect(node.id).toBe(our[typename])
  })
})

const versioned = () => ({ dealId: our.Deal, expectedVersion: 1 })

let other: Promise<{ id: string }> | undefined

/** A second pipeline of ours, for what cannot be done with one. */
async function otherPipeline(): Promise<string> {
  other ??= pipelineFixture(ours, { name: 'Renewals' })
  return (await other).id
}

/** An input of our own ids for each mutation. */
const inputs: Record<string, () => object | Promise<object>> = {
  createPipeline: () => ({ name: 'Support', stages: usualStages }),
  updatePipeline: () => ({ pipelineId: our.Pipeline, name: 'Deals', position: 0 }),
  archivePipeline: () => ({ pipelineId: our.Pipeline }),
  restorePipeline: () => ({ pipelineId: our.Pipeline }),
  setDefaultPipeline: () => ({ pipelineId: our.Pipeline }),
  createStage: () => ({ pipelineId: our.Pipeline, name: 'Talks', kind: 'OPEN' }),
  updateStage: () => ({ stageId: our.Stage, name: 'Inquiry' }),
  reorderStages: () => ({ pipelineId: our.Pipeline, stageIds: [our.Stage] }),
  archiveStage: () => ({ stageId: our.Stage }),
  restoreStage: () => ({ stageId: our.Stage }),
  updateTenant: () => ({ name: 'Ours' }),
  createCustomField: () => ({ key: 'cf_site', label: 'Site', type: 'TEXT' }),
  updateCustomField: () => ({ customFieldId: our.CustomFieldDefinition, label: 'Place' }),
  archiveCustomField: () => ({ customFieldId: our.CustomFieldDefinition }),
  restoreCustomField: () => ({ customFieldId: our.CustomFieldDefinition }),
  createMember: () => ({ name: 'Ada', role: 'MEMBER' }),
  updateMember: () => ({ memberId: our.Member, name: 'Grace' }),
  createApiKey: () => ({ name: 'Phone', role: 'MEMBER' }),
  revokeApiKey: () => ({ apiKeyId: our.ApiKey }),
  createOrganization: () => ({ name: 'Acme' }),
  updateOrganization: () => ({ organizationId: our.Organization, name: 'Apex' }),
  createContact: () => ({ name: 'Ada' }),
  updateContact: () => ({ contactId: our.Contact, name: 'Grace' }),
  createDeal: () => ({ name: 'Rocket' }),
  updateDeal: () => ({ ...versioned(), name: 'Shuttle' }),
  deleteDeal: versioned,
  restoreDeal: versioned,
  moveDeal: () => ({ ...versioned(), stageId: our.Stage }),
  reorderDeal: versioned,
  winDeal: versioned,
  loseDeal: () => ({ ...versioned(), reason: 'Price' }),
  reopenDeal: versioned,
  moveDealToPipeline: async () => ({ ...versioned(), pipelineId: await otherPipeline() }),
  moveDeals: () => ({ items: [{ ...versioned(), stageId: our.Stage }] }),
  updateDeals: () => ({ items: [{ ...versioned(), name: 'Shuttle' }] }),
  deleteDeals: () => ({ items: [versioned()] }),
  addDealContact: () => ({ ...versioned(), contactId: our.Contact }),
  updateDealContact: () => ({ ...versioned(), dealContactId: our.DealContact, role: 'Champion' }),
  tagDeal: () => ({ ...versioned(), tagIds: [our.Tag] }),
  untagDeal: () => ({ ...versioned(), tagIds: [our.Tag] }),
  assignDeal: () => ({ ...versioned(), memberIds: [our.Member] }),
  unassignDeal: () => ({ ...versioned(), memberIds: [our.Member] }),
  createSource: () => ({ name: 'Fair' }),
  updateSource: () => ({ sourceId: our.Source, name: 'Trade fair' }),
  archiveSource: () => ({ sourceId: our.Source }),
  restoreSource: () => ({ sourceId: our.Source }),
  createCloseReason: () => ({ kind: 'LOST', name: 'Timing' }),
  updateCloseReason: () => ({ closeReasonId: our.CloseReason, name: 'Too dear' }),
  archiveCloseReason: () => ({ closeReasonId: our.CloseReason }),
  restoreCloseReason: () => ({ closeReasonId: our.CloseReason }),
  createTag: () => ({ name: 'Warm' }),
  updateTag: () => ({ tagId: our.Tag, name: 'Warmer' }),
  deleteTag: () => ({ tagId: our.Tag }),
  removeDealContact: () => ({ ...versioned(), dealContactId: our.DealContact }),
  deleteOrganization: () => ({ organizationId: our.Organization }),
  deleteContact: () => ({ contactId: our.Contact }),
  deleteMember: () => ({ memberId: our.Member }),
}

/** Of which type the ids in inputs are, by their names or by those of mutation and name. */
const typeOfId: Ids = {
  dealId: 'Deal',
  before: 'Deal',
  after: 'Deal',
  stageId: 'Stage',
  stageIds: 'Stage',
  reassignTo: 'Stage',
  pipelineId: 'Pipeline',
  organizationId: 'Organization',
  ownerId: 'Member',
  memberId: 'Member',
  'deleteOrganization.reassignTo': 'Organization',
  'deleteContact.reassignTo': 'Contact',
  'deleteMember.reassignTo': 'Member',
  apiKeyId: 'ApiKey',
  contactId: 'Contact',
  contactIds: 'Contact',
  sourceId: 'Source',
  closeReasonId: 'CloseReason',
  tagId: 'Tag',
  tagIds: 'Tag',
  assigneeIds: 'Member',
  memberIds: 'Member',
  introducedById: 'Contact',
  dealContactId: 'DealContact',
  customFieldId: 'CustomFieldDefinition',
}

function idFieldsOf(type: GraphQLType | undefined) {
  const input = getNamedType(type)
  const fields = isInputObjectType(input) ? Object.values(input.getFields()) : []
  return {
    fields,
    ids: fields
      .filter(({ name, type }) => getNamedType(type).name === 'ID' && name !== 'id')
      .map(({ name, type }) => [name, isListType(getNullableType(type))] as const),
  }
}

const mutationFields = Object.values(schema.getMutationType()?.getFields() ?? {})

/** The ids in the input of each mutation, apart from the one that a client makes itself. */
const idsOfInputs = mutationFields.flatMap(({ name, args }) =>
  idFieldsOf(args[0]?.type).ids.map((id) => [name, ...id] as const),
)

/** The same of the items of a bulk. */
const idsOfItems = mutationFields.flatMap(({ name, args }) => {
  const items = idFieldsOf(args[0]?.type).fields.find((field) => field.name === 'items')
  return idFieldsOf(items?.type).ids.map(([id]) => [name, id] as const)
})

describe('a mutation with the ids of another tenant', () => {
  it('is tried here on every mutation', () => {
    const fields = Object.keys(schema.getMutationType()?.getFields() ?? {})
    expect(fields.sort()).toEqual(Object.keys(inputs).sort())
  })

  it.each(idsOfInputs)('does not find it: %s by %s', async (mutation, name, isList) => {
    const typename = typeOfId[`${mutation}.${name}`] ?? typeOfId[name] ?? ''
    expect(Object.keys(their)).toContain(typename)
    const id = isList ? [their[typename]] : their[typename]
    const input = await inputs[mutation]?.()
    await untouched([ours, theirs], async () => {
      const payload = await mutate(ours, mutation, { ...input, [name]: id })
      expect(payload.userErrors).toMatchObject([{ __typename: 'NotFound', code: 'NOT_FOUND' }])
      expect(payload.userErrors[0].path.slice(0, 2)).toEqual(['input', name])
    })
  })

  it.each(idsOfItems)('does not find it in an item: %s by %s', async (mutation, name) => {
    const { items = [] } = ((await inputs[mutation]?.()) ?? {}) as { items?: object[] }
    const item = { ...items[0], [name]: their[typeOfId[name] ?? ''] }
    const selection = 'results { deal { id } userErrors { code path } }'
    await untouched([ours, theirs], async () => {
      const { results } = await mutate(ours, mutation, { items: [item] }, selection)
      const path = ['input', 'items', '0', name]
      expect(results).toEqual([{ deal: null, userErrors: [{ code: 'NOT_FOUND', path }] }])
    })
  })

  it('makes a deal of our own by the id of one of theirs', async () => {
    const { id } = await untouched([theirs], async () => {
      const input = { id: their.Deal, name: 'Ours' }
      const { data } = await askMutation(ours, 'createDeal', input, { selection: 'deal { id }' })
      return data.createDeal.deal
    })
    const document = 'query ($id: ID!) { deal(id: $id) { name } }'
    expect(await ask(ours, document, { id })).toEqual({ deal: { name: 'Ours' } })
    expect(await ask(theirs, document, { id })).toEqual({ deal: { name: 'Rocket' } })
  })

  it.each(Object.keys(inputs))('changes nothing of theirs by our own ids: %s', async (mutation) => {
    await untouched([theirs], async () =>
      mutate(ours, mutation, (await inputs[mutation]?.()) ?? {}),
    )
  })
})

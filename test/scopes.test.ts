import { randomUUID } from 'node:crypto'
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
} from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import { type Scope, scopes } from '../src/auth/scopes.ts'
import { deniedByDefault } from '../src/root-fields.ts'
import { schema } from '../src/schema.ts'
import { askMutation, dealFixture, done, memberFixture, pipelineFixture } from './fixtures.ts'
import { type GraphqlAnswer, type TestTenant, testTenant } from './harness.ts'
import { subscribe } from './subscription-fixtures.ts'

type Field = GraphQLField<unknown, unknown>

/** The root fields that each scope alone opens; those of none are everybody’s who is authenticated. */
const opens: Record<Scope | 'none', string[]> = {
  none: ['viewer', 'rateLimit'],
  'deals:read': [
    ...['node', 'nodes', 'deal', 'dealByNumber', 'deals', 'dealPage', 'pipeline', 'pipelines'],
    ...['organizations', 'contacts', 'tags', 'sources', 'closeReasons', 'customFields'],
    ...['pipelineByNumber', 'stageByNumber', 'organizationByNumber', 'contactByNumber'],
    'currencies',
    'dealMoved',
  ],
  'deals:write': [
    ...['createDeal', 'updateDeal', 'deleteDeal', 'restoreDeal', 'moveDeal', 'reorderDeal'],
    ...['winDeal', 'loseDeal', 'reopenDeal', 'moveDealToPipeline', 'editDeal'],
    ...['moveDeals', 'updateDeals', 'deleteDeals'],
    ...['addDealContact', 'updateDealContact', 'removeDealContact', 'tagDeal', 'untagDeal'],
    ...['assignDeal', 'unassignDeal', 'createTag', 'updateTag', 'deleteTag'],
  ],
  'pipelines:write': [
    ...['createPipeline', 'updatePipeline', 'archivePipeline', 'restorePipeline'],
    ...['setDefaultPipeline', 'createStage', 'updateStage', 'reorderStages', 'archiveStage'],
    ...['restoreStage', 'updateTenant', 'createCustomField', 'updateCustomField'],
    ...['archiveCustomField', 'restoreCustomField', 'createSource', 'updateSource'],
    ...['archiveSource', 'restoreSource', 'createCloseReason', 'updateCloseReason'],
    ...['archiveCloseReason', 'restoreCloseReason'],
  ],
  'contacts:write': [
    ...['createOrganization', 'updateOrganization', 'deleteOrganization'],
    ...['createContact', 'updateContact', 'deleteContact'],
  ],
  'members:read': ['members', 'memberByNumber'],
  'members:write': ['createMember', 'updateMember', 'deleteMember'],
  'keys:write': ['apiKeys', 'auditEvents', 'createApiKey', 'revokeApiKey'],
  'operations:write': [
    ...['clientReleases', 'persistedOperations', 'checkOperations', 'pushOperations'],
    ...['activateClientRelease', 'retireClientRelease', 'persistOperation'],
  ],
  'operations:bypass': [],
}

const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
const rootFields = roots.flatMap((type) =>
  type ? Object.values(type.getFields()).map((field) => ({ type, field })) : [],
)

/** A value of the type that is right in its form; what it refers to need not be there. */
function inputOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return inputOf(type.ofType)
  if (isListType(type)) return [inputOf(type.ofType)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField)
    return Object.fromEntries(required.map((field) => [field.name, inputOf(field.type)]))
  }
  const values: Record<string, unknown> = { ID: `deal_${randomUUID()}`, Int: 1, Boolean: true }
  return values[type.name] ?? 'x'
}

function documentOf({ type, field }: { type: GraphQLObjectType; field: Field }) {
  const given = field.args.filter((arg) => isNonNullType(arg.type))
  const declared = given.map((arg) => `$${arg.name}: ${arg.type}`).join(', ')
  const passed = given.map((arg) => `${arg.name}: $${arg.name}`).join(', ')
  const isMutation = type === schema.getMutationType()
  const below = isMutation ? '{ userErrors { code } replayed }' : '{ __typename }'
  const call = `${field.name}${passed && `(${passed})`}`
  const selection = isLeafType(getNamedType(field.type)) ? '' : below
  const operation = type.name.toLowerCase()
  return {
    document: `${operation} ${declared && `(${declared})`} { ${call} ${selection} }`,
    variables: Object.fromEntries(given.map((arg) => [arg.name, inputOf(arg.type)])),
  }
}

let t: TestTenant

beforeAll(async () => {
  t = await testTenant()
})

/** An administrator's key that is limited to these scopes. */
async function limitedTo(...limits: Scope[]): Promise<{ key: string }> {
  const values = { name: 'Limited', role: 'ADMIN', scopes: limits } as const
  return { key: (await t.write((tx) => createApiKey(tx, values))).secret }
}

/** What is wrong with an operation; a subscription is not waited for. */
async function errorsOf(
  type: GraphQLObjectType,
  { document, variables }: { document: string; variables: object },
  as: { key: string },
): Promise<GraphqlAnswer['errors']> {
  if (type !== schema.getSubscriptionType())
    return (await t.graphql(document, variables, as)).errors
  const { next } = await subscribe(t.app, { query: document, variables }, as.key)
  return (await next())?.errors ?? []
}

function forbidden(path: (string | number)[], scope: Scope) {
  const message = `^You may not use \\w+\\.\\w+: it needs the scope ${scope}\\.$`
  return { path, message: expect.stringMatching(message), extensions: { code: 'FORBIDDEN' } }
}

describe('every root field', () => {
  it('has its line in this table', () => {
    const names = rootFields.map(({ field }) => field.name)
    expect(Object.values(opens).flat().sort()).toEqual(names.sort())
  })

  it.each(scopes)('is open to %s alone, or shut, as the table says', async (scope) => {
    const as = await limitedTo(scope)
    const opened = []
    for (const root of rootFields) {
      const { document, variables } = documentOf(root)
      const errors = await errorsOf(root.type, { document, variables }, as)
      const refused = errors.filter(({ extensions }) => extensions.code === 'FORBIDDEN')
      if (refused.length === 0) opened.push(root.field.name)
      else expect(errors).toMatchObject([{ path: [root.field.name] }])
      expect(errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL')
    }
    expect(opened.sort()).toEqual([...opens.none, ...opens[scope]].sort())
  })

  it.each(['Query', 'Mutation', 'Subscription'])('must name its scope: %s', (root) => {
    const named = buildSchema(
      `type Query { a: Int } type Mutation { a: Int } type Subscription { a: Int }`,
    )
    for (const type of [
      named.getQueryType(),
      named.getMutationType(),
      named.getSubscriptionType(),
    ]) {
      const field = type?.getFields().a as Field
      if (type?.name !== root)
        field.extensions = { pothosOptions: { authScopes: { scope: 'deals:read' } } }
    }
    expect(() => deniedByDefault(named)).toThrow(`${root}.a names no scope`)
  })

  it('names one, in the schema that is served', () => {
    expect(deniedByDefault(schema)).toBe(schema)
  })
})

interface Guards {
  authScopes?: { scope?: Scope }
  skipTypeScopes?: boolean
}

const guardsOf = (thing: { extensions: object }) =>
  ((thing.extensions as { pothosOptions?: Guards }).pothosOptions ?? {}) as Guards

/** Whether a field of the type needs `deals:read`, by itself or by its type. */
function needsDeals(type: GraphQLObjectType, field: Field): boolean {
  const own = guardsOf(field)
  const byType = !own.skipTypeScopes && guardsOf(type).authScopes?.scope === 'deals:read'
  return byType || own.authScopes?.scope === 'deals:read'
}

/** The object types that lead on from a root field without `deals:read`. */
function reachedWithout(root: Field): Set<string> {
  const found = new Set<string>()
  const waiting = [getNamedType(root.type)]
  for (let type = waiting.pop(); type; type = waiting.pop()) {
    if (isInterfaceType(type)) waiting.push(...schema.getPossibleTypes(type))
    if (!isObjectType(type) || found.has(type.name)) continue
    found.add(type.name)
    for (const field of Object.values(type.getFields())) {
      if (!needsDeals(type, field)) waiting.push(getNamedType(field.type) as GraphQLObjectType)
    }
  }
  return found
}

describe('without deals:read', () => {
  it('nothing leads to a deal or what belongs to it', () => {
    const others = rootFields.filter(({ field }) => !opens['deals:read'].includes(field.name))
    const reached = new Set(others.flatMap(({ field }) => [...reachedWithout(field)]))
    const errors = schema.getPossibleTypes(schema.getType('UserError') as never)
    for (const { name } of errors) reached.delete(name)
    expect([...reached].filter((name) => !name.endsWith('Payload')).sort()).toEqual([
      ...['Actor', 'ApiKey', 'ApiKeyConnection', 'ApiKeyEdge'],
      ...['AuditEvent', 'AuditEventConnection', 'AuditEventEdge', 'ClientRelease'],
      ...['ClientReleaseConnection', 'ClientReleaseEdge', 'DeleteDealsResult', 'Member'],
      ...['MemberConnection', 'MemberEdge', 'MoveDealsResult', 'OperationCheck', 'PageInfo'],
      ...['PersistedOperation', 'PersistedOperationConnection', 'PersistedOperationEdge'],
      ...['RateLimit', 'Tenant'],
      ...['UpdateDealsResult', 'Viewer'],
    ])
  })

  it('a payload tells what is wrong and whether it is a replay, and no more', () => {
    for (const { name, type } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const payload = getNamedType(type) as GraphQLObjectType
      const open = Object.values(payload.getFields()).filter(
        (field) => guardsOf(field).skipTypeScopes,
      )
      const names = open
        .map((field) => field.name)
        .filter((field) => field !== 'results')
        .sort()
      expect([name, guardsOf(payload).authScopes !== undefined, names]).toEqual([
        ...[name, true],
        ['replayed', 'userErrors'],
      ])
    }
  })

  it('who may create a contact does so and reads nothing of it', async () => {
    const as = await limitedTo('contacts:write')
    const options = { selection: 'contact { id } replayed', as }
    const { data, errors } = await askMutation(t, 'createContact', { name: 'Unread' }, options)
    expect(data.createContact).toEqual({ contact: null, replayed: false, userErrors: [] })
    expect(errors).toMatchObject([forbidden(['createContact', 'contact'], 'deals:read')])
    const found = await t.graphql('{ contacts(search: "Unread") { totalCount } }')
    expect(found.data.contacts.totalCount).toBe(1)
  })

  it('a conflict tells the version that a deal has, and a refusal of a bulk its errors', async () => {
    await pipelineFixture(t)
    const { id: dealId } = await dealFixture(t)
    const as = await limitedTo('deals:write')
    const stale = { dealId, expectedVersion: 9, name: 'Stale' }
    const { data, errors } = await askMutation(t, 'updateDeal', stale, { as })
    expect(data.updateDeal.userErrors).toMatchObject([{ currentVersion: 1, deal: null }])
    expect(errors).toMatchObject([forbidden(['updateDeal', 'userErrors', 0, 'deal'], 'deals:read')])
    const selection = 'results { deal { id } userErrors { code } }'
    const bulk = await askMutation(t, 'updateDeals', { items: [stale] }, { as, selection })
    const userErrors = [{ code: 'VERSION_CONFLICT' }]
    expect(bulk.data.updateDeals.results).toEqual([{ deal: null, userErrors }])
    const path = ['updateDeals', 'results', 0, 'deal']
    expect(bulk.errors).toMatchObject([forbidden(path, 'deals:read')])
  })

  it('what needs a reason tells none that others gave', async () => {
    const { stage } = await pipelineFixture(t, { name: 'Reasons' })
    await done(t, 'createCloseReason', { kind: 'LOST', name: 'Price' })
    const as = await limitedTo('deals:write')
    const { data, errors } = await askMutation(
      t,
      'createDeal',
      { name: 'New', stageId: stage('Lost') },
      { as },
    )
    expect(data.createDeal.userErrors).toMatchObject([
      { code: 'REASON_REQUIRED', knownReasons: null },
    ])
    const path = ['createDeal', 'userErrors', 0, 'knownReasons']
    expect(errors).toMatchObject([forbidden(path, 'deals:read')])
  })

  it('what is still in use tells by how many deals, and not by which', async () => {
    const member = await memberFixture(t, 'Owen Owner')
    await dealFixture(t, { ownerId: member.id })
    const as = await limitedTo('members:write')
    const document = `mutation ($id: ID!) { deleteMember(input: { memberId: $id }) {
      userErrors { ... on StillInUse { count } } } }`
    const { data, errors } = await t.graphql(document, { id: member.id }, as)
    expect([data.deleteMember.userErrors, errors]).toEqual([[{ count: 1 }], []])
    const asked = await t.graphql(document.replace('count', 'deals { id }'), { id: member.id }, as)
    expect(asked.data).toEqual({ deleteMember: null })
    const path = ['deleteMember', 'userErrors', 0, 'deals']
    expect(asked.errors).toMatchObject([forbidden(path, 'deals:read')])
  })

  it('members are read without their deals', async () => {
    const as = await limitedTo('members:read')
    const document = (below: string) => `{ members(first: 1) { nodes { name ${below} } } }`
    expect((await t.graphql(document(''), {}, as)).errors).toEqual([])
    for (const field of ['deals { totalCount }', 'totals { count }']) {
      const { data, errors } = await t.graphql(document(field), {}, as)
      expect(data).toBeNull()
      const path = ['members', 'nodes', 0, field.split(' ')[0] as string]
      expect(errors).toMatchObject([forbidden(path, 'deals:read')])
    }
  })
})

describe('without members:read', () => {
  let as: { key: string }
  let member: { id: string }
  let deal: { id: string }

  beforeAll(async () => {
    as = await limitedTo('deals:read')
    await pipelineFixture(t, { name: 'Renewals' })
    member = await memberFixture(t, 'Mia Member')
    deal = await dealFixture(t, { ownerId: member.id, assigneeIds: [member.id] })
  })

  it.each([
    ['Deal.owner', 'owner { name }', ['deal', 'owner']],
    ['Deal.owner', 'owner { __typename }', ['deal', 'owner']],
    ['Deal.assignees', 'assignees { id }', ['deal', 'assignees', 0]],
  ] as const)('%s is forbidden: %s', async (name, selection, path) => {
    const document = `query ($id: ID!) { deal(id: $id) { ${selection} } }`
    const { errors } = await t.graphql(document, { id: deal.id }, as)
    expect(errors).toMatchObject([forbidden([...path], 'members:read')])
    expect(errors[0]?.message).toContain(name)
  })

  it('the rest of a deal is read, and who made its history by name', async () => {
    const acting = await t.write((tx) =>
      createApiKey(tx, {
        name: 'Acting',
        role: 'ADMIN',
        memberId: member.id.slice('member_'.length),
      }),
    )
    const by = { as: { key: acting.secret }, selection: 'deal { id }' }
    const made = await askMutation(t, 'createDeal', { name: 'Told' }, by)
    const document = `query ($id: ID!) { deal(id: $id) { name owner { name }
      history { nodes { actor { kind name member { name } } } } } }`
    const { data, errors } = await t.graphql(document, { id: made.data.createDeal.deal.id }, as)
    const actor = { kind: 'API_KEY', name: 'Mia Member', member: null }
    expect(data.deal).toEqual({ name: 'Told', owner: null, history: { nodes: [{ actor }] } })
    expect(errors).toMatchObject([
      forbidden(['deal', 'owner'], 'members:read'),
      forbidden(['deal', 'history', 'nodes', 0, 'actor', 'member'], 'members:read'),
    ])
  })

  it.each(['member', 'api_key', 'audit_event'])(
    'node gives no %s, not even its type',
    async (kind) => {
      const { data } = await t.graphql('{ apiKeys { nodes { id } } auditEvents { nodes { id } } }')
      const ids = {
        member: member.id,
        api_key: data.apiKeys.nodes[0].id,
        audit_event: data.auditEvents.nodes[0].id,
      }
      const id = ids[kind as keyof typeof ids]
      const answer = await t.graphql(
        'query ($id: ID!) { node(id: $id) { __typename } }',
        { id },
        as,
      )
      expect(answer.data).toEqual({ node: null })
      expect(answer.errors).toMatchObject([{ path: ['node'], extensions: { code: 'FORBIDDEN' } }])
    },
  )

  it('a key learns who it is, but not the member for whom it acts', async () => {
    const memberId = member.id.slice('member_'.length)
    const values = { name: 'Acting', role: 'ADMIN', memberId, scopes: ['contacts:write'] } as const
    const { secret: key } = await t.write((tx) => createApiKey(tx, values))
    const document = '{ viewer { role scopes apiKeyName tenant { slug } member { name } } }'
    const { data, errors } = await t.graphql(document, {}, { key })
    const tenant = { slug: t.slug }
    const viewer = { role: 'ADMIN', scopes: ['contacts:write'], apiKeyName: 'Acting', tenant }
    expect(data.viewer).toEqual({ ...viewer, member: null })
    expect(errors).toMatchObject([forbidden(['viewer', 'member'], 'members:read')])
  })

  it('who may write members reads none of them in a payload', async () => {
    const writer = await limitedTo('members:write', 'deals:read')
    const input = { memberId: member.id, name: 'Mia Renamed' }
    const options = { as: writer, selection: 'member { name }' }
    const { data, errors } = await askMutation(t, 'updateMember', input, options)
    expect(data.updateMember).toEqual({ member: null, userErrors: [] })
    expect(errors).toMatchObject([forbidden(['updateMember', 'member'], 'members:read')])
    await done(t, 'updateMember', { memberId: member.id, name: 'Mia Member' })
  })
})

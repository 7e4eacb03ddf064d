import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { schema } from '../src/schema.ts'
import {
  ask,
  askMutation,
  contactFixture,
  customFieldFixture,
  dealFixture,
  done,
  eventsOf,
  keyOfMember,
  memberFixture,
  mutate,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
})

async function created(input: object, selection: string) {
  const { deal } = await done(t, 'createDeal', { name: 'Rocket', ...input }, 'deal { id }')
  return (await ask(t, `query ($id: ID!) { deal(id: $id) { ${selection} } }`, { id: deal.id })).deal
}

async function dealCount(): Promise<number> {
  return (await ask(t, '{ deals { totalCount } }')).deals.totalCount
}

describe('createDeal', () => {
  it('needs nothing but a name', async () => {
    const selection = `number name version status currency valuePeriod amount pipelineName stageName owner { id }
      priority confidence metadata customFields { key } closedAt deletedAt lastOpenStage { name }
      history { nodes { seq direction fromStage { id } toStageName probability reason } }`
    expect(await created({ name: '  Rocket ' }, selection)).toEqual({
      number: 1,
      name: 'Rocket',
      version: 1,
      status: 'OPEN',
      currency: 'USD',
      valuePeriod: 'ONE_TIME',
      amount: null,
      pipelineName: 'Sales',
      stageName: 'Lead',
      owner: null,
      priority: null,
      confidence: null,
      metadata: {},
      customFields: [],
      closedAt: null,
      deletedAt: null,
      lastOpenStage: { name: 'Lead' },
      history: {
        nodes: [
          {
            seq: 1,
            direction: 'CREATED',
            fromStage: null,
            toStageName: 'Lead',
            probability: 10,
            reason: null,
          },
        ],
      },
    })
  })

  it('writes one event, at the same revision', async () => {
    const before = await eventsOf(t)
    const { id } = await dealFixture(t)
    const events = (await eventsOf(t)).slice(before.length)
    const revision = (before.at(-1)?.revision ?? 0n) + 1n
    expect(events).toMatchObject([
      { type: 'deal.created', dealId: id.replace('deal_', ''), revision },
    ])
  })

  it('counts numbers from 1 and puts each deal at the end of its stage', async () => {
    const numbers = []
    for (const name of ['A', 'B', 'C']) numbers.push((await dealFixture(t, { name })).number)
    expect(numbers).toEqual([1, 2, 3])
    const document = `query ($id: ID!) { node(id: $id) { ... on Stage { deals { nodes { name } } } } }`
    const { node } = await ask(t, document, { id: sales.stage('Lead') })
    expect(node.deals.nodes).toEqual([{ name: 'A' }, { name: 'B' }, { name: 'C' }])
  })

  it('takes the tenant’s own currency where none is named', async () => {
    await t.write(async (tx) => {
      await tx.db.tenant.update({ where: { id: t.tenantId }, data: { defaultCurrency: 'EUR' } })
      tx.emit({ type: 'tenant.updated' })
    })
    expect(await created({}, 'currency')).toEqual({ currency: 'EUR' })
  })

  it('belongs to the member for whom the key acts, who also is its actor', async () => {
    const grace = await memberFixture(t)
    const as = await keyOfMember(t, grace)
    const selection =
      'deal { owner { id } history { nodes { actor { kind name member { id } } } } }'
    const { data } = await askMutation(t, 'createDeal', { name: 'Rocket' }, { selection, as })
    expect(data.createDeal.deal.owner).toEqual(grace)
    const actor = { kind: 'API_KEY', name: 'Grace Hopper', member: grace }
    expect(data.createDeal.deal.history.nodes).toEqual([{ actor }])
  })

  it('takes pipeline and stage where they are named', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    const where = 'pipelineName stageName'
    expect(await created({ pipelineId: support.id }, where)).toEqual({
      pipelineName: 'Support',
      stageName: 'Lead',
    })
    expect(await created({ stageId: support.stage('Proposal') }, where)).toEqual({
      pipelineName: 'Support',
      stageName: 'Proposal',
    })
  })

  it('starts closed in a closed stage, with its reason in the audit', async () => {
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const selection = `status closedAt wonReason lostReason lastOpenStage { id } probability
      history { nodes { direction reason probability } }`
    expect(await created({ stageId: sales.stage('Lost'), reason: ' Price ' }, selection)).toEqual({
      status: 'LOST',
      closedAt: '2026-03-02T09:00:00.000Z',
      wonReason: null,
      lostReason: 'Price',
      lastOpenStage: null,
      probability: 0,
      history: { nodes: [{ direction: 'CREATED', reason: 'Price', probability: 0 }] },
    })
  })

  it('adds contacts in their order, the first of them as primary, each once', async () => {
    const [ada, bob] = [await contactFixture(t, 'Ada'), await contactFixture(t, 'Bob')]
    const selection = 'primaryContact { id } contacts { isPrimary contact { id } }'
    expect(await created({ contactIds: [bob.id, ada.id, bob.id] }, selection)).toEqual({
      primaryContact: bob,
      contacts: [
        { isPrimary: true, contact: bob },
        { isPrimary: false, contact: ada },
      ],
    })
  })
})

it.each(['contactIds', 'tagIds', 'assigneeIds'])(
  'createDeal takes at most 100 %s',
  async (argument) => {
    const noun = { contactIds: 'contact', tagIds: 'tag', assigneeIds: 'member' }[argument]
    const ids = Array.from({ length: 101 }, () => `${noun}_${randomUUID()}`)
    const errors = await refusal(t, 'createDeal', { name: 'Rocket', [argument]: ids })
    expect(errors[0]).toMatchObject({ code: 'VALIDATION_ERROR', path: ['input', argument] })
  },
)

describe('createDeal with every value', () => {
  const plain = {
    description: 'Two stages, reusable.',
    amount: '1054.5000',
    currency: 'EUR',
    valuePeriod: 'MONTHLY',
    confidence: 65,
    priority: 'HIGH',
    source: 'Referral',
    nextStep: 'Call on Monday',
    expectedCloseDate: '2026-03-31',
    leadRef: 'lead-7',
    externalId: 'crm-99',
    metadata: { nested: [1, 'two', null, { three: true }] },
    customFields: { cf_region: 'EMEA', cf_seats: 12 },
  }

  it('reads each of them back', async () => {
    await customFieldFixture(t, 'cf_region', 'SELECT')
    await customFieldFixture(t, 'cf_seats', 'NUMBER')
    const references = {
      organizationId: (await organizationFixture(t)).id,
      ownerId: (await memberFixture(t)).id,
    }
    const selection = `${Object.keys(plain).join(' ')} { key value } organization { id } owner { id } history { nodes { probability } }`
    expect(await created({ ...plain, ...references }, selection)).toEqual({
      ...plain,
      customFields: [
        { key: 'cf_region', value: 'EMEA' },
        { key: 'cf_seats', value: 12 },
      ],
      amount: '1054.5',
      organization: { id: references.organizationId },
      owner: { id: references.ownerId },
      history: { nodes: [{ probability: 65 }] },
    })
  })

  it('leaves out no field of the input', () => {
    const input = schema.getType('CreateDealInput')
    const lists = ['contactIds', 'tagIds', 'assigneeIds']
    const others = ['id', 'name', 'pipelineId', 'stageId', 'reason', 'idempotencyKey', ...lists]
    const known = [...others, ...Object.keys(plain), 'organizationId', 'ownerId'].sort()
    expect(Object.keys(input && 'getFields' in input ? input.getFields() : {}).sort()).toEqual(
      known,
    )
  })

  it('takes null for what was left out', async () => {
    const nulls = Object.fromEntries(Object.keys(plain).map((key) => [key, null]))
    const more = { id: null, pipelineId: null, stageId: null, reason: null, contactIds: null }
    const selection = 'currency valuePeriod metadata customFields { key }'
    const input = { ...nulls, ...more, organizationId: null, ownerId: null }
    expect(await created(input, selection)).toEqual({
      currency: 'USD',
      valuePeriod: 'ONE_TIME',
      metadata: {},
      customFields: [],
    })
  })
})

describe('createDeal with an id of the client', () => {
  it('creates once when it is sent twice', async () => {
    const id = `deal_${randomUUID()}`
    const first = await dealFixture(t, { id, name: 'First' })
    await untouched([t], async () => {
      expect(await dealFixture(t, { id, name: 'Second' })).toEqual(first)
    })
    expect(first.id).toBe(id)
  })

  it('creates once when it is sent many times at once', async () => {
    const id = `deal_${randomUUID()}`
    const deals = await Promise.all(Array.from({ length: 8 }, () => dealFixture(t, { id })))
    expect(new Set(deals.map((deal) => deal.id))).toEqual(new Set([id]))
    expect(await dealCount()).toBe(1)
    const types = (await eventsOf(t)).map(({ type }) => type)
    expect(types.filter((type) => type === 'deal.created')).toHaveLength(1)
  })

  it('is another deal than that of another tenant with the same id', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    const { id } = await dealFixture(stranger, { name: 'Theirs' })
    await untouched([stranger], () => dealFixture(t, { id, name: 'Ours' }))
    const document = 'query ($id: ID!) { deal(id: $id) { name } }'
    expect(await ask(t, document, { id })).toEqual({ deal: { name: 'Ours' } })
    expect(await ask(stranger, document, { id })).toEqual({ deal: { name: 'Theirs' } })
  })

  it.each([
    ['id', 'deal_1'],
    ['id', ''],
    ['id', randomUUID()],
    ['id', `DEAL_${randomUUID()}`],
    ['id', `deal_${randomUUID().toUpperCase()}`],
    ['id', `contact_${randomUUID()}`],
    ['pipelineId', ''],
    ['pipelineId', `stage_${randomUUID()}`],
    ['stageId', `pipeline_${randomUUID()}`],
    ['organizationId', `contact_${randomUUID()}`],
    ['ownerId', `contact_${randomUUID()}`],
    ['contactIds', `deal_contact_${randomUUID()}`],
  ])('refuses as INVALID_ID the %s %j', async (field, id) => {
    await untouched([t], async () => {
      const { data, errors } = await askMutation(t, 'createDeal', { name: 'Rocket', [field]: id })
      expect(data).toEqual({ createDeal: null })
      expect(errors).toMatchObject([{ path: ['createDeal'], extensions: { code: 'INVALID_ID' } }])
    })
  })
})

describe('createDeal with what cannot be', () => {
  const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }
  const invalid = { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }

  it.each([
    [{ name: '   ' }, ['input', 'name']],
    [{ name: 'x'.repeat(256) }, ['input', 'name']],
    [{ confidence: 101 }, ['input', 'confidence']],
    [{ confidence: -1 }, ['input', 'confidence']],
    [{ description: 'x'.repeat(10_001) }, ['input', 'description']],
    [{ externalId: '' }, ['input', 'externalId']],
    [{ externalId: 'x'.repeat(256) }, ['input', 'externalId']],
    [{ customFields: ['cf_region'] }, ['input', 'customFields']],
    [{ customFields: { region: 'EMEA' } }, ['input', 'customFields', 'region']],
  ])('refuses %j', async (input, path) => {
    const errors = await refusal(t, 'createDeal', { name: 'Rocket', ...input })
    expect(errors).toMatchObject([{ ...invalid, path }])
  })

  it('tells all that is wrong at once', async () => {
    const input = { name: '', confidence: 200, ownerId: `member_${randomUUID()}` }
    const errors = await refusal(t, 'createDeal', input)
    const paths = errors.map(({ path }: { path: string[] }) => path[1])
    expect(paths).toEqual(['name', 'confidence', 'ownerId'])
  })

  it.each([
    ['pipelineId', 'pipeline', ['input', 'pipelineId']],
    ['stageId', 'stage', ['input', 'stageId']],
    ['organizationId', 'organization', ['input', 'organizationId']],
    ['ownerId', 'member', ['input', 'ownerId']],
    ['contactIds', 'contact', ['input', 'contactIds', '0']],
  ])('does not find a %s that is nowhere', async (field, prefix, path) => {
    const id = `${prefix}_${randomUUID()}`
    const errors = await refusal(t, 'createDeal', { name: 'Rocket', [field]: id })
    expect(errors).toMatchObject([{ ...missing, path }])
  })

  it('does not find what belongs to another tenant', async () => {
    const stranger = await testTenant()
    const theirs = await pipelineFixture(stranger)
    const ids = {
      pipelineId: theirs.id,
      stageId: theirs.stage('Lead'),
      organizationId: (await organizationFixture(stranger)).id,
      ownerId: (await memberFixture(stranger)).id,
      contactIds: [(await contactFixture(stranger)).id],
    }
    await untouched([stranger], async () => {
      for (const [field, id] of Object.entries(ids)) {
        const errors = await refusal(t, 'createDeal', { name: 'Rocket', [field]: id })
        expect(errors).toMatchObject([missing])
      }
    })
  })

  it('refuses an external id that another deal has', async () => {
    await dealFixture(t, { externalId: 'crm-1' })
    const errors = await refusal(t, 'createDeal', { name: 'Rocket', externalId: 'crm-1' })
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'externalId'] }])
  })

  it('refuses a stage of another pipeline than the one named', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    const input = { name: 'Rocket', pipelineId: sales.id, stageId: support.stage('Lead') }
    expect(await refusal(t, 'createDeal', input)).toMatchObject([
      {
        __typename: 'StageNotInPipeline',
        code: 'STAGE_NOT_IN_PIPELINE',
        path: ['input', 'stageId'],
      },
    ])
  })

  it('refuses an archived stage and an archived pipeline', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Proposal') })
    const input = { name: 'Rocket', stageId: sales.stage('Proposal') }
    expect(await refusal(t, 'createDeal', input)).toMatchObject([
      { __typename: 'StageArchived', code: 'STAGE_ARCHIVED', path: ['input', 'stageId'] },
    ])
    const support = await pipelineFixture(t, { name: 'Support' })
    await done(t, 'setDefaultPipeline', { pipelineId: support.id })
    await done(t, 'archivePipeline', { pipelineId: sales.id })
    for (const where of [{ pipelineId: sales.id }, { stageId: sales.stage('Lead') }]) {
      const [error] = await refusal(t, 'createDeal', { name: 'Rocket', ...where })
      expect(error).toMatchObject(invalid)
    }
  })

  it('asks for a reason where the stage does', async () => {
    const lost = { stageId: sales.stage('Lost') }
    await dealFixture(t, { ...lost, reason: 'Price' })
    const errors = await refusal(t, 'createDeal', { name: 'Rocket', ...lost })
    expect(errors).toMatchObject([
      { __typename: 'ReasonRequired', code: 'REASON_REQUIRED', knownReasons: ['Price'] },
    ])
  })

  it('has no default pipeline in a new tenant', async () => {
    const empty = await testTenant()
    const { userErrors } = await mutate(empty, 'createDeal', { name: 'Rocket' })
    expect(userErrors).toMatchObject([{ ...invalid, path: ['input', 'pipelineId'] }])
  })

  it('is forbidden to a reader', async () => {
    await untouched([t], async () => {
      const answer = await askMutation(t, 'createDeal', { name: 'Rocket' }, { as: 'READ_ONLY' })
      expect(answer.data).toEqual({ createDeal: null })
      expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    })
  })
})

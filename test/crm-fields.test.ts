import { beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  contactFixture,
  done,
  memberFixture,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
  tagFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

interface World {
  support: PipelineFixture
  company: string
  owner: string
  colleague: string
  person: string
  introducer: string
  tag: string
}

interface CrmField {
  /** The field as the CRM calls it. */
  name: string
  /** Which of the deals has it; by default the open one. */
  of?: 'open' | 'won' | 'lost'
  read: string
  is: unknown | ((world: World) => unknown)
  /** Lets only that deal through. */
  filter?: object | ((world: World) => object)
}

const someTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)
const id = (noun: keyof World) => (world: World) => ({ id: world[noun] })
const by = (field: string, noun: keyof World) => (world: World) => ({
  [field]: { eq: world[noun] },
})

/** What the pages of three CRMs say that a deal has. */
const crms: Record<string, CrmField[]> = {
  Backside: [
    { name: 'name', read: 'name', is: 'Rocket', filter: { name: { eq: 'Rocket' } } },
    {
      ...{ name: 'description', read: 'description', is: 'Two stages' },
      filter: { description: { contains: 'STAGES' } },
    },
    { name: 'amount', read: 'amount', is: '15000', filter: { amount: { gte: '15000' } } },
    { name: 'currency', read: 'currency', is: 'EUR', filter: { currency: { eq: 'EUR' } } },
    {
      ...{ name: 'value_period', read: 'valuePeriod', is: 'MONTHLY' },
      filter: { valuePeriod: { eq: 'MONTHLY' } },
    },
    { name: 'confidence', read: 'confidence', is: 65, filter: { confidence: { gte: 65 } } },
    {
      ...{ name: 'pipeline_id', read: 'pipeline { id }' },
      is: ({ support }: World) => ({ id: support.id }),
      filter: ({ support }: World) => ({ pipelineId: { eq: support.id } }),
    },
    { name: 'pipeline_name', read: 'pipelineName', is: 'Support' },
    {
      ...{ name: 'stage_id', read: 'stage { id }' },
      is: ({ support }: World) => ({ id: support.stage('Qualified') }),
      filter: ({ support }: World) => ({ stageId: { eq: support.stage('Qualified') } }),
    },
    { name: 'stage_name', read: 'stageName', is: 'Qualified' },
    {
      ...{ name: 'contact_id', read: 'primaryContact { id }', is: id('person') },
      filter: by('contactId', 'person'),
    },
    {
      ...{ name: 'organization_id', read: 'organization { id }', is: id('company') },
      filter: by('organizationId', 'company'),
    },
    { name: 'source', read: 'source', is: 'Referral', filter: { source: { eq: 'referral' } } },
    {
      ...{ name: 'next_step', read: 'nextStep', is: 'Call' },
      filter: { hasNoNextStep: false },
    },
    {
      ...{ name: 'expected_close_date', read: 'expectedCloseDate', is: '2026-09-30' },
      filter: { expectedCloseDate: { eq: '2026-09-30' } },
    },
    {
      ...{ name: 'closed_at', read: 'closedAt', is: null },
      filter: { closedAt: { isNull: true } },
    },
    { name: 'closed_at', of: 'won', read: 'closedAt', is: someTime },
    {
      ...{ name: 'won_reason', of: 'won', read: 'wonReason', is: 'Price' },
      filter: { reason: { eq: 'Price' } },
    },
    {
      ...{ name: 'lost_reason', of: 'lost', read: 'lostReason', is: 'Budget' },
      filter: { reason: { eq: 'Budget' } },
    },
    { name: 'metadata', read: 'metadata', is: { a: [1] } },
    { name: 'created_at', read: 'createdAt', is: someTime },
    { name: 'updated_at', read: 'updatedAt', is: someTime },
    { name: 'deleted_at', read: 'deletedAt', is: null },
    {
      ...{
        name: 'contacts',
        read: 'contacts { contact { id } role isPrimary metadata introducedBy { id } }',
      },
      is: ({ person, introducer }: World) => [
        {
          ...{ contact: { id: person }, role: 'Champion', isPrimary: true, metadata: { b: 2 } },
          introducedBy: { id: introducer },
        },
      ],
    },
  ],
  YSuite: [
    { name: 'deal_id', read: 'number', is: 1 },
    {
      ...{ name: 'deal_owner_id', read: 'owner { id name }' },
      is: ({ owner }: World) => ({ id: owner, name: 'Ann' }),
      filter: by('ownerId', 'owner'),
    },
    {
      ...{ name: 'deal_assignedto', read: 'assignees { id }' },
      is: ({ colleague }: World) => [{ id: colleague }],
      filter: by('assigneeId', 'colleague'),
    },
    {
      ...{ name: 'deal_contact_id', read: 'primaryContact { organization { id } }' },
      is: ({ company }: World) => ({ organization: { id: company } }),
    },
    { name: 'cstid', read: 'organization { number }', is: { number: 1 } },
    {
      ...{ name: 'tag_ids', read: 'tags { id color }' },
      is: ({ tag }: World) => [{ id: tag, color: '#ff0000' }],
      filter: by('tagId', 'tag'),
    },
    { name: 'deal_amount_currency', read: 'currency', is: 'EUR' },
  ],
  Heffl: [
    { name: 'number', read: 'number', is: 1 },
    { name: 'priority', read: 'priority', is: 'HIGH', filter: { priority: { eq: 'HIGH' } } },
    { name: 'status', read: 'status', is: 'OPEN', filter: { status: { eq: 'OPEN' } } },
    { name: 'status', of: 'won', read: 'status', is: 'WON', filter: { status: { eq: 'WON' } } },
    { name: 'status', of: 'lost', read: 'status', is: 'LOST', filter: { status: { eq: 'LOST' } } },
    { name: 'clientName', read: 'organization { name }', is: { name: 'Acme' } },
    { name: 'leadId', read: 'leadRef', is: 'lead-7', filter: { leadRef: { eq: 'lead-7' } } },
    {
      ...{ name: 'customFields', read: 'customFields { key value }' },
      is: [{ key: 'cf_region', value: 'EMEA' }],
      filter: { customFields: [{ key: 'cf_region', eq: 'EMEA' }] },
    },
  ],
}

const table = Object.entries(crms).flatMap(([crm, fields]) =>
  fields.map((field) => [crm, field.name, field.of ?? 'open', field] as const),
)

describe('a field of another CRM', () => {
  let t: TestTenant
  let world: World
  const deals: Record<string, string> = {}

  const create = async (values: object) =>
    (await done(t, 'createDeal', values, 'deal { id contacts { id } }')).deal

  beforeAll(async () => {
    t = await testTenant()
    await done(t, 'createCustomField', { key: 'cf_region', label: 'Region', type: 'TEXT' })
    const sales = await pipelineFixture(t)
    const { id: company } = await organizationFixture(t)
    const contact = { name: 'Ada', organizationId: company }
    world = {
      support: await pipelineFixture(t, { name: 'Support' }),
      company,
      owner: (await memberFixture(t, 'Ann')).id,
      colleague: (await memberFixture(t, 'Bob')).id,
      person: (await done(t, 'createContact', contact, 'contact { id }')).contact.id,
      introducer: (await contactFixture(t, 'Eve')).id,
      tag: (await tagFixture(t)).id,
    }
    const open = await create({
      ...{ name: 'Rocket', description: 'Two stages', amount: '15000.00', currency: 'EUR' },
      ...{ valuePeriod: 'MONTHLY', confidence: 65, priority: 'HIGH', source: 'Referral' },
      ...{ nextStep: 'Call', expectedCloseDate: '2026-09-30', leadRef: 'lead-7' },
      ...{ pipelineId: world.support.id, stageId: world.support.stage('Qualified') },
      ...{ organizationId: company, ownerId: world.owner, contactIds: [world.person] },
      ...{ tagIds: [world.tag], assigneeIds: [world.colleague], metadata: { a: [1] } },
      customFields: { cf_region: 'EMEA' },
    })
    await done(t, 'updateDealContact', {
      ...{ dealId: open.id, expectedVersion: 1, dealContactId: open.contacts[0].id },
      ...{ role: 'Champion', metadata: { b: 2 }, introducedById: world.introducer },
    })
    const won = { stageId: sales.stage('Won'), reason: 'Price' }
    const lost = { stageId: sales.stage('Lost'), reason: 'Budget' }
    deals.open = open.id
    deals.won = (await create({ name: 'Boat', ...won })).id
    deals.lost = (await create({ name: 'Train', ...lost })).id
  })

  const ofWorld = (value: unknown) => (typeof value === 'function' ? value(world) : value)

  it.each(table)('is written and read: %s %s of the %s deal', async (_crm, _name, of, field) => {
    const document = `query ($id: ID!) { deal(id: $id) { value: ${field.read} } }`
    const { deal } = await ask(t, document, { id: deals[of] })
    expect(deal.value).toEqual(ofWorld(field.is))
  })

  it.each(table.filter(([, , , { filter }]) => filter))(
    'filters: %s %s of the %s deal',
    async (_crm, _name, of, { filter }) => {
      const document = 'query ($f: DealFilter) { deals(filter: $f) { nodes { id } } }'
      const found = await ask(t, document, { f: ofWorld(filter) })
      expect(found.deals.nodes).toEqual([{ id: deals[of] }])
    },
  )
})

import { expect, test } from 'vitest'
import { ask, done } from '../fixtures.ts'
import { call, doneBy, type RestWorld, restWorld, uuidIn } from './fixtures.ts'

/** A deal as one door shows it, under names that the doors have in common. */
type View = Record<string, unknown>

const day = (instant: string | null) => instant?.slice(0, 10) ?? null

/** What each door shows of the deal: what a door does not know is not in its view. */
const doors: Record<string, (t: RestWorld) => Promise<View>> = {
  async GraphQL(t) {
    const { deal } = await ask(
      t,
      `query ($id: ID!) { deal(id: $id) {
        name description amount currency valuePeriod confidence status priority nextStep source leadRef
        expectedCloseDate closedAt createdAt updatedAt metadata wonReason lostReason number version
        pipeline { id number name } stage { id number name } organization { id number name }
        owner { number name } primaryContact { id number } assignees { number } tags { number }
        customFields { key value } } }`,
      { id: t.deal.id },
    )
    const { pipeline, stage, organization, owner, primaryContact, ...plain } = deal
    return {
      ...plain,
      amount: deal.amount === null ? null : Number(deal.amount),
      valuePeriod: deal.valuePeriod.toLowerCase(),
      pipeline: uuidIn(pipeline.id),
      pipelineNumber: pipeline.number,
      pipelineName: pipeline.name,
      stage: uuidIn(stage.id),
      stageNumber: stage.number,
      stageName: stage.name,
      organization: organization && uuidIn(organization.id),
      organizationNumber: organization?.number ?? null,
      organizationName: organization?.name ?? null,
      ownerNumber: owner?.number ?? null,
      ownerName: owner?.name ?? null,
      contact: primaryContact && uuidIn(primaryContact.id),
      contactNumber: primaryContact?.number ?? null,
      assignee: deal.assignees[0]?.number ?? null,
      tags: deal.tags.map((tag: { number: number }) => tag.number),
      leadRef: Number(deal.leadRef),
      customFields: Object.fromEntries(
        deal.customFields.map(({ key, value }: { key: string; value: unknown }) => [key, value]),
      ),
      currencyNumber: t.currencies[deal.currency],
    }
  },
  async Backside(t) {
    const deal = await doneBy(t, `/backside/api/v1/deals/${t.deal.uuid}`)
    return {
      ...{ name: deal.name, description: deal.description, amount: deal.amount },
      ...{ currency: deal.currency, valuePeriod: deal.value_period, confidence: deal.confidence },
      ...{ nextStep: deal.next_step, source: deal.source, metadata: deal.metadata },
      ...{ expectedCloseDate: deal.expected_close_date, closedAt: deal.closed_at },
      ...{ createdAt: deal.created_at, updatedAt: deal.updated_at },
      ...{ wonReason: deal.won_reason, lostReason: deal.lost_reason },
      ...{ pipeline: deal.pipeline_id, pipelineName: deal.pipeline_name },
      ...{ stage: deal.stage_id, stageName: deal.stage_name },
      ...{ organization: deal.organization_id, contact: deal.contact_id },
    }
  },
  async YSuite(t) {
    const { data: deal } = await doneBy(t, `/ysuite/v1/deals/${t.deal.number}`)
    const { data: page } = await doneBy(t, '/ysuite/v1/deals')
    expect(deal).toMatchObject(page.data[0])
    return {
      ...{ number: deal.deal_id, name: deal.deal_name, description: deal.deal_description },
      ...{ amount: deal.deal_amount, currencyNumber: deal.deal_amount_currency },
      ...{ source: deal.deal_source, expectedCloseDate: deal.deal_expected_close_date },
      ...{ pipelineNumber: deal.pipeline_id, stageNumber: deal.deal_current_stage },
      ...{ organizationNumber: deal.cstid, contactNumber: deal.deal_contact_id },
      ...{ ownerNumber: deal.deal_owner_id, ownerName: deal.owner },
      ...{ assignee: deal.deal_assignedto, tags: deal.tag_ids },
    }
  },
  async Heffl(t) {
    const url = `/heffl/api/v1/deals/${t.deal.id}` as const
    const deal = await doneBy(t, url, { method: 'PATCH', body: {} })
    return {
      ...{ name: deal.title, amount: deal.price, number: Number(deal.number) },
      ...{ status: deal.status === 'ACTIVE' ? 'OPEN' : deal.status, priority: deal.priority },
      ...{ expectedCloseDate: day(deal.expectedCloseDate), createdAt: deal.createdAt },
      ...{ organizationName: deal.clientName, pipelineNumber: deal.pipelineId },
      ...{ organization: deal.clientId && uuidIn(deal.clientId), stageName: deal.stageName },
      ...{ source: deal.source, leadRef: deal.leadId, customFields: deal.customFields },
    }
  },
}

interface Write {
  by: string
  write: (t: RestWorld) => Promise<unknown>
  /** What it writes, as the views have it. */
  expected: (t: RestWorld) => View
}

const heffl = (body: object): Write['write'] => {
  return (t) => doneBy(t, `/heffl/api/v1/deals/${t.deal.id}`, { method: 'PATCH', body })
}

const ysuite = (body: (t: RestWorld) => object): Write['write'] => {
  return (t) => {
    const needed = { deal_name: 'Y', pipeline_id: t.pipeline.number, cstid: t.company.number }
    const options = { method: 'PUT', body: { ...needed, ...body(t) } }
    return doneBy(t, `/ysuite/v1/deals/${t.deal.number}`, options)
  }
}

const backside = (stage: string): Write['write'] => {
  return (t) => {
    const body = { stage_id: uuidIn(t.pipeline.stage(stage).id) }
    return doneBy(t, `/backside/api/v1/deals/${t.deal.uuid}/move`, { method: 'POST', body })
  }
}

const graphql = (input: object): Write['write'] => {
  return async (t) => {
    const { deal } = await ask(t, 'query ($id: ID!) { deal(id: $id) { version } }', {
      id: t.deal.id,
    })
    return done(t, 'updateDeal', { dealId: t.deal.id, expectedVersion: deal.version, ...input })
  }
}

const text = 'Größe "x" — 面試 🚀\n\u2028<b>'

const writes: Write[] = [
  { by: 'nobody', write: async () => {}, expected: () => ({ name: 'Rocket', amount: 15000.25 }) },
  {
    by: 'Heffl',
    write: heffl({
      ...{ title: text, price: 0.0001, priority: 'MEDIUM', cf_region: 'APAC' },
      expectedCloseDate: '0001-01-01T00:00:00Z',
    }),
    expected: () => ({
      ...{ name: text, amount: 0.0001, priority: 'MEDIUM', customFields: { cf_region: 'APAC' } },
      expectedCloseDate: '0001-01-01',
    }),
  },
  {
    by: 'YSuite',
    write: ysuite((t) => ({
      ...{ deal_name: 'Ünïcode', deal_amount: -12345678901.2345, deal_source: text },
      ...{ deal_amount_currency: t.currencies.USD, deal_owner_id: t.colleague.number },
      ...{ deal_contact_id: t.introducer.number, deal_expected_close_date: '9999-12-31' },
      ...{ deal_description: text, deal_assignedto: t.owner.number, tag_ids: [t.tags[0].number] },
    })),
    expected: (t) => ({
      ...{ name: 'Ünïcode', amount: -12345678901.2345, source: text.trim(), currency: 'USD' },
      ...{ ownerName: 'Alan Turing', contact: uuidIn(t.introducer.id), description: text },
      ...{ expectedCloseDate: '9999-12-31', assignee: t.owner.number, tags: [t.tags[0].number] },
    }),
  },
  {
    by: 'YSuite in another pipeline',
    write: ysuite((t) => ({ pipeline_id: t.support.number })),
    expected: () => ({ pipelineName: 'Support', stageName: 'Lead' }),
  },
  {
    by: 'YSuite, back again',
    write: ysuite(() => ({})),
    expected: () => ({ pipelineName: 'Sales', name: 'Y' }),
  },
  { by: 'Backside', write: backside('Won'), expected: () => ({ stageName: 'Won', status: 'WON' }) },
  { by: 'GraphQL', write: graphql({ reason: 'Price' }), expected: () => ({ wonReason: 'Price' }) },
  {
    by: 'Heffl, which opens it',
    write: heffl({ status: 'ACTIVE' }),
    expected: () => ({ stageName: 'Lead', status: 'OPEN', wonReason: null, closedAt: null }),
  },
  {
    by: 'GraphQL',
    write: graphql({
      ...{ name: 'G', amount: '99999999999.9999', currency: 'JPY', valuePeriod: 'ANNUAL' },
      ...{ confidence: 0, priority: 'LOW', nextStep: text, leadRef: '123', description: null },
      ...{ metadata: { deep: [{ x: [] }], n: 1.5 }, source: null, customFields: null },
    }),
    expected: () => ({
      ...{ name: 'G', amount: 99999999999.9999, currency: 'JPY', valuePeriod: 'annual' },
      ...{ confidence: 0, priority: 'LOW', nextStep: text, leadRef: 123, description: null },
      ...{ metadata: { deep: [{ x: [] }], n: 1.5 }, source: null, customFields: {} },
    }),
  },
]

test('what is written through one door reads the same through every other', async () => {
  const t = await restWorld()
  for (const { by, write, expected } of writes) {
    await write(t)
    const { currencies } = await ask(t, '{ currencies { number code } }')
    for (const { number, code } of currencies) t.currencies[code] = number
    const seen = await Promise.all(Object.values(doors).map((door) => door(t)))
    const [whole = {}, ...others] = seen
    expect({ by, ...whole }).toMatchObject({ by, ...expected(t) })
    for (const [index, view] of others.entries()) {
      const door = Object.keys(doors)[index + 1]
      expect(Object.keys(whole)).toEqual(expect.arrayContaining(Object.keys(view)))
      expect({ by, door, ...whole }).toMatchObject({ by, door, ...view })
    }
  }
})

test('a deal that one door deletes is gone from the others', async () => {
  const t = await restWorld()
  await doneBy(t, `/ysuite/v1/deals/${t.deal.number}`, { method: 'DELETE' })
  expect((await doneBy(t, `/backside/api/v1/deals/${t.deal.uuid}`)).deleted_at).not.toBe(null)
  const patch = { method: 'PATCH', body: {} }
  expect((await call(t, `/heffl/api/v1/deals/${t.deal.id}`, patch)).status).toBe(404)
  expect((await ask(t, '{ deals { totalCount } }')).deals.totalCount).toBe(0)
})

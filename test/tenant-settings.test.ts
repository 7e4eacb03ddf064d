import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  dealFixture,
  done,
  eventsOf,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

const settings = 'name defaultCurrency timeZone membersMayReopen membersSeeOnlyTheirDeals'
const read = async () => (await ask(t, `{ viewer { tenant { ${settings} } } }`)).viewer.tenant
const update = (input: object) => done(t, 'updateTenant', input, `tenant { ${settings} }`)

const all = {
  name: 'Acme',
  defaultCurrency: 'EUR',
  timeZone: 'Europe/Berlin',
  membersMayReopen: true,
  membersSeeOnlyTheirDeals: true,
}

describe('updateTenant', () => {
  it('writes every setting, and answers with it', async () => {
    const { tenant } = await update({ ...all, name: ' Acme ' })
    expect(tenant).toEqual(all)
    expect(await read()).toEqual(all)
    const { type, payload } = (await eventsOf(t)).at(-1) ?? {}
    expect([type, payload]).toEqual(['tenant.updated', { fields: Object.keys(all).sort() }])
  })

  it.each(Object.entries(all))('leaves the others when %s changes', async (field, value) => {
    const before = await read()
    await update({ [field]: value })
    expect(await read()).toEqual({ ...before, [field]: value })
  })

  it('lets no members reopen and all see all deals unless it is told otherwise', async () => {
    expect(await read()).toMatchObject({ membersMayReopen: false, membersSeeOnlyTheirDeals: false })
  })

  it('changes nothing when the settings are so already', async () => {
    await update(all)
    await untouched([t], () => update(all))
    await untouched([t], () => update({}))
  })

  it('gives its currency to new deals, and none that exist another', async () => {
    await pipelineFixture(t)
    await dealFixture(t)
    await update({ defaultCurrency: 'JPY' })
    await dealFixture(t)
    const document = '{ deals(orderBy: { field: NUMBER, direction: ASC }) { nodes { currency } } }'
    const { nodes } = (await ask(t, document)).deals
    expect(nodes).toEqual([{ currency: 'USD' }, { currency: 'JPY' }])
  })

  it.each([
    ['no name', { name: ' ' }, 'name'],
    ['a long name', { name: 'x'.repeat(256) }, 'name'],
    ['a time zone that is none', { timeZone: 'Europe/Atlantis' }, 'timeZone'],
    ['an empty time zone', { timeZone: '' }, 'timeZone'],
  ])('refuses %s', async (_, input, field) => {
    expect(await refusal(t, 'updateTenant', input)).toMatchObject([
      { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', field] },
    ])
  })

  it.each(Object.keys(all))('refuses to clear %s', async (field) => {
    expect(await refusal(t, 'updateTenant', { [field]: null })).toMatchObject([
      { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', field] },
    ])
  })

  it('changes no other tenant', async () => {
    const stranger = await testTenant()
    await untouched([stranger], () => update(all))
  })
})

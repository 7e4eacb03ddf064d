import { beforeEach, describe, expect, it } from 'vitest'
import { contactFixture, dealFixture, pipelineFixture, refusal } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const tooLong = 'x'.repeat(10_001)

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

describe('a text of more than 10 000 characters', () => {
  it.each([
    ['createOrganization', 'phone'],
    ['createContact', 'jobTitle'],
    ['createDeal', 'nextStep'],
  ])('is refused by %s as %s', async (mutation, field) => {
    await pipelineFixture(t)
    const userErrors = await refusal(t, mutation, { name: 'Acme', [field]: tooLong })
    expect(userErrors).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['input', field] }])
  })

  it.each(['note', 'reason'])('is refused by moveDeal as %s', async (field) => {
    const pipeline = await pipelineFixture(t)
    const deal = await dealFixture(t)
    const stageId = pipeline.stage('Lost')
    const input = {
      dealId: deal.id,
      stageId,
      expectedVersion: 1,
      reason: 'Price',
      [field]: tooLong,
    }
    const userErrors = await refusal(t, 'moveDeal', input)
    expect(userErrors).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['input', field] }])
  })

  it('is refused by addDealContact as role', async () => {
    await pipelineFixture(t)
    const deal = await dealFixture(t)
    const contact = await contactFixture(t)
    const input = { dealId: deal.id, contactId: contact.id, expectedVersion: 1, role: tooLong }
    const userErrors = await refusal(t, 'addDealContact', input)
    expect(userErrors).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['input', 'role'] }])
  })
})

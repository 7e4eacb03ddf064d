import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Role, roles } from '../src/auth/scopes.ts'
import { schema } from '../src/schema.ts'
import { askMutation, keyOfMember, memberFixture, untouched, usualStages } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const anywhere = { dealId: `deal_${randomUUID()}`, expectedVersion: 1 }
const contactId = `contact_${randomUUID()}`
const dealContactId = `deal_contact_${randomUUID()}`

/** Every mutation with an input of the right form, and who may send it. */
const mutations: Record<string, { input: object; allowed: Role[] }> = {
  createPipeline: { input: { name: 'Sales', stages: usualStages }, allowed: ['ADMIN'] },
  createOrganization: { input: { name: 'Acme' }, allowed: ['ADMIN', 'MEMBER'] },
  createContact: { input: { name: 'Ada' }, allowed: ['ADMIN', 'MEMBER'] },
  createDeal: { input: { name: 'Rocket' }, allowed: ['ADMIN', 'MEMBER'] },
  updateDeal: { input: { ...anywhere, name: 'Rocket' }, allowed: ['ADMIN', 'MEMBER'] },
  deleteDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  restoreDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  moveDeal: {
    input: { ...anywhere, stageId: `stage_${randomUUID()}` },
    allowed: ['ADMIN', 'MEMBER'],
  },
  moveDeals: {
    input: { items: [{ ...anywhere, stageId: `stage_${randomUUID()}` }] },
    allowed: ['ADMIN', 'MEMBER'],
  },
  updateDeals: { input: { items: [{ ...anywhere, name: 'X' }] }, allowed: ['ADMIN', 'MEMBER'] },
  deleteDeals: { input: { items: [anywhere] }, allowed: ['ADMIN', 'MEMBER'] },
  addDealContact: { input: { ...anywhere, contactId }, allowed: ['ADMIN', 'MEMBER'] },
  updateDealContact: { input: { ...anywhere, dealContactId }, allowed: ['ADMIN', 'MEMBER'] },
  removeDealContact: { input: { ...anywhere, dealContactId }, allowed: ['ADMIN', 'MEMBER'] },
}

const table = Object.entries(mutations).flatMap(([field, { input, allowed }]) =>
  roles.map((role) => [role, allowed.includes(role) ? 'may' : 'may not', field, input] as const),
)

describe('roles', () => {
  let t: TestTenant

  beforeAll(async () => {
    t = await testTenant()
  })

  it('are tried here on every mutation of the schema', () => {
    const fields = Object.keys(schema.getMutationType()?.getFields() ?? {})
    expect(fields.sort()).toEqual(Object.keys(mutations).sort())
  })

  it.each(table)('%s %s %s', async (role, may, field, input) => {
    const answer = () => askMutation(t, field, input, { as: role })
    const { data, errors } = may === 'may' ? await answer() : await untouched([t], answer)
    const forbidden = {
      message: `Your role may not use Mutation.${field}.`,
      path: [field],
      extensions: { code: 'FORBIDDEN' },
    }
    if (may === 'may') {
      expect(errors).toEqual([])
      expect(data[field]).toHaveProperty('userErrors')
    } else {
      expect(data).toBeNull()
      expect(errors).toMatchObject([forbidden])
    }
  })

  it('bind a key that acts for a member to the key’s own role', async () => {
    const member = await memberFixture(t)
    const as = await keyOfMember(t, member, 'READ_ONLY')
    const { errors } = await askMutation(t, 'createContact', { name: 'Ada' }, { as })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  it.each(roles)('let %s read everything', async (role) => {
    const document = `{ viewer { role } deals { totalCount } pipelines { id } members { totalCount }
      organizations { totalCount } contacts { totalCount } tags { id } }`
    const { data, errors } = await t.graphql(document, {}, role)
    expect(errors).toEqual([])
    expect(data.viewer.role).toBe(role)
  })
})

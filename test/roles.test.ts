import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Role, roles } from '../src/auth/scopes.ts'
import { schema } from '../src/schema.ts'
import { askMutation, keyOfMember, memberFixture, untouched, usualStages } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const anywhere = { dealId: `deal_${randomUUID()}`, expectedVersion: 1 }
const pipelineId = `pipeline_${randomUUID()}`
const stageId = `stage_${randomUUID()}`
const contactId = `contact_${randomUUID()}`
const memberId = `member_${randomUUID()}`
const sourceId = `source_${randomUUID()}`
const closeReasonId = `close_reason_${randomUUID()}`
const tagId = `tag_${randomUUID()}`
const customFieldId = `custom_field_definition_${randomUUID()}`
const organizationId = `organization_${randomUUID()}`
const apiKeyId = `api_key_${randomUUID()}`
const dealContactId = `deal_contact_${randomUUID()}`
const release = { client: 'ios', version: '1' }

/** Every mutation with an input of the right form, and who may send it. */
const mutations: Record<string, { input: object; allowed: Role[] }> = {
  createPipeline: { input: { name: 'Sales', stages: usualStages }, allowed: ['ADMIN'] },
  updatePipeline: { input: { pipelineId, name: 'Sales' }, allowed: ['ADMIN'] },
  archivePipeline: { input: { pipelineId }, allowed: ['ADMIN'] },
  restorePipeline: { input: { pipelineId }, allowed: ['ADMIN'] },
  setDefaultPipeline: { input: { pipelineId }, allowed: ['ADMIN'] },
  createStage: { input: { pipelineId, name: 'Talks', kind: 'OPEN' }, allowed: ['ADMIN'] },
  updateStage: { input: { stageId, name: 'Talks' }, allowed: ['ADMIN'] },
  reorderStages: { input: { pipelineId, stageIds: [stageId] }, allowed: ['ADMIN'] },
  archiveStage: { input: { stageId }, allowed: ['ADMIN'] },
  restoreStage: { input: { stageId }, allowed: ['ADMIN'] },
  updateTenant: { input: { membersMayReopen: true }, allowed: ['ADMIN'] },
  createCustomField: {
    input: { key: 'cf_a', label: 'A', type: 'TEXT' },
    allowed: ['ADMIN'],
  },
  updateCustomField: { input: { customFieldId, label: 'B' }, allowed: ['ADMIN'] },
  archiveCustomField: { input: { customFieldId }, allowed: ['ADMIN'] },
  restoreCustomField: { input: { customFieldId }, allowed: ['ADMIN'] },
  createMember: { input: { name: 'Ada', role: 'MEMBER' }, allowed: ['ADMIN'] },
  updateMember: { input: { memberId, name: 'Grace' }, allowed: ['ADMIN'] },
  createApiKey: { input: { name: 'Phone', role: 'MEMBER' }, allowed: ['ADMIN'] },
  revokeApiKey: { input: { apiKeyId }, allowed: ['ADMIN'] },
  createOrganization: { input: { name: 'Acme' }, allowed: ['ADMIN', 'MEMBER'] },
  updateOrganization: { input: { organizationId, name: 'Apex' }, allowed: ['ADMIN', 'MEMBER'] },
  createContact: { input: { name: 'Ada' }, allowed: ['ADMIN', 'MEMBER'] },
  updateContact: { input: { contactId, name: 'Grace' }, allowed: ['ADMIN', 'MEMBER'] },
  createDeal: { input: { name: 'Rocket' }, allowed: ['ADMIN', 'MEMBER'] },
  updateDeal: { input: { ...anywhere, name: 'Rocket' }, allowed: ['ADMIN', 'MEMBER'] },
  deleteDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  restoreDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  moveDeal: {
    input: { ...anywhere, stageId },
    allowed: ['ADMIN', 'MEMBER'],
  },
  reorderDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  winDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  loseDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  reopenDeal: { input: anywhere, allowed: ['ADMIN', 'MEMBER'] },
  moveDealToPipeline: {
    input: { ...anywhere, pipelineId: `pipeline_${randomUUID()}` },
    allowed: ['ADMIN', 'MEMBER'],
  },
  editDeal: { input: { ...anywhere, name: 'Rocket', stageId }, allowed: ['ADMIN', 'MEMBER'] },
  moveDeals: {
    input: { items: [{ ...anywhere, stageId: `stage_${randomUUID()}` }] },
    allowed: ['ADMIN', 'MEMBER'],
  },
  updateDeals: { input: { items: [{ ...anywhere, name: 'X' }] }, allowed: ['ADMIN', 'MEMBER'] },
  deleteDeals: { input: { items: [anywhere] }, allowed: ['ADMIN', 'MEMBER'] },
  addDealContact: { input: { ...anywhere, contactId }, allowed: ['ADMIN', 'MEMBER'] },
  updateDealContact: { input: { ...anywhere, dealContactId }, allowed: ['ADMIN', 'MEMBER'] },
  createSource: { input: { name: 'Fair' }, allowed: ['ADMIN'] },
  updateSource: { input: { sourceId, name: 'Fair' }, allowed: ['ADMIN'] },
  archiveSource: { input: { sourceId }, allowed: ['ADMIN'] },
  restoreSource: { input: { sourceId }, allowed: ['ADMIN'] },
  createCloseReason: { input: { kind: 'LOST', name: 'Price' }, allowed: ['ADMIN'] },
  updateCloseReason: { input: { closeReasonId, name: 'Price' }, allowed: ['ADMIN'] },
  archiveCloseReason: { input: { closeReasonId }, allowed: ['ADMIN'] },
  restoreCloseReason: { input: { closeReasonId }, allowed: ['ADMIN'] },
  createTag: { input: { name: 'Hot' }, allowed: ['ADMIN', 'MEMBER'] },
  updateTag: { input: { tagId, name: 'Hot' }, allowed: ['ADMIN', 'MEMBER'] },
  deleteTag: { input: { tagId }, allowed: ['ADMIN', 'MEMBER'] },
  tagDeal: { input: { ...anywhere, tagIds: [tagId] }, allowed: ['ADMIN', 'MEMBER'] },
  untagDeal: { input: { ...anywhere, tagIds: [tagId] }, allowed: ['ADMIN', 'MEMBER'] },
  assignDeal: { input: { ...anywhere, memberIds: [memberId] }, allowed: ['ADMIN', 'MEMBER'] },
  unassignDeal: { input: { ...anywhere, memberIds: [memberId] }, allowed: ['ADMIN', 'MEMBER'] },
  removeDealContact: { input: { ...anywhere, dealContactId }, allowed: ['ADMIN', 'MEMBER'] },
  deleteOrganization: { input: { organizationId }, allowed: ['ADMIN', 'MEMBER'] },
  deleteContact: { input: { contactId }, allowed: ['ADMIN', 'MEMBER'] },
  deleteMember: { input: { memberId }, allowed: ['ADMIN'] },
  pushOperations: {
    input: { ...release, operations: [{ id: 'role', text: '{ viewer { role } }' }] },
    allowed: ['ADMIN'],
  },
  activateClientRelease: { input: release, allowed: ['ADMIN'] },
  retireClientRelease: { input: release, allowed: ['ADMIN'] },
  persistOperation: { input: { client: 'web', text: '{ viewer { role } }' }, allowed: ['ADMIN'] },
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
      message: expect.stringContaining(`You may not use Mutation.${field}: it needs the scope `),
      path: [field],
      extensions: { code: 'FORBIDDEN' },
    }
    if (may === 'may') {
      expect(errors).toEqual([])
      expect(data[field]).toHaveProperty('userErrors')
    } else {
      expect(data).toEqual({ [field]: null })
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
      organizations { totalCount } contacts { totalCount } tags { id } sources { id } closeReasons { id }
      customFields { id } currencies { id } }`
    const { data, errors } = await t.graphql(document, {}, role)
    expect(errors).toEqual([])
    expect(data.viewer.role).toBe(role)
  })
})

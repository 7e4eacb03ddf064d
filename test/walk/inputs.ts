import { createApiKey } from '../../src/api-key/service.ts'
import { encodeId } from '../../src/ids.ts'
import {
  contactFixture,
  customFieldFixture,
  dealFixture,
  done,
  memberFixture,
  organizationFixture,
  pipelineFixture,
  tagFixture,
  usualStages,
} from '../fixtures.ts'
import type { Side } from './looker.ts'
import { absentId } from './probes.ts'

export type Input = (side: Side) => object | Promise<object>

let made = 0

/** A name that nothing has yet. */
const name = () => `New ${made++}`

/** A new deal that the side sees, for a change of it. */
async function versioned({ tenant, newDeal }: Side, input: object = {}) {
  const { id, version } = await dealFixture(tenant, { name: name(), ...newDeal, ...input })
  return { dealId: id, expectedVersion: version }
}

async function closed(side: Side) {
  const deal = await versioned(side)
  await done(side.tenant, 'loseDeal', { ...deal, reason: 'Price' })
  return { ...deal, expectedVersion: deal.expectedVersion + 1 }
}

async function deleted(side: Side) {
  const deal = await versioned(side)
  await done(side.tenant, 'deleteDeal', deal)
  return { ...deal, expectedVersion: deal.expectedVersion + 1 }
}

/** One that has a primary contact, and another one. */
async function withContacts({ tenant, ids, newDeal }: Side) {
  const second = await contactFixture(tenant, name())
  const input = { name: name(), ...newDeal, contactIds: [ids.Contact, second.id] }
  const { deal } = await done(tenant, 'createDeal', input, 'deal { id version contacts { id } }')
  const dealContactId = deal.contacts[1].id
  return { dealId: deal.id, expectedVersion: deal.version, dealContactId }
}

const pipeline = ({ tenant }: Side, input = {}) =>
  pipelineFixture(tenant, { name: name(), ...input })

async function archived(side: Side) {
  const { id } = await pipeline(side)
  await done(side.tenant, 'archivePipeline', { pipelineId: id })
  return { pipelineId: id }
}

async function stageOf({ tenant, ids }: Side) {
  const input = { pipelineId: ids.Pipeline, name: name(), kind: 'OPEN' }
  return { stageId: (await done(tenant, 'createStage', input, 'stage { id }')).stage.id }
}

async function archivedStage(side: Side) {
  const stage = await stageOf(side)
  await done(side.tenant, 'archiveStage', stage)
  return stage
}

async function stagesInOrder(side: Side) {
  const { id, stage } = await pipeline(side)
  const stageIds = ['Qualified', 'Lead', 'Proposal', 'Won', 'Lost'].map(stage)
  return { pipelineId: id, stageIds }
}

const member = async ({ tenant }: Side) => ({ memberId: (await memberFixture(tenant, name())).id })
const organization = async ({ tenant }: Side) => ({
  organizationId: (await organizationFixture(tenant, name())).id,
})
const contact = async ({ tenant }: Side) => ({
  contactId: (await contactFixture(tenant, name())).id,
})
const customField = async ({ tenant }: Side) => ({
  customFieldId: (await customFieldFixture(tenant, `cf_new_${made++}`, 'SELECT')).id,
})
const tag = async ({ tenant }: Side) => ({ tagId: (await tagFixture(tenant, name())).id })
const source = async ({ tenant }: Side) => ({
  sourceId: (await done(tenant, 'createSource', { name: name() }, 'source { id }')).source.id,
})
const apiKey = async ({ tenant }: Side) => {
  const { id } = await tenant.write((tx) => createApiKey(tx, { name: name(), role: 'READ_ONLY' }))
  return { apiKeyId: encodeId('ApiKey', id) }
}
const newRelease = () => ({ client: name(), version: name() })
const newOperation = () => ({ id: 'role', text: 'query Role { viewer { role } }' })
const pushed = async ({ tenant }: Side) => {
  const release = newRelease()
  await done(tenant, 'pushOperations', { ...release, operations: [newOperation()] })
  return release
}
const closeReason = async ({ tenant }: Side) => {
  const input = { kind: 'LOST', name: name() }
  const { id } = (await done(tenant, 'createCloseReason', input, 'closeReason { id }')).closeReason
  return { closeReasonId: id }
}

/** An input of the side’s own things for each mutation, with which it does what it is for. */
export const inputs: Record<string, Input> = {
  createPipeline: () => ({ name: name(), stages: usualStages }),
  updatePipeline: async (side) => ({ pipelineId: (await pipeline(side)).id, name: name() }),
  archivePipeline: async (side) => ({ pipelineId: (await pipeline(side)).id }),
  restorePipeline: archived,
  setDefaultPipeline: ({ ids }) => ({ pipelineId: ids.Pipeline }),
  createStage: ({ ids }) => ({ pipelineId: ids.Pipeline, name: name(), kind: 'OPEN' }),
  updateStage: async (side) => ({ ...(await stageOf(side)), name: name() }),
  reorderStages: stagesInOrder,
  archiveStage: stageOf,
  restoreStage: archivedStage,
  updateTenant: () => ({ name: name() }),
  createCustomField: () => ({ key: `cf_new_${made++}`, label: 'Site', type: 'TEXT' }),
  updateCustomField: async (side) => ({ ...(await customField(side)), label: 'Place' }),
  archiveCustomField: customField,
  restoreCustomField: customField,
  createMember: () => ({ name: name(), role: 'MEMBER' }),
  updateMember: async (side) => ({ ...(await member(side)), name: name() }),
  deleteMember: member,
  createOrganization: () => ({ name: name() }),
  updateOrganization: async (side) => ({ ...(await organization(side)), name: name() }),
  deleteOrganization: organization,
  createContact: () => ({ name: name() }),
  updateContact: async (side) => ({ ...(await contact(side)), name: name() }),
  deleteContact: contact,
  createDeal: ({ newDeal }) => ({ name: name(), ...newDeal }),
  updateDeal: async (side) => ({ ...(await versioned(side)), name: name() }),
  deleteDeal: versioned,
  restoreDeal: deleted,
  moveDeal: async (side) => ({ ...(await versioned(side)), ...(await stageOf(side)) }),
  reorderDeal: versioned,
  winDeal: async (side) => ({ ...(await versioned(side)), reason: 'Price' }),
  loseDeal: async (side) => ({ ...(await versioned(side)), reason: 'Price' }),
  reopenDeal: closed,
  moveDealToPipeline: async (side) => ({
    ...(await versioned(side)),
    pipelineId: (await pipeline(side)).id,
  }),
  editDeal: async (side) => ({ ...(await versioned(side)), name: name() }),
  moveDeals: async (side) => ({
    items: [{ ...(await versioned(side)), ...(await stageOf(side)) }],
  }),
  updateDeals: async (side) => ({ items: [{ ...(await versioned(side)), name: name() }] }),
  deleteDeals: async (side) => ({ items: [await versioned(side)] }),
  addDealContact: async (side) => ({ ...(await versioned(side)), contactId: side.ids.Contact }),
  updateDealContact: async (side) => ({ ...(await withContacts(side)), role: 'Champion' }),
  removeDealContact: withContacts,
  tagDeal: async (side) => ({ ...(await versioned(side)), tagIds: [side.ids.Tag] }),
  untagDeal: async (side) => ({ ...(await versioned(side)), tagIds: [side.ids.Tag] }),
  assignDeal: async (side) => ({ ...(await versioned(side)), memberIds: [side.ids.Member] }),
  unassignDeal: async (side) => ({ ...(await versioned(side)), memberIds: [side.ids.Member] }),
  createSource: () => ({ name: name() }),
  updateSource: async (side) => ({ ...(await source(side)), name: name() }),
  archiveSource: source,
  restoreSource: source,
  createCloseReason: () => ({ kind: 'LOST', name: name() }),
  updateCloseReason: async (side) => ({ ...(await closeReason(side)), name: name() }),
  archiveCloseReason: closeReason,
  restoreCloseReason: closeReason,
  createTag: () => ({ name: name() }),
  updateTag: async (side) => ({ ...(await tag(side)), name: name() }),
  deleteTag: tag,
  pushOperations: () => ({ ...newRelease(), operations: [newOperation()] }),
  activateClientRelease: pushed,
  retireClientRelease: pushed,
  persistOperation: () => ({ client: name(), text: newOperation().text }),
  createApiKey: () => ({ name: name(), role: 'READ_ONLY' }),
  revokeApiKey: apiKey,
}

/** What more to give a mutation for it to say all that it can say. */
export const talkative: Record<string, Input> = {
  createOrganization: ({ texts: { domain } }) => ({ domain }),
  updateOrganization: ({ texts: { domain } }) => ({ domain }),
  createContact: ({ texts: { email } }) => ({ email }),
  updateContact: ({ texts: { email } }) => ({ email }),
  // A stage beside a pipeline that is not found would be refused for not being in it.
  editDeal: stageOf,
  createApiKey: ({ ids }) => ({
    ...{ memberId: ids.Member, scopes: ['deals:read'], expiresAt: '2027-01-01T00:00:00Z' },
  }),
}

/** The ids that a client makes itself: those of others are free to it. */
export const clientMade = ['CreateDealInput.id']

/** A mutation and an input for each type of user error that names things of its own. */
export const mistakes: Record<string, [mutation: string, Input]> = {
  NotFound: ['deleteTag', ({ ids }) => ({ tagId: absentId(ids.Tag ?? '') })],
  ValidationError: ['createTag', () => ({ name: '' })],
  NameTaken: ['createTag', ({ texts }) => ({ name: texts.text })],
  VersionConflict: ['updateDeal', ({ ids }) => ({ dealId: ids.Deal, expectedVersion: 1 })],
  DealDeleted: ['updateDeal', async (side) => ({ ...(await deleted(side)), name: name() })],
  StillInUse: ['archiveStage', ({ ids }) => ({ stageId: ids.Stage })],
  ContactAlreadyAdded: [
    'addDealContact',
    async (side) => {
      const { dealContactId: _, ...deal } = await withContacts(side)
      return { ...deal, contactId: side.ids.Contact }
    },
  ],
  StageArchived: [
    'moveDeal',
    async (side) => ({ ...(await versioned(side)), ...(await archivedStage(side)) }),
  ],
  StageNotInPipeline: [
    'moveDeal',
    async (side) => ({
      ...(await versioned(side)),
      stageId: (await pipeline(side)).stage('Lead'),
    }),
  ],
  ReasonRequired: [
    'loseDeal',
    async (side) => versioned(side, { pipelineId: (await pipeline(side)).id }),
  ],
  FieldsRequired: [
    'moveDeal',
    async (side) => {
      const stage = await stageOf(side)
      await done(side.tenant, 'updateStage', { ...stage, requiredFields: ['amount'] })
      return { ...(await versioned(side)), ...stage }
    },
  ],
  TransitionNotAllowed: [
    'moveDeal',
    async (side) => {
      const { id, stage } = await pipeline(side)
      const rules = { noSkipping: true }
      await done(side.tenant, 'updatePipeline', { pipelineId: id, rules })
      const deal = await versioned(side, { pipelineId: id })
      return { ...deal, stageId: stage('Proposal') }
    },
  ],
  BulkRefused: [
    'deleteDeals',
    ({ ids }) => ({ items: [{ dealId: ids.Deal, expectedVersion: 1 }], atomic: true }),
  ],
  IdempotencyKeyReused: ['createTag', ({ texts }) => ({ name: 'x', idempotencyKey: texts.text })],
}

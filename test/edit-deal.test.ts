import { beforeEach, describe, expect, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import { schema } from '../src/schema.ts'
import {
  ask,
  contactFixture,
  type DealFixture,
  dealFixture,
  done,
  eventsDuring,
  memberFixture,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
  tagFixture,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const everything = `version stageName pipelineName status wonReason amount name owner { name }
  organization { name } tags { name } assignees { name } primaryContact { name } contacts { contact { name } }
  history { totalCount } changes { nodes { field } }`
const selection = `deal { ${everything} }
  stageChange { seq direction fromStageName toStageName reason note override amount } replayed`

let t: TestTenant
let sales: PipelineFixture
let support: PipelineFixture
let deal: DealFixture
let ids: Record<'ann' | 'ben' | 'hot' | 'cold' | 'ada' | 'bob' | 'acme', string>

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  support = await pipelineFixture(t, { name: 'Support' })
  ids = {
    ann: (await memberFixture(t, 'Ann')).id,
    ben: (await memberFixture(t, 'Ben')).id,
    hot: (await tagFixture(t, 'Hot')).id,
    cold: (await tagFixture(t, 'Cold')).id,
    ada: (await contactFixture(t, 'Ada')).id,
    bob: (await contactFixture(t, 'Bob')).id,
    acme: (await organizationFixture(t, 'Acme')).id,
  }
  const on = { tagIds: [ids.hot], assigneeIds: [ids.ann], contactIds: [ids.ada] }
  deal = await dealFixture(t, { name: 'Rocket', ...on })
})

const versioned = (expectedVersion = 1) => ({ dealId: deal.id, expectedVersion })
const edit = (input: object, version = 1) =>
  done(t, 'editDeal', { ...versioned(version), ...input }, selection)

const names = (list: { name: string }[]) => list.map(({ name }) => name)

/** All that a form has. */
const form = () => ({
  ...{ name: 'Shuttle', amount: '12.5', organizationId: ids.acme, ownerId: ids.ben },
  ...{ stageId: sales.stage('Won'), status: 'WON', reason: 'Price', note: 'At last' },
  ...{ tagIds: [ids.cold], assigneeIds: [ids.ben], primaryContactId: ids.bob },
})

describe('editDeal with all that a form has', () => {
  it('saves it in one write', async () => {
    const payload = await edit(form())
    expect(payload.deal).toMatchObject({
      ...{ name: 'Shuttle', amount: '12.5', stageName: 'Won', status: 'WON', wonReason: 'Price' },
      ...{ owner: { name: 'Ben' }, organization: { name: 'Acme' }, tags: [{ name: 'Cold' }] },
      ...{ assignees: [{ name: 'Ben' }], primaryContact: { name: 'Bob' } },
      ...{ contacts: [{ contact: { name: 'Bob' } }, { contact: { name: 'Ada' } }] },
      history: { totalCount: 2 },
    })
    const fields = payload.deal.changes.nodes.map(({ field }: { field: string }) => field)
    expect(fields.sort()).toEqual(['AMOUNT', 'NAME', 'ORGANIZATION', 'OWNER'])
    expect(payload.stageChange).toEqual({
      ...{ seq: 2, direction: 'WON', fromStageName: 'Lead', toStageName: 'Won' },
      ...{ reason: 'Price', note: 'At last', override: false, amount: '12.5' },
    })
  })

  it('tells of each part at one revision, with a version for each', async () => {
    let version = 0
    const events = await eventsDuring(t, async () => {
      version = (await edit(form())).deal.version
    })
    expect(new Set(events.map(({ revision }) => revision)).size).toBe(1)
    const ofDeal = events.filter(({ dealId }) => dealId === idOf('Deal', deal.id))
    expect(ofDeal.map(({ type }) => type)).toEqual([
      ...['deal.assigned', 'deal.updated', 'deal.contact_added', 'deal.moved'],
      ...['deal.tagged', 'deal.untagged', 'deal.unassigned'],
    ])
    expect(version).toBe(1 + ofDeal.length)
  })

  it('leaves every other deal as it is', async () => {
    const other = await dealFixture(t, { tagIds: [ids.hot], assigneeIds: [ids.ann] })
    const document = `query ($id: ID!) { deal(id: $id) { ${everything} } }`
    const before = await ask(t, document, { id: other.id })
    await edit(form())
    expect(await ask(t, document, { id: other.id })).toEqual(before)
  })

  it('changes nothing where all of it is so already', async () => {
    const { deal: after } = await edit(form())
    const { reason: _, ...again } = form()
    await untouched([t], async () => {
      const payload = await edit({ ...again, pipelineId: sales.id }, after.version)
      expect(payload).toMatchObject({ deal: after, stageChange: null })
    })
    await untouched([t], () => edit({}, after.version))
    const nulls = ['pipelineId', 'stageId', 'status', 'tagIds', 'assigneeIds']
    const nothing = Object.fromEntries(nulls.map((field) => [field, null]))
    await untouched([t], () => edit(nothing, after.version))
  })

  it('is answered as the first time when it is sent again with its key', async () => {
    const input = { ...form(), idempotencyKey: 'form' }
    const first = await edit(input)
    await untouched([t], async () => {
      expect(await edit(input)).toEqual({ ...first, replayed: true })
      expect(await edit(input, first.deal.version)).toEqual({ ...first, replayed: true })
    })
  })

  it('needs a bounded number of statements, however many tags and assignees there are', async () => {
    const count = async (input: object, version: number) => {
      const sent = { ...versioned(version), ...input }
      return (await t.recordStatements(() => done(t, 'editDeal', sent))).length
    }
    const one = await count({ tagIds: [ids.cold], assigneeIds: [ids.ben] }, 1)
    const [tagIds, assigneeIds]: [string[], string[]] = [[], []]
    for (const name of ['A', 'B', 'C', 'D', 'E']) {
      tagIds.push((await tagFixture(t, name)).id)
      assigneeIds.push((await memberFixture(t, name)).id)
    }
    expect(await count({ tagIds, assigneeIds }, 5)).toBe(one)
    expect(await count(form(), 9)).toBeLessThanOrEqual(56)
  })
})

describe('editDeal with one thing', () => {
  it('writes the values that differ', async () => {
    const { deal: after, stageChange } = await edit({ name: 'Shuttle', amount: '3' })
    expect(after).toMatchObject({ version: 2, name: 'Shuttle', amount: '3', stageName: 'Lead' })
    expect(stageChange).toBeNull()
    expect(names(after.tags)).toEqual(['Hot'])
  })

  it.each([
    [{ status: 'WON' }, 'Won', 'WON'],
    [{ status: 'LOST', reason: 'Price' }, 'Lost', 'LOST'],
  ])('goes by %j to the stage of that kind', async (input, stageName, direction) => {
    const payload = await edit(input)
    expect(payload.deal).toMatchObject({ version: 2, stageName })
    expect(payload.stageChange).toMatchObject({ direction, toStageName: stageName })
  })

  it('reopens to the stage where it was open last', async () => {
    await done(t, 'moveDeal', { ...versioned(), stageId: sales.stage('Proposal') })
    await done(t, 'winDeal', versioned(2))
    const payload = await edit({ status: 'OPEN' }, 3)
    expect(payload.deal).toMatchObject({ stageName: 'Proposal', status: 'OPEN', wonReason: null })
  })

  it('stays in its stage where that is of the status', async () => {
    const second = { pipelineId: sales.id, name: 'Renewed', kind: 'WON' }
    const { stage } = await done(t, 'createStage', second, 'stage { id }')
    await done(t, 'winDeal', { ...versioned(), stageId: stage.id })
    const payload = await edit({ status: 'WON', name: 'Shuttle' }, 2)
    expect(payload).toMatchObject({ deal: { version: 3, stageName: 'Renewed' }, stageChange: null })
  })

  it('goes to a stage of the pipeline', async () => {
    const payload = await edit({ stageId: sales.stage('Qualified'), pipelineId: sales.id })
    expect(payload.deal).toMatchObject({ version: 2, stageName: 'Qualified' })
    expect(payload.stageChange).toMatchObject({ direction: 'FORWARD', note: null })
  })

  it('stays in its stage where that is in the pipeline named, be it archived', async () => {
    await done(t, 'moveDeal', { ...versioned(), stageId: sales.stage('Proposal') })
    await done(t, 'setDefaultPipeline', { pipelineId: support.id })
    await done(t, 'archivePipeline', { pipelineId: sales.id })
    for (const [at, stageId] of [null, sales.stage('Proposal')].entries()) {
      const payload = await edit({ name: `Shuttle ${at}`, pipelineId: sales.id, stageId }, at + 2)
      expect(payload.deal).toMatchObject({ version: at + 3, stageName: 'Proposal' })
      expect(payload.stageChange).toBeNull()
    }
  })

  it('sets the rules of the pipeline aside for an administrator', async () => {
    await done(t, 'updatePipeline', { pipelineId: sales.id, rules: { noSkipping: true } })
    const payload = await edit({ stageId: sales.stage('Proposal'), override: true })
    expect(payload.stageChange).toMatchObject({ toStageName: 'Proposal', override: true })
  })

  it.each([
    [{}, 'Lead', 'TRANSFERRED'],
    [{ status: 'WON' }, 'Won', 'WON'],
    [{ stage: 'Proposal' }, 'Proposal', 'TRANSFERRED'],
  ])('goes to another pipeline with %j', async (input, stageName, direction) => {
    const { stage, ...others } = input as { stage?: string }
    const stageId = stage && support.stage(stage)
    const payload = await edit({ pipelineId: support.id, ...others, ...(stageId && { stageId }) })
    expect(payload.deal).toMatchObject({ version: 2, pipelineName: 'Support', stageName })
    expect(payload.stageChange).toMatchObject({ direction })
  })

  it('stays closed in another pipeline, with when and why', async () => {
    await done(t, 'winDeal', { ...versioned(), reason: 'Price' })
    const payload = await edit({ pipelineId: support.id }, 2)
    const closed = { stageName: 'Won', status: 'WON', wonReason: 'Price' }
    expect(payload.deal).toMatchObject({ version: 3, pipelineName: 'Support', ...closed })
    expect(payload.stageChange).toMatchObject({ direction: 'WON', reason: null })
  })

  it('corrects the reason where the stage stays', async () => {
    await done(t, 'winDeal', { ...versioned(), reason: 'Price' })
    const payload = await edit({ reason: 'Quality', status: 'WON' }, 2)
    expect(payload.deal).toMatchObject({ version: 3, wonReason: 'Quality' })
    expect(payload.stageChange).toBeNull()
  })

  it('has the tags named and no others', async () => {
    const both = await edit({ tagIds: [ids.hot, ids.cold, ids.cold] })
    expect([both.deal.version, names(both.deal.tags)]).toEqual([2, ['Cold', 'Hot']])
    const none = await edit({ tagIds: [] }, 2)
    expect([none.deal.version, none.deal.tags]).toEqual([3, []])
  })

  it('has the assignees named and no others, and those who left may stay', async () => {
    await done(t, 'updateMember', { memberId: ids.ann, deactivated: true })
    const both = await edit({ assigneeIds: [ids.ben, ids.ann] })
    expect([both.deal.version, names(both.deal.assignees)]).toEqual([2, ['Ann', 'Ben']])
    const none = await edit({ assigneeIds: [] }, 2)
    expect([none.deal.version, none.deal.assignees]).toEqual([3, []])
  })

  it('has the primary contact named, or none', async () => {
    const added = await edit({ primaryContactId: ids.bob })
    expect(added.deal).toMatchObject({ version: 2, primaryContact: { name: 'Bob' } })
    const back = await edit({ primaryContactId: ids.ada }, 2)
    expect(back.deal).toMatchObject({ version: 3, primaryContact: { name: 'Ada' } })
    const none = await edit({ primaryContactId: null }, 3)
    expect(none.deal).toMatchObject({ version: 4, primaryContact: null })
    expect(none.deal.contacts).toHaveLength(2)
    await untouched([t], () => edit({ primaryContactId: null }, 4))
  })

  it('has a case here or in the tests of updateDeal for every field of its input', () => {
    const fieldsOf = (name: string) => {
      const input = schema.getType(name)
      return Object.keys(input && 'getFields' in input ? input.getFields() : {})
    }
    const own = ['pipelineId', 'stageId', 'status', 'note', 'override', 'tagIds', 'assigneeIds']
    const all = [...fieldsOf('UpdateDealInput'), ...own, 'primaryContactId']
    expect(fieldsOf('EditDealInput').sort()).toEqual(all.sort())
  })
})

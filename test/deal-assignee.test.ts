import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import {
  ask,
  type DealFixture,
  dealFixture,
  done,
  eventsDuring,
  memberFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let deal: DealFixture
let ann: string
let ben: string

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  ann = (await memberFixture(t, 'Ann')).id
  ben = (await memberFixture(t, 'Ben')).id
  deal = await dealFixture(t)
})

const selection = 'deal { version updatedAt assignees { name } owner { id } }'

async function change(field: string, memberIds: string[], expectedVersion: number) {
  const input = { dealId: deal.id, expectedVersion, memberIds }
  return (await done(t, field, input, selection)).deal
}
const assign = (memberIds: string[], version = 1) => change('assignDeal', memberIds, version)
const unassign = (memberIds: string[], version: number) =>
  change('unassignDeal', memberIds, version)

/** Marks a member as one who left, and perhaps as one who is gone for good. */
async function leave(memberId: string, { deleted = false } = {}) {
  const where = { tenantId_id: { tenantId: t.tenantId, id: idOf('Member', memberId) } }
  await t.write(async (tx) => {
    const data = { deactivatedAt: tx.now, ...(deleted && { deletedAt: tx.now }) }
    await tx.db.member.update({ where, data })
    tx.emit({ type: 'member.deactivated' })
  })
}

async function names({ id } = deal) {
  const document = 'query ($id: ID!) { deal(id: $id) { assignees { name } } }'
  const { assignees } = (await ask(t, document, { id })).deal
  return assignees.map(({ name }: { name: string }) => name)
}

describe('assignDeal', () => {
  it('assigns members beside the owner, by name, at the next version', async () => {
    t.setNow(new Date('2030-01-01T00:00:00.000Z'))
    expect(await assign([ben, ann])).toEqual({
      version: 2,
      updatedAt: '2030-01-01T00:00:00.000Z',
      assignees: [{ name: 'Ann' }, { name: 'Ben' }],
      owner: null,
    })
    expect(await names()).toEqual(['Ann', 'Ben'])
  })

  it('adds who is missing, once, and keeps the others', async () => {
    await assign([ann])
    const events = await eventsDuring(t, () => assign([ben, ann, ben], 2))
    expect(await names()).toEqual(['Ann', 'Ben'])
    const payload = { memberIds: [idOf('Member', ben)] }
    expect(events).toMatchObject([
      { type: 'deal.assigned', dealId: idOf('Deal', deal.id), payload },
    ])
  })

  it.each([
    ['left', false],
    ['been deleted', true],
  ])('changes nothing where all are assigned, even one who has %s since', async (_, deleted) => {
    await assign([ann, ben])
    await leave(ben, { deleted })
    const same = await untouched([t], () => assign([ben, ben], 2))
    expect(same).toMatchObject({ version: 2 })
  })

  it('does not find a deleted member', async () => {
    await leave(ben, { deleted: true })
    const input = { dealId: deal.id, expectedVersion: 1, memberIds: [ann, ben] }
    expect(await refusal(t, 'assignDeal', input)).toMatchObject([
      { __typename: 'NotFound', path: ['input', 'memberIds', '1'] },
    ])
  })

  it('refuses a deactivated member by their place, as createDeal does', async () => {
    await leave(ben)
    const message = 'This member is deactivated: assign somebody else.'
    const error = { __typename: 'ValidationError', message }
    const input = { dealId: deal.id, expectedVersion: 1, memberIds: [ann, ben] }
    expect(await refusal(t, 'assignDeal', input)).toMatchObject([
      { ...error, path: ['input', 'memberIds', '1'] },
    ])
    const created = await refusal(t, 'createDeal', { name: 'New', assigneeIds: [ben] })
    expect(created).toMatchObject([{ ...error, path: ['input', 'assigneeIds', '0'] }])
  })
})

describe('unassignDeal', () => {
  it('takes members off a deal, at its next version', async () => {
    await assign([ann, ben])
    expect(await unassign([ann], 2)).toMatchObject({ version: 3, assignees: [{ name: 'Ben' }] })
    expect(await names()).toEqual(['Ben'])
  })

  it('takes off who is on it, and writes one event', async () => {
    await assign([ann])
    const events = await eventsDuring(t, () => unassign([ben, ann, ann], 2))
    expect(await names()).toEqual([])
    const payload = { memberIds: [idOf('Member', ann)] }
    expect(events).toMatchObject([{ type: 'deal.unassigned', payload }])
  })

  it('takes off members who left or were deleted', async () => {
    await assign([ann, ben])
    await leave(ann)
    await leave(ben, { deleted: true })
    await unassign([ann, ben], 2)
    expect(await names()).toEqual([])
  })

  it('changes nothing where none is assigned', async () => {
    await assign([ann])
    expect(await untouched([t], () => unassign([ben], 2))).toMatchObject({ version: 2 })
  })

  it('leaves the members on every other deal', async () => {
    const other = await dealFixture(t, { assigneeIds: [ann, ben] })
    await assign([ann, ben])
    await unassign([ann, ben], 2)
    expect(await names(other)).toEqual(['Ann', 'Ben'])
  })
})

describe.each(['assignDeal', 'unassignDeal'])('%s with what cannot be', (field) => {
  const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }
  const refused = (input: object) =>
    refusal(t, field, { dealId: deal.id, expectedVersion: 2, memberIds: [ann], ...input })

  beforeEach(() => assign([ben]))

  it('refuses a stale version, even where nothing would change', async () => {
    const errors = await refused({ expectedVersion: 1, memberIds: [ben] })
    expect(errors).toMatchObject([{ __typename: 'VersionConflict', currentVersion: 2 }])
  })

  it('refuses a deleted deal', async () => {
    await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: 2 })
    expect(await refused({ expectedVersion: 3 })).toMatchObject([{ __typename: 'DealDeleted' }])
  })

  it('does not find members who are nowhere or another tenant’s, and names their places', async () => {
    const theirs = (await memberFixture(await testTenant())).id
    const memberIds = [ann, theirs, ben, `member_${randomUUID()}`]
    expect(await refused({ memberIds })).toMatchObject([
      { ...missing, path: ['input', 'memberIds', '1'] },
      { ...missing, path: ['input', 'memberIds', '3'] },
    ])
  })

  it('does not find a deal of another tenant', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    const dealId = (await dealFixture(stranger)).id
    await untouched([stranger], async () => {
      const errors = await refused({ dealId, expectedVersion: 1 })
      expect(errors).toMatchObject([{ ...missing, path: ['input', 'dealId'] }])
    })
  })

  it('takes 1 to 100 members', async () => {
    for (const memberIds of [[], Array(101).fill(ann)]) {
      expect(await refused({ memberIds })).toMatchObject([
        { __typename: 'ValidationError', path: ['input', 'memberIds'] },
      ])
    }
    await change(field, Array(99).fill(ann).concat(ben), 2)
  })
})

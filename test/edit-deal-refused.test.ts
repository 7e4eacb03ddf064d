import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  askMutation,
  contactFixture,
  customFieldFixture,
  type DealFixture,
  dealFixture,
  done,
  memberFixture,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  tagFixture,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture
let support: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  support = await pipelineFixture(t, { name: 'Support' })
  deal = await dealFixture(t, { name: 'Rocket' })
})

const versioned = (expectedVersion = 1) => ({ dealId: deal.id, expectedVersion })
const refused = (input: object) => refusal(t, 'editDeal', { ...versioned(), ...input })
const edit = (input: object, selection = '') =>
  done(t, 'editDeal', { ...versioned(), ...input }, selection)

/** An edit that could be done, for one that is refused for what comes with it. */
const doable = () => ({ name: 'Shuttle', stageId: sales.stage('Qualified') })

describe('editDeal with what cannot be', () => {
  it('does nothing of it, whichever part is refused, and names the field', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    const theirs = {
      tagIds: ['tag', (await tagFixture(stranger)).id],
      assigneeIds: ['member', (await memberFixture(stranger)).id],
      primaryContactId: ['contact', (await contactFixture(stranger)).id],
    }
    const own = {
      tagIds: (await tagFixture(t)).id,
      assigneeIds: (await memberFixture(t)).id,
      primaryContactId: (await contactFixture(t)).id,
    }
    await untouched([stranger], async () => {
      for (const [field, [prefix, id]] of Object.entries(theirs)) {
        for (const unknown of [id, `${prefix}_${randomUUID()}`]) {
          const isList = field.endsWith('Ids')
          const value = isList ? [own[field as keyof typeof own], unknown] : unknown
          const path = ['input', field, ...(isList ? ['1'] : [])]
          expect(await refused({ ...doable(), [field]: value })).toMatchObject([
            { __typename: 'NotFound', code: 'NOT_FOUND', path },
          ])
        }
      }
    })
  })

  it('does not find a deal, a pipeline or a stage of another tenant', async () => {
    const stranger = await testTenant()
    const theirs = await pipelineFixture(stranger)
    const dealId = (await dealFixture(stranger)).id
    const others = { dealId, pipelineId: theirs.id, stageId: theirs.stage('Lead') }
    await untouched([stranger], async () => {
      for (const [field, id] of Object.entries(others)) {
        expect(await refused({ name: 'Shuttle', [field]: id })).toMatchObject([
          { code: 'NOT_FOUND', path: ['input', field] },
        ])
      }
    })
  })

  it.each([
    ['a value', () => ({ name: ' ' }), 'VALIDATION_ERROR', ['name']],
    [
      'a deactivated assignee',
      async () => ({ assigneeIds: [await gone()] }),
      'VALIDATION_ERROR',
      ['assigneeIds', '0'],
    ],
    [
      'too many tags',
      () => ({ tagIds: Array(101).fill(`tag_${randomUUID()}`) }),
      'VALIDATION_ERROR',
      ['tagIds'],
    ],
    [
      'too many assignees',
      () => ({ assigneeIds: Array(101).fill(`member_${randomUUID()}`) }),
      'VALIDATION_ERROR',
      ['assigneeIds'],
    ],
    ['a missing reason', () => ({ stageId: null, status: 'LOST' }), 'REASON_REQUIRED', ['reason']],
    [
      'a reason of an open deal',
      () => ({ stageId: null, reason: 'Price' }),
      'VALIDATION_ERROR',
      ['reason'],
    ],
    [
      'a stage elsewhere',
      () => ({ stageId: support.stage('Lead') }),
      'STAGE_NOT_IN_PIPELINE',
      ['stageId'],
    ],
    [
      'a stage not in the pipeline named',
      () => ({ pipelineId: support.id }),
      'STAGE_NOT_IN_PIPELINE',
      ['stageId'],
    ],
    ['a stale version', () => ({ expectedVersion: 2 }), 'VERSION_CONFLICT', ['expectedVersion']],
  ])('refuses %s', async (_, input, code, path) => {
    expect(await refused({ ...doable(), ...(await input()) })).toMatchObject([
      { code, path: ['input', ...path] },
    ])
  })

  async function gone(): Promise<string> {
    const { id } = await memberFixture(t)
    await done(t, 'updateMember', { memberId: id, deactivated: true })
    return id
  }

  it.each(['Lead', 'Proposal'])('refuses a status that the stage %s is not of', async (name) => {
    expect(await refused({ stageId: sales.stage(name), status: 'WON' })).toMatchObject([
      {
        ...{ __typename: 'ValidationError', path: ['input', 'status'] },
        message: `The stage "${name}" is of kind OPEN, not WON: leave one of the two out.`,
      },
    ])
    const input = { pipelineId: support.id, stageId: support.stage('Won'), status: 'OPEN' }
    expect(await refused(input)).toMatchObject([{ path: ['input', 'status'] }])
  })

  it('shows a stale version as it is, even where nothing is asked', async () => {
    await edit({ name: 'Shuttle' })
    const conflict = { __typename: 'VersionConflict', currentVersion: 2 }
    for (const input of [{}, { name: 'Train' }]) {
      expect(await refused(input)).toMatchObject([{ ...conflict, deal: { name: 'Shuttle' } }])
    }
  })

  it('refuses a deleted deal, an archived stage and an archived pipeline', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Qualified') })
    await done(t, 'archivePipeline', { pipelineId: support.id })
    expect(await refused(doable())).toMatchObject([
      { code: 'STAGE_ARCHIVED', path: ['input', 'stageId'] },
    ])
    expect(await refused({ pipelineId: support.id })).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'pipelineId'] },
    ])
    await done(t, 'deleteDeal', versioned())
    expect(await refused({ expectedVersion: 2 })).toMatchObject([{ code: 'DEAL_DELETED' }])
  })

  it('lets only administrators set rules aside or reopen', async () => {
    await done(t, 'winDeal', versioned())
    for (const input of [{ status: 'LOST', override: true }, { status: 'OPEN' }]) {
      const sent = { ...versioned(2), ...input }
      await untouched([t], async () => {
        const { data } = await askMutation(t, 'editDeal', sent, { as: 'MEMBER' })
        expect(data.editDeal.userErrors).toHaveLength(1)
      })
    }
  })

  it('is forbidden to a reader', async () => {
    await untouched([t], async () => {
      const input = { ...versioned(), name: 'Shuttle' }
      const { data, errors } = await askMutation(t, 'editDeal', input, { as: 'READ_ONLY' })
      expect(data).toEqual({ editDeal: null })
      expect(errors).toMatchObject([{ path: ['editDeal'], extensions: { code: 'FORBIDDEN' } }])
    })
  })
})

describe('editDeal to a stage that requires something', () => {
  it('takes it from the same edit', async () => {
    await customFieldFixture(t, 'cf_region', 'SELECT')
    const requiredFields = ['amount', 'owner', 'primaryContact', 'cf_region']
    await done(t, 'updateStage', { stageId: sales.stage('Qualified'), requiredFields })
    expect(await refused(doable())).toMatchObject([
      { code: 'FIELDS_REQUIRED', path: ['input', 'stageId'] },
    ])
    const required = {
      ...{ amount: '1', ownerId: (await memberFixture(t)).id },
      ...{ primaryContactId: (await contactFixture(t)).id, customFields: { cf_region: 'EMEA' } },
    }
    const { deal: after } = await edit({ ...doable(), ...required }, 'deal { stageName }')
    expect(after.stageName).toBe('Qualified')
  })

  it('takes the custom fields of the pipeline to which it goes', async () => {
    await customFieldFixture(t, 'cf_sales', 'TEXT', { pipelineId: sales.id })
    await customFieldFixture(t, 'cf_any', 'TEXT')
    const needed = { pipelineId: support.id, required: true }
    await customFieldFixture(t, 'cf_support', 'TEXT', needed)
    await edit({ customFields: { cf_sales: 'kept', cf_any: 'old' } })
    const there = { expectedVersion: 2, pipelineId: support.id }
    const at = (key: string) => [{ path: ['input', 'customFields', key] }]
    expect(await refused(there)).toMatchObject(at('cf_support'))
    expect(await refused({ ...there, customFields: null })).toMatchObject(at('cf_support'))
    const own = { cf_support: 'gold', cf_sales: 'other' }
    expect(await refused({ ...there, customFields: own })).toMatchObject(at('cf_sales'))
    const given = { ...there, customFields: { cf_support: 'gold', cf_any: null } }
    const { deal: after } = await edit(given, 'deal { customFields { key value } }')
    expect(after.customFields).toEqual([
      { key: 'cf_sales', value: 'kept' },
      { key: 'cf_support', value: 'gold' },
    ])
  })
})

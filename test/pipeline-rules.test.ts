import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  askMutation,
  type DealFixture,
  dealFixture,
  done,
  type PipelineFixture,
  pipelineFixture,
  refusal,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
})

const rules = (values: object) => done(t, 'updatePipeline', { pipelineId: sales.id, rules: values })

const require = (name: string, requiredFields: string[]) =>
  done(t, 'updateStage', { stageId: sales.stage(name), requiredFields })

const moveOf = ({ id, version }: DealFixture, stage: string, input: object = {}) => ({
  ...{ dealId: id, expectedVersion: version, stageId: sales.stage(stage) },
  ...input,
})

const inStage = (stage: string, input: object = {}) =>
  dealFixture(t, { stageId: sales.stage(stage), ...input })

const refusedBy = (rule: string) => [
  { code: 'TRANSITION_NOT_ALLOWED', path: ['input', 'stageId'], rule },
]

async function rulesBroken(input: object, as: 'ADMIN' | 'MEMBER' = 'ADMIN') {
  const selection =
    'broken: userErrors { code path ... on TransitionNotAllowed { rule } ... on FieldsRequired { fields } }'
  const { data } = await askMutation(t, 'moveDeal', input, { as, selection })
  return data.moveDeal.broken
}

describe('a pipeline without rules', () => {
  it('lets a deal skip stages, go back and close without a reason', async () => {
    const deal = await inStage('Lead')
    await done(t, 'moveDeal', moveOf(deal, 'Proposal'))
    await done(t, 'moveDeal', moveOf({ ...deal, version: 2 }, 'Lead'))
    await done(t, 'moveDeal', moveOf({ ...deal, version: 3 }, 'Won'))
  })
})

describe('noSkipping', () => {
  beforeEach(() => rules({ noSkipping: true }))

  it('lets a deal go on one stage, and win from the last', async () => {
    const deal = await inStage('Lead')
    expect(await rulesBroken(moveOf(deal, 'Proposal'))).toEqual(refusedBy('NO_SKIPPING'))
    expect(await rulesBroken(moveOf(deal, 'Won'))).toEqual(refusedBy('NO_SKIPPING'))
    await done(t, 'moveDeal', moveOf(deal, 'Qualified'))
    await done(t, 'moveDeal', moveOf({ ...deal, version: 2 }, 'Proposal'))
    await done(t, 'moveDeal', moveOf({ ...deal, version: 3 }, 'Won'))
  })

  it('keeps no deal from being lost', async () => {
    await done(t, 'moveDeal', moveOf(await inStage('Lead'), 'Lost', { reason: 'Budget' }))
    const input = { dealId: (await inStage('Lead')).id, expectedVersion: 1, reason: 'Budget' }
    await done(t, 'loseDeal', input)
  })

  it('holds for winDeal too', async () => {
    const input = { dealId: (await inStage('Lead')).id, expectedVersion: 1 }
    expect(await refusal(t, 'winDeal', input)).toMatchObject([{ code: 'TRANSITION_NOT_ALLOWED' }])
  })

  it('is not broken by creating a deal in a later stage', async () => {
    expect((await inStage('Proposal')).version).toBe(1)
  })
})

describe('noMovingBack', () => {
  beforeEach(() => rules({ noMovingBack: true }))

  it('keeps a deal from earlier stages, and lets it reopen where it was', async () => {
    const deal = await inStage('Qualified')
    expect(await rulesBroken(moveOf(deal, 'Lead'))).toEqual(refusedBy('NO_MOVING_BACK'))
    await done(t, 'moveDeal', moveOf(deal, 'Won'))
    const closed = { ...deal, version: 2 }
    expect(await rulesBroken(moveOf(closed, 'Lead'))).toEqual(refusedBy('NO_MOVING_BACK'))
    await done(t, 'reopenDeal', { dealId: deal.id, expectedVersion: 2 })
  })
})

describe('reasonToClose', () => {
  beforeEach(() => rules({ reasonToClose: true }))

  it('asks for a reason in every closed stage', async () => {
    const deal = await inStage('Proposal')
    expect(await refusal(t, 'moveDeal', moveOf(deal, 'Won'))).toMatchObject([
      { code: 'REASON_REQUIRED', path: ['input', 'reason'] },
    ])
    await done(t, 'moveDeal', moveOf(deal, 'Won', { reason: 'Price' }))
  })

  it('asks for it of a deal that is created closed', async () => {
    const input = { name: 'Late', stageId: sales.stage('Won') }
    expect(await refusal(t, 'createDeal', input)).toMatchObject([{ code: 'REASON_REQUIRED' }])
    await done(t, 'createDeal', { ...input, reason: 'Price' })
  })
})

describe('required fields of a stage', () => {
  beforeEach(() => require('Proposal', ['amount', 'expectedCloseDate', 'primaryContact']))

  it('must have a value when a deal enters', async () => {
    const deal = await inStage('Lead', { amount: '10' })
    expect(await rulesBroken(moveOf(deal, 'Proposal'))).toEqual([
      {
        ...{ code: 'FIELDS_REQUIRED', path: ['input', 'stageId'] },
        fields: ['expectedCloseDate', 'primaryContact'],
      },
    ])
    const { contact } = await done(t, 'createContact', { name: 'Ada' }, 'contact { id }')
    const complete = { amount: '10', expectedCloseDate: '2030-01-01', contactIds: [contact.id] }
    await done(t, 'moveDeal', moveOf(await inStage('Lead', complete), 'Proposal'))
    expect((await inStage('Proposal', complete)).version).toBe(1)
  })

  it('are asked of a new deal and of one from another pipeline', async () => {
    const input = { name: 'Late', stageId: sales.stage('Proposal') }
    expect(await refusal(t, 'createDeal', input)).toMatchObject([{ code: 'FIELDS_REQUIRED' }])
    const support = await pipelineFixture(t, { name: 'Support' })
    const deal = await dealFixture(t, { stageId: support.stage('Lead') })
    const transfer = { ...moveOf(deal, 'Proposal'), pipelineId: sales.id }
    expect(await refusal(t, 'moveDealToPipeline', transfer)).toMatchObject([
      { code: 'FIELDS_REQUIRED' },
    ])
  })

  it('may be custom fields', async () => {
    const field = { key: 'cf_region', label: 'Region', type: 'TEXT' }
    const created = await done(t, 'createCustomField', field, 'customField { id }')
    await require('Qualified', ['cf_region'])
    const archived = { customFieldId: created.customField.id }
    expect(await refusal(t, 'archiveCustomField', archived)).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'customFieldId'] },
    ])
    expect(await rulesBroken(moveOf(await inStage('Lead'), 'Qualified'))).toMatchObject([
      { fields: ['cf_region'] },
    ])
    const deal = await inStage('Lead', { customFields: { cf_region: 'EMEA' } })
    await done(t, 'moveDeal', moveOf(deal, 'Qualified'))
  })
})

describe('override', () => {
  beforeEach(async () => {
    await rules({ noSkipping: true, reasonToClose: true })
    await require('Proposal', ['amount'])
  })

  const overriding = (input: object) =>
    done(t, 'moveDeal', { ...input, override: true }, 'stageChange { override }')

  it('lets an administrator set the rules aside, and the audit says so', async () => {
    const skipping = await overriding(moveOf(await inStage('Lead'), 'Proposal'))
    expect(skipping.stageChange).toEqual({ override: true })
    const unreasoned = await overriding(moveOf(await inStage('Qualified'), 'Won'))
    expect(unreasoned.stageChange).toEqual({ override: true })
  })

  it('is not in the audit where no rule was broken', async () => {
    const allowed = await overriding(moveOf(await inStage('Lead'), 'Qualified'))
    expect(allowed.stageChange).toEqual({ override: false })
    const reasoned = moveOf(await inStage('Lead'), 'Lost', { reason: 'Budget' })
    expect((await overriding(reasoned)).stageChange).toEqual({ override: false })
  })

  it('is for administrators alone', async () => {
    const input = { ...moveOf(await inStage('Lead'), 'Proposal'), override: true }
    expect(await rulesBroken(input, 'MEMBER')).toEqual([
      { code: 'VALIDATION_ERROR', path: ['input', 'override'] },
    ])
  })
})

describe('allowedTransitions', () => {
  const document = `query ($id: ID!) { deal(id: $id) { allowedTransitions { stage { id name } allowed reasonRequired
    reasons { code message path ... on TransitionNotAllowed { rule } ... on FieldsRequired { fields } } } } }`

  it.each(['ADMIN', 'MEMBER'] as const)('foretells to %s what moveDeal answers', async (as) => {
    await rules({ noSkipping: true, noMovingBack: true })
    await require('Proposal', ['amount'])
    for (const from of ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost']) {
      const deal = await inStage(from, {
        amount: from === 'Proposal' ? '1' : null,
        reason: 'Price',
      })
      const { data } = await t.graphql(document, { id: deal.id }, as)
      const transitions = data.deal.allowedTransitions
      expect(transitions).toHaveLength(4)
      for (const { stage, allowed, reasonRequired, reasons } of transitions) {
        const input = moveOf(
          await inStage(from, { amount: from === 'Proposal' ? '1' : null, reason: 'Price' }),
          stage.name,
        )
        const reason = reasonRequired ? { reason: 'Budget' } : {}
        const answer = await askMutation(t, 'moveDeal', { ...input, ...reason }, { as })
        const { userErrors } = answer.data.moveDeal
        expect([from, stage.name, userErrors.length === 0]).toEqual([from, stage.name, allowed])
        expect(userErrors.map(({ message }: Error) => message)).toEqual(
          reasons.map(({ message }: Error) => message),
        )
        expect(reasonRequired).toBe(stage.name === 'Lost')
      }
    }
  })

  it('leaves out the stage where the deal is and those that are archived', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Qualified') })
    const { id } = await inStage('Lead')
    const { deal } = await ask(t, document, { id })
    const names = deal.allowedTransitions.map(
      ({ stage }: { stage: { name: string } }) => stage.name,
    )
    expect(names).toEqual(['Proposal', 'Won', 'Lost'])
  })
})

import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  dealFixture,
  done,
  eventsOf,
  organizationFixture,
  pipelineFixture,
  refusal,
  untouched,
  usualStages,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

const invalid = { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }
const open = { name: 'Lead', kind: 'OPEN' }
const won = { name: 'Won', kind: 'WON' }
const lost = { name: 'Lost', kind: 'LOST' }

async function pipelines() {
  const document = `{ pipelines { number name position isDefault archivedAt
    stages { number name kind position probability rottingDays reasonRequired archivedAt } } }`
  return (await ask(t, document)).pipelines
}

describe('createPipeline', () => {
  it('creates the stages in their order, with what each says and what it does not', async () => {
    const stages = [
      { ...open, probability: 10, rottingDays: 7 },
      { name: ' Talks ', kind: 'OPEN' },
      { ...won, reasonRequired: true },
      { ...lost, probability: 0 },
      { name: 'Certain', kind: 'OPEN', probability: 100 },
      { name: 'Hopeless', kind: 'OPEN', probability: 0 },
    ]
    await done(t, 'createPipeline', { name: ' Sales ', stages }, 'pipeline { id }')
    const [pipeline, ...others] = await pipelines()
    expect(others).toEqual([])
    const base = { number: 1, name: 'Sales', position: 0, isDefault: true, archivedAt: null }
    expect(pipeline).toMatchObject(base)
    const rows = pipeline.stages.map((stage: object) => Object.values(stage))
    expect(rows).toEqual([
      [1, 'Lead', 'OPEN', 0, 10, 7, false, null],
      [2, 'Talks', 'OPEN', 1, 50, null, false, null],
      [3, 'Won', 'WON', 2, 100, null, true, null],
      [4, 'Lost', 'LOST', 3, 0, null, false, null],
      [5, 'Certain', 'OPEN', 4, 100, null, false, null],
      [6, 'Hopeless', 'OPEN', 5, 0, null, false, null],
    ])
  })

  it('writes one event', async () => {
    await pipelineFixture(t)
    const before = await eventsOf(t)
    await pipelineFixture(t, { name: 'Support' })
    const events = (await eventsOf(t)).slice(before.length)
    expect(events.map(({ type }) => type)).toEqual(['pipeline.created'])
  })

  it('makes the first pipeline the default, and a later one only when told so', async () => {
    const flags = async () =>
      (await pipelines()).map(({ name, isDefault }: { name: string; isDefault: boolean }) =>
        isDefault ? `${name}*` : name,
      )
    const create = (name: string, isDefault?: boolean) =>
      done(t, 'createPipeline', { name, stages: usualStages, isDefault })
    await create('A')
    await create('B')
    expect(await flags()).toEqual(['A*', 'B'])
    await create('C', true)
    expect(await flags()).toEqual(['A', 'B', 'C*'])
    await create('D', false)
    expect(await flags()).toEqual(['A', 'B', 'C*', 'D'])
    await dealFixture(t)
    expect((await ask(t, '{ dealByNumber(number: 1) { pipelineName } }')).dealByNumber).toEqual({
      pipelineName: 'C',
    })
  })

  it('makes no default of the first pipeline when it is told not to', async () => {
    await done(t, 'createPipeline', { name: 'A', stages: usualStages, isDefault: false })
    expect(await pipelines()).toMatchObject([{ isDefault: false }])
  })

  it('takes a name that another tenant has, and changes nothing there', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger, { name: 'Sales' })
    await untouched([stranger], () => pipelineFixture(t, { name: 'Sales' }))
  })

  it.each(['Sales', 'SALES', ' sales '])(
    'refuses the name %j of another pipeline',
    async (name) => {
      await pipelineFixture(t, { name: 'Sales' })
      expect(await refusal(t, 'createPipeline', { name, stages: usualStages })).toMatchObject([
        { __typename: 'NameTaken', code: 'NAME_TAKEN', path: ['input', 'name'] },
      ])
    },
  )

  it.each([
    ['no name', { name: ' ' }, ['input', 'name']],
    ['a long name', { name: 'x'.repeat(256) }, ['input', 'name']],
    ['no open stage', { stages: [won, lost] }, ['input', 'stages']],
    ['no won stage', { stages: [open, lost] }, ['input', 'stages']],
    ['no lost stage', { stages: [open, won] }, ['input', 'stages']],
    [
      'a nameless stage',
      { stages: [{ ...open, name: '' }, won, lost] },
      ['input', 'stages', '0', 'name'],
    ],
    [
      'a long stage name',
      { stages: [open, { ...won, name: 'x'.repeat(256) }, lost] },
      ['input', 'stages', '1', 'name'],
    ],
    [
      'two stages of one name',
      { stages: [open, won, lost, { ...open, name: ' LEAD' }] },
      ['input', 'stages'],
    ],
    [
      'a probability above 100',
      { stages: [{ ...open, probability: 101 }, won, lost] },
      ['input', 'stages', '0', 'probability'],
    ],
    [
      'a probability below 0',
      { stages: [{ ...open, probability: -1 }, won, lost] },
      ['input', 'stages', '0', 'probability'],
    ],
    [
      'a won stage that is not certain',
      { stages: [open, { ...won, probability: 90 }, lost] },
      ['input', 'stages', '1', 'probability'],
    ],
    [
      'a lost stage with hope',
      { stages: [open, won, { ...lost, probability: 1 }] },
      ['input', 'stages', '2', 'probability'],
    ],
    [
      'rotting at once',
      { stages: [{ ...open, rottingDays: 0 }, won, lost] },
      ['input', 'stages', '0', 'rottingDays'],
    ],
    [
      'rotting in 101 years',
      { stages: [{ ...open, rottingDays: 36_501 }, won, lost] },
      ['input', 'stages', '0', 'rottingDays'],
    ],
    [
      '51 stages',
      {
        stages: [won, lost, ...Array.from({ length: 49 }, (_, n) => ({ ...open, name: `S${n}` }))],
      },
      ['input', 'stages'],
    ],
  ])('refuses %s', async (_, values, path) => {
    const errors = await refusal(t, 'createPipeline', {
      name: 'Sales',
      stages: usualStages,
      ...values,
    })
    expect(errors).toMatchObject([{ ...invalid, path }])
  })

  it('tells every kind that is missing', async () => {
    const errors = await refusal(t, 'createPipeline', { name: 'Sales', stages: [] })
    expect(errors).toHaveLength(3)
  })
})

describe('createOrganization', () => {
  const all = {
    name: 'Acme',
    domain: 'acme.example',
    email: 'hi@acme.example',
    phone: '+1 555 0100',
  }
  const read = async (id: string) => {
    const selection = 'number name domain email phone createdAt'
    return (
      await ask(t, `query ($id: ID!) { node(id: $id) { ... on Organization { ${selection} } } }`, {
        id,
      })
    ).node
  }

  it('writes all that is given', async () => {
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const { organization } = await done(
      t,
      'createOrganization',
      { ...all, name: ' Acme ' },
      'organization { id }',
    )
    const createdAt = '2026-03-02T09:00:00.000Z'
    expect(await read(organization.id)).toEqual({ number: 1, ...all, createdAt })
    expect((await eventsOf(t)).at(-1)?.type).toBe('organization.created')
  })

  it('needs nothing but a name, which need not be the only one', async () => {
    const ids = [await organizationFixture(t), await organizationFixture(t)].map(({ id }) => id)
    for (const [index, id] of ids.entries()) {
      const nothing = { domain: null, email: null, phone: null }
      expect(await read(id)).toMatchObject({ number: index + 1, name: 'Acme', ...nothing })
    }
  })

  it.each(['', '  ', 'x'.repeat(256)])('refuses the name %j', async (name) => {
    const errors = await refusal(t, 'createOrganization', { ...all, name })
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'name'] }])
  })
})

describe('createContact', () => {
  const all = {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    phone: '+44 1',
    jobTitle: 'Analyst',
  }
  const read = async (id: string) => {
    const selection = 'number name email phone jobTitle organization { id }'
    return (
      await ask(t, `query ($id: ID!) { node(id: $id) { ... on Contact { ${selection} } } }`, { id })
    ).node
  }

  it('writes all that is given', async () => {
    const organization = await organizationFixture(t)
    const input = { ...all, organizationId: organization.id }
    const { contact } = await done(t, 'createContact', input, 'contact { id }')
    expect(await read(contact.id)).toEqual({ number: 1, ...all, organization })
    expect((await eventsOf(t)).at(-1)?.type).toBe('contact.created')
  })

  it('needs nothing but a name', async () => {
    const { contact } = await done(t, 'createContact', { name: ' Ada ' }, 'contact { id }')
    const nothing = { email: null, phone: null, jobTitle: null, organization: null }
    expect(await read(contact.id)).toEqual({ number: 1, name: 'Ada', ...nothing })
  })

  it.each(['', 'x'.repeat(256)])('refuses the name %j', async (name) => {
    const errors = await refusal(t, 'createContact', { ...all, name })
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'name'] }])
  })

  it('does not find an organization that is nowhere or of another tenant', async () => {
    const stranger = await testTenant()
    const theirs = await organizationFixture(stranger)
    await untouched([stranger], async () => {
      for (const organizationId of [theirs.id, `organization_${randomUUID()}`]) {
        expect(await refusal(t, 'createContact', { ...all, organizationId })).toMatchObject([
          { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', 'organizationId'] },
        ])
      }
    })
  })
})

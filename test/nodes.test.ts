import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import { encodeId } from '../src/ids.ts'
import {
  ask,
  dealFixture,
  done,
  keyOfMember,
  memberFixture,
  nodeTypes,
  oneOfEach,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

async function code(document: string, variables: object): Promise<string | undefined> {
  return (await t.graphql(document, variables)).errors[0]?.extensions.code
}

const malformed = [
  '',
  'nonsense',
  randomUUID(),
  `deal-${randomUUID()}`,
  `deal_${randomUUID().toUpperCase()}`,
  `Deal_${randomUUID()}`,
  `deal_${randomUUID()} `,
  `deal__${randomUUID()}`,
  `_${randomUUID()}`,
  `deal_${randomUUID().replaceAll('-', '')}`,
]
const typeless = ['thing', 'tenant', 'viewer', 'actor', 'query', 'deal_connection', 'user_error']

describe('node', () => {
  const document = 'query ($id: ID!) { node(id: $id) { __typename id } }'

  it('finds a thing of each type', async () => {
    const ids = await oneOfEach(t)
    expect(Object.keys(ids).sort()).toEqual(nodeTypes().sort())
    for (const [typename, id] of Object.entries(ids)) {
      expect(await ask(t, document, { id })).toEqual({ node: { __typename: typename, id } })
    }
  })

  it('answers null for what is nowhere, and for what another tenant has', async () => {
    const theirs = Object.values(await oneOfEach(await testTenant()))
    const nowhere = nodeTypes().map((typename) => encodeId(typename, randomUUID()))
    for (const id of [...theirs, ...nowhere])
      expect(await ask(t, document, { id })).toEqual({ node: null })
  })

  it.each([...malformed, ...typeless.map((prefix) => `${prefix}_${randomUUID()}`)])(
    'refuses %j as INVALID_ID',
    async (id) => {
      expect(await code(document, { id })).toBe('INVALID_ID')
    },
  )
})

describe('nodes', () => {
  const document = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'

  it('keeps the order, repeats what is asked for twice and has null for what is not there', async () => {
    const ids = await oneOfEach(t)
    const theirs = await oneOfEach(await testTenant())
    const wanted = nodeTypes()
      .reverse()
      .flatMap((typename) => [ids[typename], theirs[typename], ids.Deal])
    const { nodes } = await ask(t, document, { ids: wanted })
    const mine = Object.values(ids)
    const found = nodes.map((node: { id: string } | null) => node?.id)
    expect(found).toEqual(wanted.map((id) => (id && mine.includes(id) ? id : undefined)))
  })

  it('answers an empty list with an empty list', async () => {
    expect(await ask(t, document, { ids: [] })).toEqual({ nodes: [] })
  })

  it('takes 100 ids and no more', async () => {
    const ids = (length: number) => Array.from({ length }, () => `deal_${randomUUID()}`)
    expect((await ask(t, document, { ids: ids(100) })).nodes).toEqual(Array(100).fill(null))
    const { data, errors } = await t.graphql(document, { ids: ids(101) })
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['nodes'], extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it.each([...malformed, `thing_${randomUUID()}`])(
    'refuses %j among others as INVALID_ID',
    async (id) => {
      expect(await code(document, { ids: [`deal_${randomUUID()}`, id] })).toBe('INVALID_ID')
    },
  )
})

describe('ids', () => {
  it.each([
    ['deal', `stage_${randomUUID()}`],
    ['deal', 'deal_1'],
    ['pipeline', `deal_${randomUUID()}`],
    ['pipeline', ''],
  ])('of %s cannot be %j', async (field, id) => {
    const { data, errors } = await t.graphql(`query ($id: ID!) { ${field}(id: $id) { id } }`, {
      id,
    })
    expect(data).toEqual({ [field]: null })
    expect(errors).toMatchObject([{ path: [field], extensions: { code: 'INVALID_ID' } }])
  })

  it.each(['pipelineId', 'stageId', 'ownerId', 'organizationId', 'contactId', 'tagId'])(
    'of another type are refused in the filter %s',
    async (field) => {
      const document = 'query ($filter: DealFilter) { deals(filter: $filter) { totalCount } }'
      for (const id of [`deal_${randomUUID()}`, 'nonsense']) {
        expect(await code(document, { filter: { [field]: { eq: id } } })).toBe('INVALID_ID')
        expect(await code(document, { filter: { [field]: { in: [id] } } })).toBe('INVALID_ID')
      }
    },
  )
})

describe('viewer', () => {
  const document = `{ viewer { role scopes apiKeyName member { name }
    tenant { id slug name defaultCurrency timeZone } } }`

  it('is a key of the tenant itself', async () => {
    const { viewer } = await ask(t, document)
    expect(viewer).toEqual({
      role: 'ADMIN',
      scopes: [
        'deals:read',
        'deals:write',
        'pipelines:write',
        'contacts:write',
        'members:read',
        'members:write',
        'keys:write',
        'operations:write',
        'operations:bypass',
      ],
      apiKeyName: 'ADMIN',
      member: null,
      tenant: {
        ...{ id: `tenant_${t.tenantId}`, slug: t.slug, name: t.slug },
        ...{ defaultCurrency: 'USD', timeZone: 'UTC' },
      },
    })
  })

  it('has a tenant whose id tells it from others, and that no node is', async () => {
    const { id } = (await ask(t, '{ viewer { tenant { id } } }')).viewer.tenant
    const other = await ask(await testTenant(), '{ viewer { tenant { id } } }')
    expect(other.viewer.tenant.id).not.toBe(id)
    const { data, errors } = await t.graphql('query ($id: ID!) { node(id: $id) { id } }', { id })
    expect(data).toEqual({ node: null })
    const message = `"${id}" is not a valid id here. There is no such type of id.`
    expect(errors).toMatchObject([{ message, extensions: { code: 'INVALID_ID' } }])
  })

  it('is a key that acts for a member', async () => {
    const as = await keyOfMember(t, await memberFixture(t, 'Grace Hopper'))
    const { data } = await t.graphql(document, {}, as)
    expect(data.viewer).toMatchObject({
      role: 'MEMBER',
      scopes: ['deals:read', 'deals:write', 'contacts:write', 'members:read'],
      apiKeyName: 'Phone',
      member: { name: 'Grace Hopper' },
    })
  })

  it('has only those scopes of its role that the key names', async () => {
    const { id, secret } = await t.write((tx) =>
      createApiKey(tx, { name: 'Narrow', role: 'MEMBER' }),
    )
    await t.write(async (tx) => {
      const where = { tenantId_id: { tenantId: t.tenantId, id } }
      await tx.db.apiKey.update({ where, data: { scopes: ['deals:read', 'pipelines:write'] } })
      tx.emit({ type: 'api_key.updated' })
    })
    const { data } = await t.graphql(document, {}, { key: secret })
    expect(data.viewer.scopes).toEqual(['deals:read'])
    const members = await t.graphql('{ members { totalCount } }', {}, { key: secret })
    expect(members.errors).toMatchObject([{ path: ['members'], extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('dealByNumber', () => {
  const document = 'query ($number: Int!) { dealByNumber(number: $number) { name } }'

  it('finds the deal of the tenant with that number, and nothing for any other', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    for (const name of ['One', 'Two', 'Three']) await dealFixture(stranger, { name })
    await pipelineFixture(t)
    await dealFixture(t, { name: 'Mine' })
    expect(await ask(t, document, { number: 1 })).toEqual({ dealByNumber: { name: 'Mine' } })
    for (const number of [0, -1, 2, 3, 2_147_483_647]) {
      expect(await ask(t, document, { number })).toEqual({ dealByNumber: null })
    }
  })
})

describe('pipelines', () => {
  const names = (items: { name: string }[]) => items.map(({ name }) => name)

  it('come in their order, without the archived ones unless those are asked for', async () => {
    await pipelineFixture(t, { name: 'C' })
    const { id } = await pipelineFixture(t, { name: 'B' })
    await pipelineFixture(t, { name: 'A' })
    await done(t, 'archivePipeline', { pipelineId: id })
    const document = `{ pipelines { name } no: pipelines(includeArchived: false) { name }
      all: pipelines(includeArchived: true) { name archivedAt } }`
    const { pipelines, no, all } = await ask(t, document)
    expect([names(pipelines), names(no), names(all)]).toEqual([
      ['C', 'A'],
      ['C', 'A'],
      ['C', 'B', 'A'],
    ])
    expect(all[1].archivedAt).not.toBeNull()
    const one = await ask(t, 'query ($id: ID!) { pipeline(id: $id) { name } }', { id })
    expect(one).toEqual({ pipeline: { name: 'B' } })
  })

  it('show their stages in their order, the archived ones only when they are asked for', async () => {
    const sales = await pipelineFixture(t)
    await done(t, 'archiveStage', { stageId: sales.stage('Qualified') })
    const document = `{ pipelines { stages { name pipeline { id } }
      all: stages(includeArchived: true) { name } } }`
    const [pipeline] = (await ask(t, document)).pipelines
    expect(names(pipeline.stages)).toEqual(['Lead', 'Proposal', 'Won', 'Lost'])
    expect(names(pipeline.all)).toEqual(['Lead', 'Qualified', 'Proposal', 'Won', 'Lost'])
    expect(pipeline.stages[0].pipeline).toEqual({ id: sales.id })
  })
})

describe('a deal', () => {
  it('shows its references, tags and assignees, by name', async () => {
    const { Deal: id } = await oneOfEach(t)
    const document = `query ($id: ID!) { deal(id: $id) { organization { name } owner { name } tags { name color }
      assignees { name } primaryContact { name } contacts { contact { name } deal { name } }
      history { nodes { deal { name } stageName pipelineName } } annualizedAmount isRotting rottingAt } }`
    expect((await ask(t, document, { id })).deal).toEqual({
      organization: { name: 'Acme' },
      owner: { name: 'Grace Hopper' },
      tags: [{ name: 'Hot', color: '#ff0000' }],
      assignees: [{ name: 'Grace Hopper' }],
      primaryContact: { name: 'Ada Lovelace' },
      contacts: [{ contact: { name: 'Ada Lovelace' }, deal: { name: 'Rocket' } }],
      history: { nodes: [{ deal: { name: 'Rocket' }, stageName: 'Lead', pipelineName: 'Sales' }] },
      annualizedAmount: null,
      isRotting: false,
      rottingAt: null,
    })
  })

  it('rots when it has stayed in a stage for its rotting days', async () => {
    const sales = await pipelineFixture(t)
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const input = { stageId: sales.stage('Qualified'), amount: '10', valuePeriod: 'QUARTERLY' }
    const { id } = await dealFixture(t, input)
    const read = async () => {
      const document = 'query ($id: ID!) { deal(id: $id) { isRotting rottingAt annualizedAmount } }'
      return (await ask(t, document, { id })).deal
    }
    const rottingAt = '2026-03-09T09:00:00.000Z'
    t.setNow(new Date('2026-03-09T08:59:59.999Z'))
    expect(await read()).toEqual({ isRotting: false, rottingAt, annualizedAmount: '40' })
    t.setNow(new Date(rottingAt))
    expect(await read()).toMatchObject({ isRotting: true })
    await done(t, 'moveDeal', { dealId: id, stageId: sales.stage('Won'), expectedVersion: 1 })
    expect(await read()).toMatchObject({ isRotting: false, rottingAt: null })
  })
})

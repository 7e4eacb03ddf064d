import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import type { Scope } from '../src/auth/scopes.ts'
import {
  ask,
  contactFixture,
  done,
  memberFixture,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture
/** The things of the tenant by the fields that find them, numbered from 1 in this order. */
let things: Record<string, string[]>

const fields = [
  ['pipelineByNumber', 'deals:read'],
  ['stageByNumber', 'deals:read'],
  ['organizationByNumber', 'deals:read'],
  ['contactByNumber', 'deals:read'],
  ['memberByNumber', 'members:read'],
] as const

const documentOf = (field: string) =>
  `query ($number: Int!) { ${field}(number: $number) { id number name } }`

beforeAll(async () => {
  const stranger = await testTenant()
  for (const name of ['A', 'B', 'C', 'D']) {
    await pipelineFixture(stranger, { name })
    await organizationFixture(stranger)
    await contactFixture(stranger)
    await memberFixture(stranger, `Stranger ${name}`)
  }
  t = await testTenant()
  sales = await pipelineFixture(t)
  const renewals = await pipelineFixture(t, { name: 'Renewals' })
  const stages = ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost']
  const idsOf = (made: { id: string }[]) => made.map(({ id }) => id)
  things = {
    pipelineByNumber: [sales.id, renewals.id],
    stageByNumber: [sales, renewals].flatMap(({ stage }) => stages.map(stage)),
    organizationByNumber: idsOf([
      await organizationFixture(t, 'Acme'),
      await organizationFixture(t, 'Bolt'),
    ]),
    contactByNumber: idsOf([await contactFixture(t, 'Ada'), await contactFixture(t, 'Bob')]),
    memberByNumber: idsOf([await memberFixture(t, 'Mia'), await memberFixture(t, 'Max')]),
  }
})

describe.each(fields)('%s', (field, scope) => {
  const document = documentOf(field)

  it('finds each thing of the tenant as `node` has it', async () => {
    const ids = things[field] ?? []
    expect(ids.length).toBeGreaterThan(1)
    const typename = field.charAt(0).toUpperCase() + field.slice(1, -'ByNumber'.length)
    for (const [index, id] of ids.entries()) {
      const found = (await ask(t, document, { number: index + 1 }))[field]
      expect(found).toMatchObject({ id, number: index + 1 })
      const node = `query ($id: ID!) { node(id: $id) { ... on ${typename} { id number name } } }`
      expect(await ask(t, node, { id })).toEqual({ node: found })
    }
  })

  it('finds nothing for any other number, such as one of another tenant', async () => {
    const next = (things[field]?.length ?? 0) + 1
    for (const number of [next, next + 1, 0, -1, 2_147_483_647, -2_147_483_648]) {
      expect(await ask(t, document, { number })).toEqual({ [field]: null })
    }
  })

  it.each([2_147_483_648, -2_147_483_649, 1.5, '1', null])('takes no %j', async (number) => {
    const { data, errors } = await t.graphql(document, { number })
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it.each(['deals:read', 'members:read'] as const)('asks for its scope of %s', async (given) => {
    const as = await limitedTo(given)
    const { data, errors } = await t.graphql(document, { number: 1 }, as)
    if (given === scope) {
      expect([data[field].id, errors]).toEqual([things[field]?.[0], []])
    } else {
      const message = `You may not use Query.${field}: it needs the scope ${scope}.`
      expect(data).toEqual({ [field]: null })
      expect(errors).toMatchObject([{ message, extensions: { code: 'FORBIDDEN' } }])
    }
  })
})

/** An administrator's key that is limited to the scope. */
async function limitedTo(scope: Scope): Promise<{ key: string }> {
  const values = { name: 'Limited', role: 'ADMIN', scopes: [scope] } as const
  return { key: (await t.write((tx) => createApiKey(tx, values))).secret }
}

describe('what is no longer in use', () => {
  it('is found by its number: archived pipelines and stages, deleted members', async () => {
    const own = await testTenant()
    const pipeline = await pipelineFixture(own)
    const second = await pipelineFixture(own, { name: 'Second' })
    const member = await memberFixture(own)
    await done(own, 'archivePipeline', { pipelineId: second.id })
    await done(own, 'archiveStage', { stageId: pipeline.stage('Qualified') })
    await done(own, 'deleteMember', { memberId: member.id })
    const document = `{ pipelineByNumber(number: 2) { id archivedAt }
      stageByNumber(number: 2) { id archivedAt } memberByNumber(number: 1) { id deletedAt } }`
    const found = await ask(own, document)
    const since = expect.any(String)
    expect(found).toEqual({
      pipelineByNumber: { id: second.id, archivedAt: since },
      stageByNumber: { id: pipeline.stage('Qualified'), archivedAt: since },
      memberByNumber: { id: member.id, deletedAt: since },
    })
  })

  it('is found no more when it is deleted for good, and its number is given to nothing', async () => {
    const own = await testTenant()
    const organization = await organizationFixture(own, 'Gone')
    const contact = await contactFixture(own, 'Gone')
    await done(own, 'deleteOrganization', { organizationId: organization.id })
    await done(own, 'deleteContact', { contactId: contact.id })
    await organizationFixture(own, 'Next')
    await contactFixture(own, 'Next')
    const document = `query ($number: Int!) { organizationByNumber(number: $number) { name }
      contactByNumber(number: $number) { name } }`
    const nothing = { organizationByNumber: null, contactByNumber: null }
    expect(await ask(own, document, { number: 1 })).toEqual(nothing)
    expect(await ask(own, document, { number: 2 })).toMatchObject({
      organizationByNumber: { name: 'Next' },
      contactByNumber: { name: 'Next' },
    })
  })
})

import { beforeEach, expect, it } from 'vitest'
import type { HeaderReader } from '../src/request-head.ts'
import { ask, dealFixture, done, keyOfMember, memberFixture, pipelineFixture } from './fixtures.ts'
import { appFor, createApiKeyAuthenticate, post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let eve: { id: string }
let as: { key: string }

beforeEach(async () => {
  t = await testTenant()
  eve = await administrator('Eve')
  as = await keyOfMember(t, eve, 'ADMIN')
})

async function administrator(name: string) {
  const member = await memberFixture(t, name)
  await change(member, { role: 'ADMIN' })
  return member
}

const change = ({ id: memberId }: { id: string }, values: object) =>
  done(t, 'updateMember', { memberId, ...values })

/** What a request comes to when this happens after it is known who asks, and before anything is done. */
async function overtakenBy(happens: () => Promise<unknown>, query: string) {
  const known = createApiKeyAuthenticate(t.database)
  const authenticate = async (headers: HeaderReader) => {
    const viewer = await known(headers)
    await happens()
    return viewer
  }
  return post(appFor(t, { authenticate }), { query }, { authorization: `Bearer ${as.key}` })
}

async function revokeTheirKey() {
  const { apiKeys } = await ask(t, '{ apiKeys { nodes { id name } } }')
  const phone = apiKeys.nodes.find(({ name }: { name: string }) => name === 'Phone')
  await done(t, 'revokeApiKey', { apiKeyId: phone.id })
}

const ways: [what: string, happens: () => Promise<unknown>][] = [
  ['was deactivated', () => change(eve, { deactivated: true })],
  ['lost the role', () => change(eve, { role: 'READ_ONLY' })],
  ['was deleted', () => done(t, 'deleteMember', { memberId: eve.id })],
  ['lost the key', revokeTheirKey],
]

it.each(ways)('nobody writes who %s since the request was let in', async (_, happens) => {
  const query = `mutation {
    createTag(input: { name: "Late" }) { tag { name } }
    createApiKey(input: { name: "Back door", role: ADMIN }) { secret } }`
  const { data, errors } = await overtakenBy(happens, query)
  expect(data).toEqual({ createTag: null, createApiKey: null })
  const code = 'UNAUTHENTICATED'
  expect(errors).toMatchObject([
    { path: ['createTag'], extensions: { code } },
    { path: ['createApiKey'], extensions: { code } },
  ])
  const { tags, apiKeys } = await ask(t, '{ tags { name } apiKeys { nodes { name } } }')
  expect(tags).toEqual([])
  expect(JSON.stringify(apiKeys)).not.toContain('Back door')
})

it.each(ways)('nobody moves a deal who %s since the request was let in', async (_, happens) => {
  const sales = await pipelineFixture(t)
  const { id } = await dealFixture(t)
  const stageId = sales.stage('Qualified')
  const query = `mutation { moveDeal(input: { dealId: "${id}", stageId: "${stageId}", expectedVersion: 1 }) { deal { id } } }`
  const { data, errors } = await overtakenBy(happens, query)
  expect(data).toEqual({ moveDeal: null })
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  const { deal } = await ask(t, `{ deal(id: "${id}") { version stageName } }`)
  expect(deal).toEqual({ version: 1, stageName: 'Lead' })
})

it('whoever keeps what they had writes on', async () => {
  const query = 'mutation { createTag(input: { name: "Late" }) { tag { name } } }'
  const { data } = await overtakenBy(() => change(eve, { name: 'Eva' }), query)
  expect(data).toEqual({ createTag: { tag: { name: 'Late' } } })
})

it('of two administrators who take ADMIN from each other at once one stays', async () => {
  const ada = await administrator('Ada')
  const demote = ({ id }: { id: string }) =>
    `mutation { updateMember(input: { memberId: "${id}", role: MEMBER }) { member { role } } }`
  const { errors } = await overtakenBy(() => change(eve, { role: 'MEMBER' }), demote(ada))
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  const { members } = await ask(
    t,
    '{ members(filter: { role: { eq: ADMIN } }) { nodes { name } } }',
  )
  expect(members.nodes).toEqual([{ name: 'Ada' }])
})

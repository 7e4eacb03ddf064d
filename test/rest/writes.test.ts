import { beforeEach, describe, expect, test } from 'vitest'
import { ask, done, untouched } from '../fixtures.ts'
import { appFor } from '../harness.ts'
import { call, type RestCall, type RestWorld, restWorld, uuidIn } from './fixtures.ts'

let t: RestWorld
beforeEach(async () => {
  t = await restWorld()
})

interface Write extends RestCall {
  url: Parameters<typeof call>[1]
  /** The status of what the state of the deal does not allow. */
  conflict: number
}

/** One change of each API. */
const writes: Record<string, () => Write> = {
  'a move of Backside': () => ({
    url: `/backside/api/v1/deals/${t.deal.uuid}/move`,
    method: 'POST',
    body: { stage_id: uuidIn(t.pipeline.stage('Proposal').id) },
    conflict: 409,
  }),
  'an update of YSuite': () => ({
    url: `/ysuite/v1/deals/${t.deal.number}`,
    method: 'PUT',
    body: {
      ...{ deal_name: 'Next', pipeline_id: t.pipeline.number, cstid: t.company.number },
      ...{ deal_assignedto: t.owner.number, deal_contact_id: t.introducer.number },
    },
    conflict: 400,
  }),
  'a deletion of YSuite': () => ({
    url: `/ysuite/v1/deals/${t.deal.number}`,
    method: 'DELETE',
    conflict: 400,
  }),
  'an update of Heffl': () => ({
    url: `/heffl/api/v1/deals/${t.deal.id}`,
    method: 'PATCH',
    body: { title: 'Next', stageId: t.pipeline.stage('Proposal').number, cf_region: 'APAC' },
    conflict: 400,
  }),
}
const names = Object.keys(writes)

function writeOf(name: string): Write {
  const write = writes[name]
  if (!write) throw new Error(`there is no write ${name}`)
  return write()
}

function send(name: string, headers: Record<string, string> = {}) {
  const { url, ...options } = writeOf(name)
  return call(t, url, { ...options, headers })
}

const deal = async () =>
  (
    await ask(
      t,
      `query ($id: ID!) { deal(id: $id) {
        version nextStep name deletedAt stageName history { totalCount } } }`,
      { id: t.deal.id },
    )
  ).deal

/** Has somebody else write the deal each time that the app is about to, so many times. */
function contend(times: number) {
  let left = times
  const other = t.app
  const { database } = t
  const write: typeof database.write = async (view, work) => {
    if (left-- > 0) {
      const { version } = await deal()
      t.app = other
      const input = { dealId: t.deal.id, expectedVersion: version, nextStep: `Step ${left}` }
      await done(t, 'updateDeal', input)
    }
    return database.write(view, work)
  }
  t.app = appFor({ database: { ...database, write } }, { compiler: null })
  return { attempts: () => times - Math.max(left, 0) }
}

describe.each(names)('%s', (name) => {
  test('begins anew when another write came first, and undoes nothing of it', async () => {
    contend(1)
    expect((await send(name)).status).toBe(200)
    // The version of each write: two of the fixture, the other one’s, and what this one took.
    const { version, nextStep } = await deal()
    expect(nextStep).toBe('Step 0')
    expect(version).toBeGreaterThan(3)
  })

  test('gives up when others keep writing, and changes nothing', async () => {
    const app = t.app
    const others = contend(100)
    const before = await deal()
    const { status, body } = await send(name)
    t.app = app
    expect({ status }).toEqual({ status: writeOf(name).conflict })
    expect(JSON.stringify(body)).toContain('Others keep changing the deal')
    expect(others.attempts()).toBe(5)
    const { version, nextStep, ...kept } = await deal()
    expect({ version, nextStep }).toEqual({ version: 7, nextStep: 'Step 95' })
    expect(before).toMatchObject(kept)
  })

  test('writes the version that If-Match names, or nothing', async () => {
    const stale = ['"1"', '"1", "7"', 'W/"1"', '2', '"x"', '""']
    for (const tag of stale) {
      const { status } = await untouched([t], () => send(name, { 'if-match': tag }))
      expect({ tag, status }).toEqual({ tag, status: 412 })
    }
    expect((await send(name, { 'if-match': '"9", W/"2"' })).status).toBe(200)
  })

  test('takes any version where If-Match is *', async () => {
    expect((await send(name, { 'if-match': '*' })).status).toBe(200)
  })

  test('does not begin anew where it may only write one version', async () => {
    contend(1)
    const { status } = await send(name, { 'if-match': '"2"' })
    expect({ status, version: (await deal()).version }).toEqual({ status: 412, version: 3 })
  })

  test('is done once with the same Idempotency-Key, whatever happened since', async () => {
    const headers = { 'idempotency-key': 'k-1', 'if-match': '"2"' }
    const first = await send(name, headers)
    const after = await deal()
    const again = await untouched([t], () => send(name, headers))
    expect({ status: again.status, body: again.body }).toEqual({ status: 200, body: first.body })
    expect(first.headers.get('idempotent-replayed')).toBe(null)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
    if (after.deletedAt !== null) return
    await done(t, 'updateDeal', {
      ...{ dealId: t.deal.id, expectedVersion: after.version, nextStep: 'Later' },
    })
    expect((await send(name, { 'idempotency-key': 'k-1' })).status).toBe(200)
    expect((await deal()).version).toBe(after.version + 1)
  })

  test('refuses a key that another request had, and one that is too long', async () => {
    await done(t, 'createTag', { name: 'Any', idempotencyKey: 'k-2' })
    const { conflict } = writeOf(name)
    const used = await untouched([t], () => send(name, { 'idempotency-key': 'k-2' }))
    expect(used.status).toBe(conflict)
    for (const key of ['', 'k'.repeat(256)]) {
      const { status, body } = await untouched([t], () => send(name, { 'idempotency-key': key }))
      expect([400, 422]).toContain(status)
      expect(JSON.stringify(body)).toContain('idempotency-key')
    }
  })
})

test('a retry is known by what was asked, whatever the deal is like by then', async () => {
  const body = {
    ...{ deal_name: 'Next', pipeline_id: t.pipeline.number, cstid: t.company.number },
    deal_assignedto: t.owner.number,
  }
  const headers = { 'idempotency-key': 'k-4' }
  const put = () => call(t, `/ysuite/v1/deals/${t.deal.number}`, { method: 'PUT', body, headers })
  expect((await put()).status).toBe(200)
  const { version } = await deal()
  const memberIds = [t.colleague.id]
  await done(t, 'assignDeal', { dealId: t.deal.id, expectedVersion: version, memberIds })
  const again = await untouched([t], put)
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true'])
})

test('a deal of YSuite is created once with the same Idempotency-Key', async () => {
  const body = { deal_name: 'New', pipeline_id: t.pipeline.number, cstid: t.company.number }
  const options = { method: 'POST', body, headers: { 'idempotency-key': 'k-3' } }
  const first = await call(t, '/ysuite/v1/deals', options)
  const again = await untouched([t], () => call(t, '/ysuite/v1/deals', options))
  expect(again.body).toEqual(first.body)
  expect(first.body.data.deal_id).toBe(2)
})

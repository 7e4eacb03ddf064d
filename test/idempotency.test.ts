import { beforeEach, describe, expect, inject, it } from 'vitest'
import { claimKey } from '../src/database/idempotency.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { operator, type Transaction, writeOnce } from '../src/database/transaction.ts'
import { newId } from '../src/ids.ts'
import {
  ask,
  askMutation,
  contactFixture,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  keyOfMember,
  memberFixture,
  mutate,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type GraphqlAnswer, type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const hoursLater = (hours: number) => new Date(monday.getTime() + hours * 3_600_000)

const idempotencyKey = 'a3f1'
const retryable = { key: idempotencyKey, fingerprint: new Uint8Array(32) }
const moved = 'deal { id version } stageChange { id } replayed'
const reused = {
  __typename: 'IdempotencyKeyReused',
  code: 'IDEMPOTENCY_KEY_REUSED',
  path: ['input', 'idempotencyKey'],
}
const inFlight = {
  __typename: 'IdempotencyKeyInFlight',
  code: 'IDEMPOTENCY_KEY_IN_FLIGHT',
  path: ['input', 'idempotencyKey'],
}

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
  sales = await pipelineFixture(t)
  deal = await dealFixture(t)
})

const move = (stage: string, expectedVersion = 1) => ({
  dealId: deal.id,
  stageId: sales.stage(stage),
  expectedVersion,
})

/** A write with the key that is no mutation of the API. */
const write =
  <T>(work: (tx: Transaction) => Promise<T>) =>
  () => {
    const actor = { ...operator, kind: 'API_KEY' } as const
    const scope = { ...wholeTenant(t.tenantId), actor, now: monday, requestId: 'test' }
    return writeOnce(t.database, scope, work, retryable)
  }

/** The keys that the tenant keeps. */
function keptKeys(): Promise<string[]> {
  return t.read(async (db) => {
    const kept = await db.idempotencyKey.findMany({
      where: { tenantId: t.tenantId },
      orderBy: { key: 'asc' },
    })
    return kept.map(({ key }) => key)
  })
}

async function count(connection: string): Promise<number> {
  return (await ask(t, `{ ${connection} { totalCount } }`))[connection].totalCount
}

describe('the same input with the same key', () => {
  it('moves a deal once, though its version has moved on', async () => {
    const input = { ...move('Qualified'), idempotencyKey }
    const first = await done(t, 'moveDeal', input, moved)
    expect(first).toMatchObject({ deal: { version: 2 }, replayed: false })
    await untouched([t], async () => {
      expect(await done(t, 'moveDeal', input, moved)).toEqual({ ...first, replayed: true })
    })
    await done(t, 'moveDeal', move('Won', 2))
    const { deal: now, ...third } = await done(t, 'moveDeal', input, moved)
    expect(third).toMatchObject({ stageChange: first.stageChange, replayed: true })
    expect(now.version).toBe(3)
  })

  it.each([
    ['createDeal', { name: 'Rocket' }, 'deal { id number }', 'deals', 2],
    ['createContact', { name: 'Ada' }, 'contact { id number }', 'contacts', 1],
    ['createOrganization', { name: 'Acme' }, 'organization { id number }', 'organizations', 1],
  ])('creates one by %s', async (mutation, values, selection, list, total) => {
    const input = { ...values, idempotencyKey }
    const first = await done(t, mutation, input, `${selection} replayed`)
    await untouched([t], async () => {
      const second = await done(t, mutation, input, `${selection} replayed`)
      expect(second).toEqual({ ...first, replayed: true })
    })
    expect(await count(list)).toBe(total)
  })

  it('is the same in another order of its fields', async () => {
    await done(t, 'createContact', { name: 'Ada', email: 'ada@example.com', idempotencyKey })
    const turned = { idempotencyKey, email: 'ada@example.com', name: 'Ada' }
    expect(await done(t, 'createContact', turned, 'replayed')).toMatchObject({ replayed: true })
  })

  it('is the same at another version of the deal', async () => {
    const first = await done(t, 'moveDeal', { ...move('Qualified'), idempotencyKey }, moved)
    await untouched([t], async () => {
      const again = await done(t, 'moveDeal', { ...move('Qualified', 2), idempotencyKey }, moved)
      expect(again).toEqual({ ...first, replayed: true })
    })
    const elsewhere = { ...move('Won', 2), idempotencyKey }
    expect(await refusal(t, 'moveDeal', elsewhere)).toMatchObject([reused])
  })

  it('of a bulk is another one at other versions, as some of it may not have been done', async () => {
    const bulk = (version: number) => ({ items: [move('Qualified', version)], idempotencyKey })
    const { results } = await done(t, 'moveDeals', bulk(7), 'results { userErrors { code } }')
    expect(results).toEqual([{ userErrors: [{ code: 'VERSION_CONFLICT' }] }])
    expect(await refusal(t, 'moveDeals', bulk(1))).toMatchObject([reused])
  })

  it('is another one where what a program keeps differs, whatever it is called', async () => {
    const kept = (expectedVersion: number) => ({
      ...{ dealId: deal.id, expectedVersion: 1, idempotencyKey },
      metadata: { expectedVersion },
    })
    await done(t, 'updateDeal', kept(1))
    expect(await refusal(t, 'updateDeal', kept(2))).toMatchObject([reused])
  })

  it('is answered again when it changed nothing, and takes no revision', async () => {
    const input = { ...move('Lead'), idempotencyKey }
    const events = await eventsOf(t)
    expect(await done(t, 'moveDeal', input, moved)).toMatchObject({ replayed: false })
    await done(t, 'moveDeal', move('Qualified'))
    const replayed = { deal: { id: deal.id }, stageChange: null, replayed: true }
    expect(await done(t, 'moveDeal', input, moved)).toMatchObject(replayed)
    const [next, ...others] = (await eventsOf(t)).slice(events.length)
    expect(others).toEqual([])
    expect(next?.revision).toBe((events.at(-1)?.revision ?? 0n) + 1n)
  })

  it('is done again when it was refused, which keeps no key', async () => {
    const input = { ...move('Qualified', 2), idempotencyKey }
    expect(await refusal(t, 'moveDeal', input)).toMatchObject([{ code: 'VERSION_CONFLICT' }])
    await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 1, name: 'Shuttle' })
    expect(await done(t, 'moveDeal', input, moved)).toMatchObject({ replayed: false })
  })

  it('is done again in another tenant', async () => {
    const other = await testTenant()
    const input = { name: 'Ada', idempotencyKey }
    const first = await done(t, 'createContact', input, 'contact { id } replayed')
    const second = await done(other, 'createContact', input, 'contact { id } replayed')
    expect([first.replayed, second.replayed]).toEqual([false, false])
    expect(second.contact.id).not.toBe(first.contact.id)
  })

  it('is done by one of many at once, and the others are answered as it is or told to come back', async () => {
    const input = { name: 'Rocket', idempotencyKey }
    const payloads = await Promise.all(
      Array.from({ length: 12 }, () => mutate(t, 'createDeal', input, 'deal { id } replayed')),
    )
    const first = payloads.filter(({ deal, replayed }) => deal && !replayed)
    expect(first).toHaveLength(1)
    for (const payload of payloads.filter((other) => other !== first[0])) {
      const { userErrors, deal: same, replayed } = payload
      if (replayed) expect(same).toEqual(first[0].deal)
      else expect(userErrors).toMatchObject([inFlight])
    }
    expect(await count('deals')).toBe(2)
    const { deal: same } = await done(t, 'createDeal', input, 'deal { id } replayed')
    expect(same).toEqual(first[0].deal)
  })
})

describe('another request with the same key', () => {
  beforeEach(async () => {
    await done(t, 'createContact', { name: 'Ada', idempotencyKey })
  })

  it('is refused with another input', async () => {
    const input = { name: 'Grace', idempotencyKey }
    expect(await refusal(t, 'createContact', input)).toMatchObject([reused])
  })

  it('is refused as another mutation', async () => {
    const input = { name: 'Ada', idempotencyKey }
    expect(await refusal(t, 'createOrganization', input)).toMatchObject([reused])
  })

  it('is refused by another credential, who learns nothing of the first', async () => {
    const ofMember = await keyOfMember(t, await memberFixture(t))
    for (const as of ['MEMBER', ofMember] as const) {
      await untouched([t], async () => {
        const input = { name: 'Ada', idempotencyKey }
        const selection = 'contact { id } replayed'
        const { data } = await askMutation(t, 'createContact', input, { selection, as })
        const nothing = { contact: null, replayed: false, userErrors: [reused] }
        expect(data.createContact).toMatchObject(nothing)
      })
    }
  })
})

describe('a key in flight', () => {
  const isEmbedded = 'dump' in inject('template')

  /**
   * The answer to a request that is sent while another transaction holds the key. The embedded
   * database has one session, so that no answer can be waited for there before it is let go.
   */
  async function whileHeld(input: object): Promise<GraphqlAnswer['data']> {
    let sent: Promise<GraphqlAnswer['data']> | undefined
    const stop = new Error('rolled back')
    const held = t.database.write(wholeTenant(t.tenantId), async (db) => {
      await claimKey({ db, tenantId: t.tenantId, now: monday }, retryable)
      sent = mutate(t, 'createContact', input, 'contact { id } replayed')
      if (!isEmbedded) await sent
      throw stop
    })
    await expect(held).rejects.toBe(stop)
    return sent
  }

  it('is answered at once as such, or is waited for where there is but one session', async () => {
    const input = { name: 'Ada', idempotencyKey }
    const held = () => whileHeld(input)
    const { userErrors } = await (isEmbedded ? held() : untouched([t], held))
    expect(userErrors).toMatchObject(isEmbedded ? [] : [inFlight])
    expect(await count('contacts')).toBe(isEmbedded ? 1 : 0)
    const again = await done(t, 'createContact', input, 'contact { id } replayed')
    expect(again.replayed).toBe(isEmbedded)
    expect(await count('contacts')).toBe(1)
  })

  it('is in nobody’s way who has another key', async () => {
    const payload = await whileHeld({ name: 'Ada', idempotencyKey: 'another' })
    expect(payload).toMatchObject({ userErrors: [], replayed: false })
  })
})

describe('a key', () => {
  it('is kept for 24 hours, then free again and forgotten', async () => {
    const input = { name: 'Ada', idempotencyKey }
    const first = await done(t, 'createContact', input, 'contact { id } replayed')
    await done(t, 'createContact', { name: 'Grace', idempotencyKey: 'b' })
    t.setNow(hoursLater(23.999))
    expect(await done(t, 'createContact', input, 'replayed')).toMatchObject({ replayed: true })
    t.setNow(hoursLater(24))
    const anew = { name: 'Other', idempotencyKey }
    const second = await done(t, 'createContact', anew, 'contact { id } replayed')
    expect(second.replayed).toBe(false)
    expect(second.contact.id).not.toBe(first.contact.id)
    expect(await keptKeys()).toEqual([idempotencyKey])
    expect(await refusal(t, 'createContact', input)).toMatchObject([reused])
  })

  it.each([0, 256])('of %i characters is refused', async (length) => {
    await untouched([t], async () => {
      const input = { name: 'Ada', idempotencyKey: '🔑'.repeat(length) }
      const { errors, data } = await askMutation(t, 'createContact', input)
      expect(data).toEqual({ createContact: null })
      expect(errors).toMatchObject([
        {
          message: `An \`idempotencyKey\` has 1 to 255 characters, not ${length}.`,
          path: ['createContact'],
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ])
    })
  })

  it.each([1, 255])('of %i characters is taken', async (length) => {
    const input = { name: 'Ada', idempotencyKey: '🔑'.repeat(length) }
    await done(t, 'createContact', input)
    expect(await done(t, 'createContact', input, 'replayed')).toMatchObject({ replayed: true })
  })

  it('that is null is none', async () => {
    const input = { name: 'Ada', idempotencyKey: null }
    await done(t, 'createContact', input)
    expect(await done(t, 'createContact', input, 'replayed')).toMatchObject({ replayed: false })
    expect(await keptKeys()).toEqual([])
  })

  it('is committed with the work: where that fails at its very end, neither is there', async () => {
    const broken = write(async ({ db, tenantId, now, emit }) => {
      // That a pipeline has stages is asked when the transaction is committed.
      const times = { createdAt: now, updatedAt: now }
      const values = { number: 9, name: 'Empty', position: 9, isDefault: false }
      await db.pipeline.create({ data: { tenantId, id: newId(), ...values, ...times } })
      emit({ type: 'pipeline.created' })
      return { done: true }
    })
    await untouched([t], () => expect(broken()).rejects.toThrow(/pipeline/))
    await done(t, 'createContact', { name: 'Ada', idempotencyKey })
    expect(await keptKeys()).toEqual([idempotencyKey])
  })

  it('keeps nothing that work without an event may have written', async () => {
    const silent = write(async ({ db, tenantId, now }) => {
      const times = { createdAt: now, updatedAt: now }
      await db.contact.create({
        data: { tenantId, id: newId(), number: 9, name: 'Ghost', ...times },
      })
      return { done: true }
    })
    const revision = (await eventsOf(t)).at(-1)?.revision ?? 0n
    expect(await silent()).toEqual({ result: { done: true }, replayed: false, events: [] })
    expect(await silent()).toEqual({ result: { done: true }, replayed: true, events: [] })
    expect(await count('contacts')).toBe(0)
    await contactFixture(t)
    expect((await eventsOf(t)).at(-1)?.revision).toBe(revision + 1n)
  })
})

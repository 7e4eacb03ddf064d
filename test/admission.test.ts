import { beforeEach, describe, expect, it } from 'vitest'
import { Admission, Overloaded } from '../src/operations/admission.ts'
import { BodyReader, BodyTooLarge } from '../src/operations/body.ts'
import { onServer, send, sleepForever, slowed, untilHeld } from './deadline-fixtures.ts'
import { testTenant } from './harness.ts'

const patient = new AbortController().signal
let admission: Admission
let order: string[]

beforeEach(() => {
  admission = new Admission({ maxInFlight: 2, maxQueued: 2 })
  order = []
})

/** Work that ends when it is told to. */
function enter(name: string, signal = patient) {
  let finish = (_?: Error) => {}
  const ended = new Promise<void>((resolve, reject) => {
    finish = (error) => (error ? reject(error) : resolve())
  })
  const done = admission.run(signal, async () => {
    order.push(name)
    await ended
    return name
  })
  done.catch(() => {})
  return { done, finish }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const state = () => [admission.inFlight, admission.queued]

describe('admission', () => {
  it('lets so many in at a time, and the others in the order in which they came', async () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => enter(name))
    expect([order, state()]).toEqual([
      ['a', 'b'],
      [2, 2],
    ])
    b?.finish()
    expect(await b?.done).toBe('b')
    await settled()
    expect([order, state()]).toEqual([
      ['a', 'b', 'c'],
      [2, 1],
    ])
    for (const each of [a, c, d]) each?.finish()
    expect(await Promise.all([a?.done, c?.done, d?.done])).toEqual(['a', 'c', 'd'])
    expect([order, state()]).toEqual([
      ['a', 'b', 'c', 'd'],
      [0, 0],
    ])
  })

  it('refuses who comes when the line is full, and nobody else', async () => {
    const works = ['a', 'b', 'c', 'd'].map((name) => enter(name))
    await expect(enter('e').done).rejects.toThrow(Overloaded)
    expect(state()).toEqual([2, 2])
    for (const { finish } of works) finish()
    await Promise.all(works.map(({ done }) => done))
    expect(order).toEqual(['a', 'b', 'c', 'd'])
    const again = enter('e')
    again.finish()
    expect(await again.done).toBe('e')
  })

  it('gives the place of work that fails to the next', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => enter(name))
    a?.finish(new Error('broken'))
    await expect(a?.done).rejects.toThrow('broken')
    await settled()
    expect(order).toEqual(['a', 'b', 'c'])
    for (const each of [b, c]) each?.finish()
    await Promise.all([b?.done, c?.done])
    expect(state()).toEqual([0, 0])
  })

  it('forgets who gives up waiting, and makes room in the line', async () => {
    const impatient = new AbortController()
    const [a, b] = [enter('a'), enter('b')]
    const c = enter('c', impatient.signal)
    const d = enter('d')
    impatient.abort(new Error('gone'))
    await expect(c.done).rejects.toThrow('gone')
    expect(state()).toEqual([2, 1])
    const e = enter('e')
    for (const each of [a, b, d, e]) each.finish()
    await Promise.all([a.done, b.done, d.done, e.done])
    expect(order).toEqual(['a', 'b', 'd', 'e'])
    expect(state()).toEqual([0, 0])
  })

  it('does nothing for who gave up before coming', async () => {
    await expect(enter('a', AbortSignal.abort(new Error('gone'))).done).rejects.toThrow('gone')
    expect([order, state()]).toEqual([[], [0, 0]])
  })

  it('is not confused by a signal that is aborted once inside', async () => {
    const client = new AbortController()
    const a = enter('a', client.signal)
    const [b, c] = [enter('b'), enter('c', client.signal)]
    a.finish()
    await a.done
    await settled()
    client.abort()
    expect(state()).toEqual([2, 0])
    for (const each of [b, c]) each.finish()
    await Promise.all([b.done, c.done])
    expect(state()).toEqual([0, 0])
  })
})

describe.runIf(onServer)('more requests than there are places', () => {
  const query = '{ deals { nodes { id } } }'

  it('are refused with a time to come again, and the others answered', async () => {
    const t = await testTenant()
    await t.keyFor('ADMIN')
    let asleep = 0
    const app = slowed(
      t,
      { read: async (db) => (asleep++ < 2 ? sleepForever(db) : undefined) },
      { admission: { maxInFlight: 2, maxQueued: 3 } },
    )
    const holders = [await send(t, app, query), await send(t, app, query)]
    await untilHeld('%sleeper_0', 2)
    const queued = [await send(t, app, query), await send(t, app, query), await send(t, app, query)]
    for (const _ of Array(5)) {
      const { status, text, headers } = await (await send(t, app, query)).answer
      expect([status, headers.get('retry-after')]).toEqual([503, '1'])
      expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'OVERLOADED' } }] })
    }
    const health = await app.fetch(new Request('http://localhost/health/ready'))
    expect(health.status).toBe(200)
    queued[0]?.hangUp()
    expect((await queued[0]?.answer)?.status).toBe(499)
    for (const { hangUp } of holders) hangUp()
    for (const { answer } of queued.slice(1)) expect((await answer).status).toBe(200)
    expect((await (await send(t, app, query)).answer).status).toBe(200)
    expect(t.logged.filter(({ level }) => Number(level) > 30)).toEqual([])
  })

  it('are answered at their deadline while they wait', async () => {
    const t = await testTenant()
    const admission = { maxInFlight: 1, maxQueued: 3 }
    const slow = slowed(
      t,
      { read: (db) => sleepForever(db), write: (db) => sleepForever(db, 1) },
      { requestTimeoutMs: 3_000, admission },
    )
    const first = await send(t, slow, query)
    await untilHeld('%sleeper_0', 1)
    const second = await send(t, slow, 'mutation { createTag(input: { name: "x" }) { replayed } }')
    const { status, text } = await second.answer
    expect(status).toBe(504)
    expect(JSON.parse(text)).toMatchObject({
      errors: [{ message: expect.stringContaining('Nothing of it was kept.') }],
    })
    expect((await first.answer).status).toBe(504)
  })
})

describe('bodies that are still on their way', () => {
  const kilobytes = (count: number) => new Uint8Array(count * 1024)

  /** A body of which a part has come. */
  function begun(part: Uint8Array) {
    let end = () => {}
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(part)
        end = () => controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half' }
    return { request: new Request('http://localhost/', init as RequestInit), end: () => end() }
  }

  it('are refused where they are large and many, until others have come or were given up', async () => {
    const bodies = new BodyReader(64 * 1024)
    const read = async (count: number) => {
      const { request, end } = begun(kilobytes(count))
      end()
      return (await bodies.read(request)).length
    }
    const [slow, other] = [begun(kilobytes(40)), begun(kilobytes(20))]
    const arrived = bodies.read(slow.request)
    const fits = bodies.read(other.request)
    await settled()
    await expect(read(17)).rejects.toThrow(Overloaded)
    expect(await read(16)).toBe(16 * 1024)
    slow.end()
    expect((await arrived).length).toBe(40 * 1024)
    expect(await read(44)).toBe(44 * 1024)
    await expect(read(45)).rejects.toThrow(Overloaded)
    other.end()
    expect((await fits).length).toBe(20 * 1024)
    await expect(read(257)).rejects.toThrow(BodyTooLarge)
    expect(await read(64)).toBe(64 * 1024)
  })
})

describe('a body that is still on its way', () => {
  it('takes no place', async () => {
    const t = await testTenant()
    const app = slowed(t, {}, { admission: { maxInFlight: 1, maxQueued: 0 } })
    let finish = () => {}
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"query":'))
        finish = () => {
          controller.enqueue(Buffer.from('"{ __typename }"}'))
          controller.close()
        }
      },
    })
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body, duplex: 'half' }
    const slow = app.fetch(new Request('http://localhost/graphql', init as RequestInit))
    const { status } = await (await send(t, app, '{ __typename }')).answer
    expect(status).toBe(200)
    finish()
    expect((await slow).status).toBe(200)
  })
})

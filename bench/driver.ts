import type { Candidate } from './candidates.ts'
import { type Answer, Connection } from './client.ts'
import type { OperationName } from './operations.ts'
import { moveOutcome } from './shapes.ts'
import { type Mover, oneOf, seeded, type Tenant, type World } from './world.ts'

/** One request that is sent, and what is done with its answer. */
interface Sent {
  text: Buffer
  done(answer: Answer): void
}

export type Source = () => Sent

/** What one candidate is asked, made before the clock runs as far as that is possible. */
export type Sources = Record<OperationName, Source>

export interface Driven {
  latencies: Float64Array
  seconds: number
}

const listed = 2_000
const conditional = 100
const writesOfTwenty = 1

/** A running candidate with what it is to be asked; its answers have told cursors and ETags. */
export async function sourcesOf(
  candidate: Candidate,
  port: number,
  world: World,
  seed: number,
): Promise<Sources> {
  const random = seeded(seed)
  const connection = new Connection(port)
  const cursors = await cursorsOf(candidate, connection, world.tenants)
  const list = (make: (tenant: Tenant, index: number) => Buffer) =>
    Array.from({ length: listed }, (_, index) => make(oneOf(random, world.tenants), index))
  const pipeline = (tenant: Tenant) => oneOf(random, tenant.pipelineIds)
  const known = world.tenants.flatMap((tenant) =>
    tenant.dealIds.slice(0, conditional / world.tenants.length).map((id) => ({ tenant, id })),
  )
  connection.close()
  const Q1 = cycling(list((tenant) => candidate.deal(tenant, oneOf(random, tenant.dealIds))))
  const Q2 = cycling(list((tenant) => candidate.deals(tenant, pipeline(tenant))))
  const Q3 = cycling(list((tenant) => candidate.board(tenant, pipeline(tenant))))
  const M1 = moving(candidate, world.movers, random)
  const reads = [Q1, Q2, Q3]
  let sent = 0
  return {
    Q1,
    Q2,
    Q3,
    Q4: cycling(
      list((tenant) => candidate.deals(tenant, tenant.pipelineIds[0], cursors.get(tenant))),
    ),
    M1,
    A1: adHoc(candidate, world, random),
    E1: asking(candidate, known),
    MIX: () => {
      sent += 1
      return (sent % 20 < writesOfTwenty ? M1 : (reads[sent % 3] as Source))()
    },
  }
}

async function cursorsOf(
  candidate: Candidate,
  connection: Connection,
  tenants: Tenant[],
): Promise<Map<Tenant, string>> {
  const cursors = new Map<Tenant, string>()
  for (const tenant of tenants) {
    const text = candidate.deep?.(tenant)
    const answer = text ? (await connection.request(text)).body.toString() : ''
    cursors.set(tenant, candidate.cursorOf(tenant, answer))
  }
  return cursors
}

function isGood({ status, body }: Answer): boolean {
  return status === 200 && body.indexOf('"errors":[') < 0
}

/** Asks for deals again with the tag of the answer that it has, as a client does that keeps answers. */
function asking(candidate: Candidate, known: { tenant: Tenant; id: string }[]): Source {
  const etags = known.map(() => '"none"')
  let next = 0
  return () => {
    next = (next + 1) % known.length
    const index = next
    const { tenant, id } = known[index] as (typeof known)[number]
    return {
      text: candidate.deal(tenant, id, etags[index] as string),
      done(answer) {
        if (answer.status !== 304 && !isGood(answer))
          throw new Error(`An answer failed: ${answer.status} ${answer.body}`)
        etags[index] = answer.etag ?? '"none"'
      },
    }
  }
}

function cycling(texts: Buffer[]): Source {
  let next = 0
  const done = (answer: Answer) => {
    if (!isGood(answer)) throw new Error(`An answer failed: ${answer.status} ${answer.body}`)
  }
  return () => {
    next = (next + 1) % texts.length
    return { text: texts[next] as Buffer, done }
  }
}

/** Numbers for texts that no candidate has seen, in this run or in one before. */
let texts = Date.now() % 1_000_000_000

function adHoc(candidate: Candidate, { tenants }: World, random: () => number): Source {
  return () => {
    texts += 1
    const tenant = oneOf(random, tenants)
    const text = candidate.adHoc(tenant, oneOf(random, tenant.pipelineIds), texts)
    return {
      text,
      done(answer) {
        if (!isGood(answer)) throw new Error(`An answer failed: ${answer.status} ${answer.body}`)
      },
    }
  }
}

/** Moves deals that no other request is moving. */
function moving(candidate: Candidate, free: Mover[], random: () => number): Source {
  return () => {
    const index = Math.floor(random() * free.length)
    const mover = free[index] as Mover
    free[index] = free.at(-1) as Mover
    free.pop()
    return {
      text: candidate.move(mover),
      done(answer) {
        moveOutcome(answer.body.toString())
        mover.version += 1
        mover.stageIds.reverse()
        free.push(mover)
      },
    }
  }
}

/** Sends this many requests at this many connections, for no other reason than that they were sent. */
export async function warmUp(port: number, source: Source, count: number): Promise<void> {
  let left = count
  await each(port, Math.min(16, count), async (connection) => {
    while (left > 0) {
      left -= 1
      const { text, done } = source()
      done(await connection.request(text))
    }
  })
}

/**
 * Keeps that many connections busy for a time. What is sent in the short time before, in which pools
 * connect again, is not counted; `started` is called when counting starts.
 */
export async function drive(
  port: number,
  source: Source,
  { connections, seconds }: { connections: number; seconds: number },
  started: () => Promise<void>,
): Promise<Driven> {
  const latencies: number[] = []
  let begin = Number.POSITIVE_INFINITY
  let end = Number.POSITIVE_INFINITY
  const ramp = setTimeout(
    async () => {
      await started()
      begin = performance.now()
      end = begin + seconds * 1_000
    },
    Math.min(300, seconds * 300),
  )
  try {
    await each(port, connections, async (connection) => {
      for (let now = performance.now(); now < end; ) {
        const { text, done } = source()
        const answer = await connection.request(text)
        const then = performance.now()
        done(answer)
        if (then >= begin && then <= end) latencies.push(then - now)
        now = then
      }
    })
  } finally {
    clearTimeout(ramp)
  }
  return { latencies: Float64Array.from(latencies).sort(), seconds }
}

async function each(
  port: number,
  count: number,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connections = Array.from({ length: count }, () => new Connection(port))
  try {
    await Promise.all(connections.map(work))
  } finally {
    for (const connection of connections) connection.close()
  }
}

import { isDeepStrictEqual } from 'node:util'
import type { Candidate } from './candidates.ts'
import { Connection } from './client.ts'
import { commonShape, moveOutcome } from './shapes.ts'
import type { Mover, Tenant, World } from './world.ts'

export interface Started {
  candidate: Candidate
  port: number
}

type Question = (candidate: Candidate, cursor: string) => Buffer

/** Throws, and shows the difference, where candidates do not answer the same; does so for some tenants and values each. */
export async function expectAgreement(started: Started[], world: World): Promise<number> {
  const connections = started.map(({ port }) => new Connection(port))
  let compared = 0
  try {
    for (const tenant of [world.tenants[0], world.tenants.at(-1)] as Tenant[]) {
      const cursors = await Promise.all(
        started.map(async ({ candidate }, index) => {
          const text = candidate.deep?.(tenant)
          const answer = text && (await connections[index]?.request(text))
          return candidate.cursorOf(tenant, answer ? answer.body.toString() : '')
        }),
      )
      for (const [name, question] of questionsOf(tenant, world)) {
        await expectSame(name, started, async ({ candidate }, index) => {
          const text = question(candidate, cursors[index] as string)
          const answer = await connections[index]?.request(text)
          return commonShape(answer?.body.toString() ?? '')
        })
        compared += 1
      }
    }
    await expectSameMoves(started, connections, world.movers)
    return compared + 1
  } finally {
    for (const connection of connections) connection.close()
  }
}

function questionsOf(tenant: Tenant, world: World): [string, Question][] {
  const stranger = world.tenants.find((other) => other !== tenant)?.dealIds[0]
  const deals = [...tenant.dealIds.slice(0, 5), ...(stranger ? [stranger] : [])]
  const ofPipelines = tenant.pipelineIds.flatMap((id): [string, Question][] => [
    [`Q2 of ${id}`, (candidate) => candidate.deals(tenant, id)],
    // Of an even number, whose page is as long as those of Q2.
    [`A1 of ${id}`, (candidate) => candidate.adHoc(tenant, id, 0)],
    [`Q3 of ${id}`, (candidate) => candidate.board(tenant, id)],
  ])
  return [
    ...deals.map((id): [string, Question] => [`Q1 of ${id}`, (one) => one.deal(tenant, id)]),
    ...deals.map((id): [string, Question] => [
      `E1 of ${id}`,
      (one) => one.deal(tenant, id, '"none"'),
    ]),
    ...ofPipelines,
    ['Q4', (candidate, cursor) => candidate.deals(tenant, tenant.pipelineIds[0], cursor)],
  ]
}

async function expectSame(
  question: string,
  started: Started[],
  ask: (one: Started, index: number) => Promise<unknown>,
): Promise<void> {
  const [first, ...others] = await Promise.all(started.map(ask))
  for (const [index, other] of others.entries()) {
    if (isDeepStrictEqual(first, other)) continue
    const names = [started[0], started[index + 1]].map((one) => one?.candidate.name)
    throw new Error(
      `${names.join(' and ')} answer differently to ${question}: ${difference(first, other, '')}`,
    )
  }
}

/** The first place where two values differ. */
function difference(one: unknown, other: unknown, path: string): string {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  if (isObject(one) && isObject(other)) {
    const [a, b] = [one, other] as [Record<string, unknown>, Record<string, unknown>]
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!isDeepStrictEqual(a[key], b[key])) return difference(a[key], b[key], `${path}.${key}`)
    }
  }
  return `${path || 'the answer'} is ${JSON.stringify(one)} and ${JSON.stringify(other)}`
}

/** Each candidate moves one deal there and back, which raises its version and its last entry of the audit by two. */
async function expectSameMoves(
  started: Started[],
  connections: Connection[],
  [mover]: Mover[],
): Promise<void> {
  if (!mover) throw new Error('there is no deal to move')
  let seen: { there: unknown; back: unknown; seq: number } | undefined
  for (const [index, { candidate }] of started.entries()) {
    const move = async () => {
      const answer = await connections[index]?.request(candidate.move(mover))
      const outcome = moveOutcome(answer?.body.toString() ?? '') as Record<string, number>
      mover.version += 1
      mover.stageIds.reverse()
      if (outcome.version !== mover.version) throw new Error(`${candidate.name} moved amiss`)
      return outcome
    }
    const [one, two] = [await move(), await move()]
    const told = [one, two].map(({ stageName, toStageName }) => ({ stageName, toStageName }))
    const now = { there: told[0], back: told[1], seq: Number(two.seq) }
    const isSame =
      !seen ||
      isDeepStrictEqual([seen.there, seen.back, seen.seq + 2], [now.there, now.back, now.seq])
    if (!isSame)
      throw new Error(`${candidate.name} tells a move differently: ${JSON.stringify([seen, now])}`)
    seen = now
  }
}

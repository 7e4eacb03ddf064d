import { expect, it } from 'vitest'
import { demoKeyOf, freshPlace, type Gateway, startGateway } from './gateway.ts'

interface Card {
  id: string
  version: number
}

interface Acknowledged {
  dealId: string
  seq: number
  toStageId: string
}

const rounds = 5
const movers = 8

const openDeals = `{ deals(first: 40, filter: { status: { eq: OPEN } }) { nodes {
  id version pipeline { stages { id kind } } } } }`

const move = `mutation Move($input: MoveDealInput!) { moveDeal(input: $input) {
  deal { version } stageChange { seq toStage { id } } userErrors { code } } }`

const histories = `query Histories($after: String) { deals(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes { id stage { id } history(first: 100) { nodes { seq fromStage { id } toStage { id } } } } } }`

/** Moves deals to and fro until the gateway is gone, and notes what it has answered. */
async function moveUntilKilled(
  gateway: Gateway,
  key: string,
  noted: Acknowledged[],
): Promise<void> {
  const { deals } = await gateway.graphql(key, openDeals)
  const mover = async (
    cards: (Card & { pipeline: { stages: { id: string; kind: string }[] } })[],
  ) => {
    for (let turn = 0; ; turn++) {
      const card = cards[turn % cards.length]
      if (!card) return
      const open = card.pipeline.stages.filter(({ kind }) => kind === 'OPEN')
      const stageId = open[(turn + Math.floor(turn / cards.length)) % open.length]?.id
      const input = { dealId: card.id, stageId, expectedVersion: card.version }
      const { moveDeal } = await gateway.graphql(key, move, { input })
      card.version = moveDeal.deal?.version ?? card.version
      const change = moveDeal.stageChange
      if (change) noted.push({ dealId: card.id, seq: change.seq, toStageId: change.toStage.id })
    }
  }
  const hands = Array.from({ length: movers }, (_, hand) =>
    mover(deals.nodes.filter((_: unknown, index: number) => index % movers === hand)),
  )
  // A mover ends when its request fails, which is when the gateway is gone.
  await Promise.allSettled(hands)
}

async function allHistories(gateway: Gateway, key: string) {
  const all = new Map<string, { stage: { id: string }; history: { nodes: HistoryRow[] } }>()
  for (let after: string | null = null; ; ) {
    const { deals } = await gateway.graphql(key, histories, { after })
    for (const deal of deals.nodes) all.set(deal.id, deal)
    if (!deals.pageInfo.hasNextPage) return all
    after = deals.pageInfo.endCursor
  }
}

interface HistoryRow {
  seq: number
  fromStage: { id: string } | null
  toStage: { id: string }
}

function expectWholeChain({
  stage,
  history,
}: {
  stage: { id: string }
  history: { nodes: HistoryRow[] }
}) {
  const changes = history.nodes
  expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, index) => index + 1))
  expect(changes.map(({ fromStage }) => fromStage?.id)).toEqual([
    undefined,
    ...changes.slice(0, -1).map(({ toStage }) => toStage.id),
  ])
  if (changes.length < 100) expect(changes.at(-1)?.toStage.id).toBe(stage.id)
}

it(`keeps every acknowledged move through ${rounds} times kill -9`, async () => {
  const place = await freshPlace()
  let gateway = await startGateway(place.env)
  const key = await demoKeyOf(place, gateway)
  const noted: Acknowledged[] = []
  try {
    for (let round = 1; round <= rounds; round++) {
      const before = noted.length
      const moving = moveUntilKilled(gateway, key, noted)
      while (noted.length < before + 20 * round)
        await new Promise((resolve) => setTimeout(resolve, 10))
      await gateway.kill('SIGKILL')
      await moving
      gateway = await startGateway(place.env)
      const all = await allHistories(gateway, key)
      for (const { dealId, seq, toStageId } of noted) {
        expect(all.get(dealId)?.history.nodes.find((row) => row.seq === seq)?.toStage.id).toBe(
          toStageId,
        )
      }
      for (const deal of all.values()) expectWholeChain(deal)
    }
    expect(noted.length).toBeGreaterThanOrEqual(rounds * 20)
  } finally {
    await gateway.kill('SIGKILL')
    await place.remove()
  }
})

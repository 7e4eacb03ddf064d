import { expect } from 'vitest'
import type { ClientGateway } from './gateway.ts'

/** Of an operation that a client sends by its name. */
// biome-ignore lint/suspicious/noExplicitAny: data has the shape that the operation asks for.
export type Ask = (operation: string, variables: object) => Promise<any>

const pageSize = 5
const namesOf = ({ nodes }: { nodes: { name: string }[] }) => nodes.map(({ name }) => name)

/**
 * What a person does with an app: looks at a board, pages on in a stage, moves a deal, and moves it
 * once more from where it no longer is.
 */
export async function workOnBoard(ask: Ask, gateway: ClientGateway): Promise<void> {
  const { pipelineId, stage } = gateway
  const leads = await gateway.leads()
  const { pipeline } = await ask('Board', { pipelineId, first: pageSize })
  const [lead] = pipeline.stages
  expect(namesOf(lead.deals)).toEqual(leads.slice(0, pageSize))

  const after = lead.deals.pageInfo.endCursor
  const { node } = await ask('StagePage', { stageId: lead.id, first: pageSize, after })
  expect(namesOf(node.deals)).toEqual(leads.slice(pageSize, 2 * pageSize))

  const { id: dealId, version: expectedVersion } = lead.deals.nodes[0]
  const input = { dealId, stageId: stage('Qualified'), expectedVersion }
  const { moveDeal: moved } = await ask('MoveDeal', { input })
  expect(moved).toMatchObject({ deal: { stageName: 'Qualified', version: 2 }, userErrors: [] })

  const { moveDeal: stale } = await ask('MoveDeal', { input })
  expect(stale.userErrors).toMatchObject([{ code: 'VERSION_CONFLICT', currentVersion: 2 }])
}

/** Moves the first deal of the stage Lead, and gives its id. */
export async function moveFirst(ask: Ask, { pipelineId, stage }: ClientGateway): Promise<string> {
  const { pipeline } = await ask('Board', { pipelineId, first: 1 })
  const [{ id: dealId, version: expectedVersion }] = pipeline.stages[0].deals.nodes
  const input = { dealId, stageId: stage('Qualified'), expectedVersion }
  expect((await ask('MoveDeal', { input })).moveDeal.userErrors).toEqual([])
  return dealId
}

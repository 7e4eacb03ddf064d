import { beforeEach, describe, expect, it } from 'vitest'
import { askMutation, untouched } from './fixtures.ts'
import { type OwnDeal, type OwnDealsFixture, ownDealsFixture } from './own-deals-fixtures.ts'

describe('editDeal of who sees only their own deals', () => {
  let f: OwnDealsFixture

  beforeEach(async () => {
    f = await ownDealsFixture()
  })

  async function asAnn({ id, version }: OwnDeal, input: object) {
    const sent = { dealId: id, expectedVersion: version, ...input }
    const selection = 'deal { owner { name } assignees { name } }'
    const { data, errors } = await askMutation(f.t, 'editDeal', sent, { selection, as: f.annKey })
    expect(errors).toEqual([])
    return data.editDeal
  }

  const [ann, bob] = [{ name: 'Ann' }, { name: 'Bob' }]

  it('gives a deal to another owner and stays its assignee', async () => {
    const input = { ownerId: f.bob.id, assigneeIds: [f.ann.id] }
    expect(await asAnn(f.deals.owned[0], input)).toMatchObject({
      ...{ userErrors: [], deal: { owner: bob, assignees: [ann] } },
    })
  })

  it('takes a deal as its owner and leaves its assignees', async () => {
    const input = { ownerId: f.ann.id, assigneeIds: [f.bob.id] }
    expect(await asAnn(f.deals.assigned[0], input)).toMatchObject({
      ...{ userErrors: [], deal: { owner: ann, assignees: [bob] } },
    })
  })

  it('does not lose one', async () => {
    const message = expect.stringContaining('stay its owner or an assignee')
    for (const [deal, input, field] of [
      [f.deals.owned[0], { ownerId: f.bob.id, assigneeIds: [f.bob.id] }, 'ownerId'],
      [f.deals.assigned[0], { name: 'Mine', assigneeIds: [f.bob.id] }, 'assigneeIds'],
      [f.deals.assigned[0], { name: 'Mine', assigneeIds: [] }, 'assigneeIds'],
    ] as const) {
      const { userErrors } = await untouched([f.t], () => asAnn(deal, input))
      expect(userErrors).toMatchObject([
        { code: 'VALIDATION_ERROR', path: ['input', field], message },
      ])
    }
  })
})

import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import {
  ask,
  type DealFixture,
  dealFixture,
  done,
  eventsDuring,
  pipelineFixture,
  refusal,
  tagFixture,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let deal: DealFixture
let hot: string
let cold: string

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  hot = (await tagFixture(t, 'Hot')).id
  cold = (await tagFixture(t, 'Cold')).id
  deal = await dealFixture(t)
})

const selection = 'deal { version updatedAt tags { name } }'

async function change(field: string, tagIds: string[], expectedVersion: number) {
  const input = { dealId: deal.id, expectedVersion, tagIds }
  return (await done(t, field, input, selection)).deal
}
const tag = (tagIds: string[], version = 1) => change('tagDeal', tagIds, version)
const untag = (tagIds: string[], version: number) => change('untagDeal', tagIds, version)

async function names({ id } = deal) {
  const { tags } = (await ask(t, 'query ($id: ID!) { deal(id: $id) { tags { name } } }', { id }))
    .deal
  return tags.map(({ name }: { name: string }) => name)
}

describe('tagDeal', () => {
  it('puts tags on a deal, by name, at its next version', async () => {
    t.setNow(new Date('2030-01-01T00:00:00.000Z'))
    expect(await tag([hot, cold])).toEqual({
      version: 2,
      updatedAt: '2030-01-01T00:00:00.000Z',
      tags: [{ name: 'Cold' }, { name: 'Hot' }],
    })
    expect(await names()).toEqual(['Cold', 'Hot'])
  })

  it('adds what it lacks, once, and keeps the others', async () => {
    await tag([hot])
    const events = await eventsDuring(t, () => tag([cold, hot, cold], 2))
    expect(await names()).toEqual(['Cold', 'Hot'])
    const payload = { tagIds: [idOf('Tag', cold)] }
    expect(events).toMatchObject([{ type: 'deal.tagged', dealId: idOf('Deal', deal.id), payload }])
  })

  it('changes nothing where the deal has them all', async () => {
    await tag([hot, cold])
    expect(await untouched([t], () => tag([cold, cold], 2))).toMatchObject({ version: 2 })
  })
})

describe('untagDeal', () => {
  it('takes tags off a deal, at its next version', async () => {
    await tag([hot, cold])
    expect(await untag([hot], 2)).toMatchObject({ version: 3, tags: [{ name: 'Cold' }] })
    expect(await names()).toEqual(['Cold'])
  })

  it('takes off what it has, and writes one event', async () => {
    await tag([hot])
    const events = await eventsDuring(t, () => untag([cold, hot, hot], 2))
    expect(await names()).toEqual([])
    const payload = { tagIds: [idOf('Tag', hot)] }
    expect(events).toMatchObject([{ type: 'deal.untagged', payload }])
  })

  it('changes nothing where the deal has none of them', async () => {
    await tag([hot])
    expect(await untouched([t], () => untag([cold], 2))).toMatchObject({ version: 2 })
  })

  it('leaves the tag on every other deal', async () => {
    const other = await dealFixture(t, { tagIds: [hot, cold] })
    await tag([hot, cold])
    await untag([hot, cold], 2)
    expect(await names(other)).toEqual(['Cold', 'Hot'])
  })
})

describe.each(['tagDeal', 'untagDeal'])('%s with what cannot be', (field) => {
  const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }
  const refused = (input: object) =>
    refusal(t, field, { dealId: deal.id, expectedVersion: 2, tagIds: [hot], ...input })

  beforeEach(() => tag([cold]))

  it('refuses a stale version, even where nothing would change', async () => {
    const errors = await refused({ expectedVersion: 1, tagIds: [cold] })
    expect(errors).toMatchObject([{ __typename: 'VersionConflict', currentVersion: 2 }])
  })

  it('refuses a deleted deal', async () => {
    await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: 2 })
    expect(await refused({ expectedVersion: 3 })).toMatchObject([{ __typename: 'DealDeleted' }])
  })

  it('does not find tags that are nowhere or another tenant’s, and names their places', async () => {
    const theirs = (await tagFixture(await testTenant())).id
    expect(await refused({ tagIds: [hot, theirs, cold, `tag_${randomUUID()}`] })).toMatchObject([
      { ...missing, path: ['input', 'tagIds', '1'] },
      { ...missing, path: ['input', 'tagIds', '3'] },
    ])
  })

  it('does not find a deal of another tenant', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    const dealId = (await dealFixture(stranger)).id
    await untouched([stranger], async () => {
      const errors = await refused({ dealId, expectedVersion: 1 })
      expect(errors).toMatchObject([{ ...missing, path: ['input', 'dealId'] }])
    })
  })

  it('takes 1 to 100 tags', async () => {
    for (const tagIds of [[], Array(101).fill(hot)]) {
      expect(await refused({ tagIds })).toMatchObject([
        { __typename: 'ValidationError', path: ['input', 'tagIds'] },
      ])
    }
    await change(field, Array(99).fill(hot).concat(cold), 2)
  })
})

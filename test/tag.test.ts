import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import {
  ask,
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

beforeEach(async () => {
  t = await testTenant()
})

const tag = 'tag { id number name color }'

const tags = async () => (await ask(t, '{ tags { id number name color } }')).tags
const create = async (input: object) => (await done(t, 'createTag', input, tag)).tag
const update = async (tagId: string, input: object) =>
  (await done(t, 'updateTag', { tagId, ...input }, tag)).tag

const taken = { __typename: 'NameTaken', code: 'NAME_TAKEN', path: ['input', 'name'] }
const invalidName = { __typename: 'ValidationError', path: ['input', 'name'] }
const missing = { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', 'tagId'] }

const badNames = ['', '  ', 'x'.repeat(256)]
const badColors = ['red', '#fff', '#ff88001', '#gg0000', 'ff8800', ' #ff8800', '#ff8800\n', '']

describe('createTag', () => {
  it('creates a tag, its color in small letters and its name without blanks around it', async () => {
    const made = await create({ name: ' Hot lead ', color: '#FF88aa' })
    expect(made).toEqual({ ...made, number: 1, name: 'Hot lead', color: '#ff88aa' })
    expect(await tags()).toEqual([made])
  })

  it('creates one without a color', async () => {
    expect(await create({ name: 'Hot' })).toMatchObject({ color: null })
    expect(await create({ name: 'Cold', color: null })).toMatchObject({ number: 2, color: null })
  })

  it('writes one event', async () => {
    let id = ''
    const events = await eventsDuring(t, async () => {
      id = (await create({ name: 'Hot' })).id
    })
    expect(events).toMatchObject([{ type: 'tag.created', payload: { tagId: idOf('Tag', id) } }])
  })

  it('refuses a name that is in use, in any case', async () => {
    await create({ name: 'Größe' })
    expect(await refusal(t, 'createTag', { name: ' GRÖßE' })).toMatchObject([taken])
  })

  it.each(badNames)('refuses %j as a name', async (name) => {
    expect(await refusal(t, 'createTag', { name })).toMatchObject([invalidName])
  })

  it.each(badColors)('refuses %j as a color', async (color) => {
    expect(await refusal(t, 'createTag', { name: 'Hot', color })).toMatchObject([
      { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', 'color'] },
    ])
  })

  it('lets every tenant have the name', async () => {
    await tagFixture(await testTenant(), 'Hot')
    expect(await create({ name: 'Hot' })).toMatchObject({ name: 'Hot' })
  })
})

describe('updateTag', () => {
  it('renames and recolours it, leaving what is not named', async () => {
    const { id } = await create({ name: 'Hot', color: '#ff0000' })
    await create({ name: 'Other', color: '#00ff00' })
    expect(await update(id, { name: 'Warm' })).toMatchObject({ name: 'Warm', color: '#ff0000' })
    expect(await update(id, { color: '#0000FF' })).toMatchObject({ name: 'Warm', color: '#0000ff' })
    expect(await update(id, { color: null })).toMatchObject({ name: 'Warm', color: null })
    expect(await tags()).toMatchObject([{ name: 'Other', color: '#00ff00' }, { name: 'Warm' }])
  })

  it('writes its own name in another case', async () => {
    const { id } = await create({ name: 'hot' })
    expect(await update(id, { name: 'HOT' })).toMatchObject({ name: 'HOT' })
  })

  it('writes one event with the names of the fields', async () => {
    const { id } = await create({ name: 'Hot', color: '#ff0000' })
    const events = await eventsDuring(t, () => update(id, { name: 'Hot', color: '#00ff00' }))
    const payload = { tagId: idOf('Tag', id), fields: ['color'] }
    expect(events).toMatchObject([{ type: 'tag.updated', payload }])
  })

  it('changes nothing where the values are those that it has', async () => {
    const { id } = await create({ name: 'Hot', color: '#ff0000' })
    await untouched([t], async () => {
      for (const same of [{}, { name: ' Hot ' }, { color: '#FF0000' }]) await update(id, same)
    })
  })

  it('refuses the name of another tag, in any case', async () => {
    await create({ name: 'Warm' })
    const { id } = await create({ name: 'Hot' })
    expect(await refusal(t, 'updateTag', { tagId: id, name: 'WARM' })).toMatchObject([taken])
  })

  it.each([null, ...badNames])('refuses %j as a name', async (name) => {
    const { id } = await create({ name: 'Hot' })
    expect(await refusal(t, 'updateTag', { tagId: id, name })).toMatchObject([invalidName])
  })

  it.each(badColors)('refuses %j as a color', async (color) => {
    const { id } = await create({ name: 'Hot' })
    expect(await refusal(t, 'updateTag', { tagId: id, color })).toMatchObject([
      { __typename: 'ValidationError', path: ['input', 'color'] },
    ])
  })

  it('does not find a tag that is nowhere or another tenant’s', async () => {
    for (const tagId of [`tag_${randomUUID()}`, (await tagFixture(await testTenant())).id])
      expect(await refusal(t, 'updateTag', { tagId, name: 'Warm' })).toMatchObject([missing])
  })
})

describe('deleteTag', () => {
  const deleted = 'deletedTagId untaggedCount'

  it('deletes it, and takes it off every deal without changing their versions', async () => {
    await pipelineFixture(t)
    const [hot, cold] = [await tagFixture(t, 'Hot'), await tagFixture(t, 'Cold')]
    const both = await dealFixture(t, { tagIds: [hot.id, cold.id] })
    const gone = await dealFixture(t, { tagIds: [hot.id] })
    const other = await dealFixture(t, { tagIds: [cold.id] })
    await done(t, 'deleteDeal', { dealId: gone.id, expectedVersion: 1 })
    const document =
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Deal { version updatedAt tags { id } } } }'
    const read = async () => (await ask(t, document, { ids: [both.id, gone.id, other.id] })).nodes
    const before = await read()

    const payload = await done(t, 'deleteTag', { tagId: hot.id }, deleted)
    expect(payload).toMatchObject({ deletedTagId: hot.id, untaggedCount: 2 })
    expect(await tags()).toMatchObject([{ id: cold.id }])
    expect(await read()).toEqual([
      { ...before[0], tags: [{ id: cold.id }] },
      { ...before[1], tags: [] },
      { ...before[2], tags: [{ id: cold.id }] },
    ])
  })

  it('writes one event, however many deals had it', async () => {
    await pipelineFixture(t)
    const { id } = await tagFixture(t)
    for (const name of ['One', 'Two']) await dealFixture(t, { name, tagIds: [id] })
    const events = await eventsDuring(t, () => done(t, 'deleteTag', { tagId: id }))
    const payload = { tagId: idOf('Tag', id), name: 'Hot', untaggedCount: 2 }
    expect(events).toMatchObject([{ type: 'tag.deleted', dealId: null, payload }])
  })

  it('frees the name, but never the number', async () => {
    const { id } = await create({ name: 'Hot' })
    const payload = await done(t, 'deleteTag', { tagId: id }, deleted)
    expect(payload).toMatchObject({ deletedTagId: id, untaggedCount: 0 })
    expect(await create({ name: 'hot' })).toMatchObject({ number: 2 })
  })

  it('does not find a tag that is nowhere, deleted or another tenant’s', async () => {
    const { id } = await tagFixture(t)
    await done(t, 'deleteTag', { tagId: id })
    const theirs = await tagFixture(await testTenant())
    for (const tagId of [`tag_${randomUUID()}`, id, theirs.id])
      expect(await refusal(t, 'deleteTag', { tagId })).toMatchObject([missing])
  })
})

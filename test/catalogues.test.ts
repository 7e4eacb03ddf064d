import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import {
  ask,
  dealFixture,
  done,
  eventsDuring,
  mutate,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
  sales = await pipelineFixture(t)
})

interface CatalogueCase {
  noun: 'Source' | 'CloseReason'
  field: 'source' | 'closeReason'
  list: 'sources' | 'closeReasons'
  event: 'source' | 'close_reason'
  /** What a new entry needs beside its name. */
  kind: object
}

const cases: CatalogueCase[] = [
  { noun: 'Source', field: 'source', list: 'sources', event: 'source', kind: {} },
  {
    noun: 'CloseReason',
    field: 'closeReason',
    list: 'closeReasons',
    event: 'close_reason',
    kind: { kind: 'LOST' },
  },
]

describe.each(cases)('the catalogue of $list', ({ noun, field, list, event, kind }) => {
  const idName = `${field}Id`
  const all = 'id name archivedAt createdAt'
  const read = async (includeArchived = false) => {
    const document = `query ($a: Boolean) { ${list}(includeArchived: $a) { ${all} } }`
    return (await ask(t, document, { a: includeArchived }))[list]
  }
  const create = async (name: string) =>
    (await done(t, `create${noun}`, { ...kind, name }, `${field} { ${all} }`))[field]
  const change = async (verb: string, id: string, values: object = {}) =>
    (await done(t, `${verb}${noun}`, { [idName]: id, ...values }, `${field} { ${all} }`))[field]
  const expectEvents = async (type: string, work: () => Promise<{ id: string }>) => {
    let id = ''
    const events = await eventsDuring(t, async () => {
      id = (await work()).id
    })
    expect(events).toMatchObject([{ type, payload: { [idName]: idOf(noun, id) } }])
  }
  const taken = { __typename: 'NameTaken', code: 'NAME_TAKEN', path: ['input', 'name'] }

  it('takes new names, and lists them by name', async () => {
    const [web, fair] = [await create(' Web '), await create('Fair')]
    expect(web).toEqual({ ...web, name: 'Web', archivedAt: null, createdAt: monday.toISOString() })
    expect(await read()).toEqual([fair, web])
  })

  it('renames, even to the same name in another case', async () => {
    const { id, ...made } = await create('web')
    expect(await change('update', id, { name: 'Website' })).toEqual({
      id,
      ...made,
      name: 'Website',
    })
    expect(await change('update', id, { name: ' WEBSITE ' })).toMatchObject({ name: 'WEBSITE' })
    expect(await read()).toEqual([{ id, ...made, name: 'WEBSITE' }])
  })

  it('archives, lists what is archived only when asked, and restores', async () => {
    const { id, ...made } = await create('Web')
    const archived = { id, ...made, archivedAt: monday.toISOString() }
    expect(await change('archive', id)).toEqual(archived)
    expect(await read()).toEqual([])
    expect(await read(true)).toEqual([archived])
    expect(await change('restore', id)).toEqual({ id, ...made })
    expect(await read()).toEqual([{ id, ...made }])
  })

  it('writes one event for each change', async () => {
    const { id } = await create('Web')
    await expectEvents(`${event}.created`, () => create('Fair'))
    await expectEvents(`${event}.updated`, () => change('update', id, { name: 'Website' }))
    await expectEvents(`${event}.archived`, () => change('archive', id))
    await expectEvents(`${event}.restored`, () => change('restore', id))
  })

  it('changes nothing where nothing is to change', async () => {
    const { id } = await create('Web')
    await untouched([t], () => change('update', id, { name: ' Web' }))
    await untouched([t], () => change('restore', id))
    await change('archive', id)
    t.setNow(new Date('2026-03-03T09:00:00.000Z'))
    await untouched([t], () => change('archive', id))
  })

  it('refuses a name that is in use, in any case, archived or not', async () => {
    const { id } = await create('Größe')
    const other = await create('Web')
    for (const message of ['already. Use that one.', 'already. It is archived: restore it.']) {
      const error = [{ ...taken, message: expect.stringContaining(message) }]
      expect(await refusal(t, `create${noun}`, { ...kind, name: ' GRÖßE ' })).toMatchObject(error)
      const rename = { [idName]: other.id, name: 'größe' }
      expect(await refusal(t, `update${noun}`, rename)).toMatchObject(error)
      await change('archive', id)
    }
  })

  it('lets every tenant have the name', async () => {
    const stranger = await testTenant()
    await done(stranger, `create${noun}`, { ...kind, name: 'Web' })
    expect(await create('Web')).toMatchObject({ name: 'Web' })
  })

  it.each(['', ' ', 'x'.repeat(256)])('refuses %j as a name', async (name) => {
    const { id } = await create('Web')
    const error = [{ __typename: 'ValidationError', path: ['input', 'name'] }]
    expect(await refusal(t, `create${noun}`, { ...kind, name })).toMatchObject(error)
    expect(await refusal(t, `update${noun}`, { [idName]: id, name })).toMatchObject(error)
  })

  it.each(['update', 'archive', 'restore'])(
    'does not find by %s what is nowhere or another tenant’s',
    async (verb) => {
      const stranger = await testTenant()
      const input = { ...kind, name: 'Web' }
      const theirs = (await done(stranger, `create${noun}`, input, `${field} { id }`))[field]
      const nowhere = theirs.id.replace(/_[^_]+$/, `_${randomUUID()}`)
      await untouched([stranger], async () => {
        for (const id of [theirs.id, nowhere]) {
          const values = { [idName]: id, ...(verb === 'update' && { name: 'Mine' }) }
          expect(await refusal(t, `${verb}${noun}`, values)).toMatchObject([
            { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', idName] },
          ])
        }
      })
    },
  )
})

describe('the source of a deal', () => {
  const sources = async () =>
    (await ask(t, '{ sources(includeArchived: true) { id name } }')).sources
  const sourceOf = async (id: string) =>
    (await ask(t, 'query ($id: ID!) { deal(id: $id) { source version } }', { id })).deal

  it('joins the catalogue, in which names that differ in case or blanks are one', async () => {
    const written = ['Cold call', 'cold call ', 'COLD CALL']
    const deals = []
    for (const source of written) deals.push(await dealFixture(t, { source }))
    expect(await sources()).toMatchObject([{ name: 'Cold call' }])
    for (const { id } of deals) expect(await sourceOf(id)).toMatchObject({ source: 'Cold call' })
    const blank = await dealFixture(t, { source: '  ' })
    expect(await sourceOf(blank.id)).toMatchObject({ source: null })
  })

  it('does not change by its name in another case', async () => {
    const { id } = await dealFixture(t, { source: 'Cold call' })
    const input = { dealId: id, expectedVersion: 1, source: 'COLD CALL' }
    await untouched([t], () => done(t, 'updateDeal', input))
  })

  it('shows a new name on every deal at once, without changing the deals', async () => {
    const one = await dealFixture(t, { source: 'Cold call' })
    const two = await dealFixture(t, { source: 'cold call' })
    const [{ id: sourceId }] = await sources()
    await done(t, 'updateSource', { sourceId, name: 'Phone' })
    for (const { id } of [one, two])
      expect(await sourceOf(id)).toEqual({ source: 'Phone', version: 1 })
  })

  it('is refused when archived, but kept by the deals that have it', async () => {
    const kept = await dealFixture(t, { source: 'Fair' })
    const other = await dealFixture(t)
    const [{ id: sourceId }] = await sources()
    await done(t, 'archiveSource', { sourceId })
    const error = [{ __typename: 'ValidationError', path: ['input', 'source'] }]
    const input = { dealId: other.id, expectedVersion: 1, source: 'fair' }
    expect(await refusal(t, 'createDeal', { name: 'New', source: 'FAIR' })).toMatchObject(error)
    expect(await refusal(t, 'updateDeal', input)).toMatchObject(error)
    await done(t, 'updateDeal', { ...input, dealId: kept.id, name: 'Renamed' })
    expect(await sourceOf(kept.id)).toEqual({ source: 'Fair', version: 2 })
    await done(t, 'restoreSource', { sourceId })
    await done(t, 'updateDeal', input)
    expect(await sourceOf(other.id)).toEqual({ source: 'Fair', version: 2 })
  })
})

describe('the reason of a closed deal', () => {
  const reasons = async (args = '') =>
    (await ask(t, `{ closeReasons${args} { id kind name } }`)).closeReasons
  const close = async (stage: 'Won' | 'Lost', reason: string) =>
    dealFixture(t, { stageId: sales.stage(stage), reason })
  const read = async (id: string) => {
    const selection = 'version wonReason lostReason history { nodes { reason } }'
    return (await ask(t, `query ($id: ID!) { deal(id: $id) { ${selection} } }`, { id })).deal
  }
  const knownReasons = async () => {
    const input = { name: 'New', stageId: sales.stage('Lost') }
    return (await mutate(t, 'createDeal', input)).userErrors[0].knownReasons
  }

  it('joins the catalogue of its kind, in which names that differ in case or blanks are one', async () => {
    const { id } = await close('Lost', 'Price')
    const { id: same } = await close('Lost', ' PRICE ')
    const { id: won } = await close('Won', 'price')
    expect(await reasons('(kind: LOST)')).toMatchObject([{ kind: 'LOST', name: 'Price' }])
    expect(await reasons('(kind: WON)')).toMatchObject([{ kind: 'WON', name: 'price' }])
    expect(await reasons()).toHaveLength(2)
    for (const lost of [id, same])
      expect(await read(lost)).toMatchObject({ lostReason: 'Price', wonReason: null })
    expect(await read(won)).toMatchObject({ wonReason: 'price', lostReason: null })
  })

  it('shows a new name on every deal at once, while the audit keeps what was said', async () => {
    const deals = [await close('Lost', 'Price'), await close('Lost', 'price')]
    const [{ id: closeReasonId }] = await reasons()
    await done(t, 'updateCloseReason', { closeReasonId, name: 'Too dear' })
    const shownDeals = await Promise.all(deals.map(({ id }) => read(id)))
    const shown = { version: 1, wonReason: null, lostReason: 'Too dear' }
    expect(shownDeals).toEqual([
      { ...shown, history: { nodes: [{ reason: 'Price' }] } },
      { ...shown, history: { nodes: [{ reason: 'price' }] } },
    ])
  })

  it('may have the name of a reason of the other kind', async () => {
    for (const kind of ['WON', 'LOST']) await done(t, 'createCloseReason', { kind, name: 'Price' })
    const { id: closeReasonId } = (await reasons('(kind: WON)'))[0]
    await done(t, 'createCloseReason', { kind: 'LOST', name: 'Timing' })
    await done(t, 'updateCloseReason', { closeReasonId, name: 'Timing' })
    expect((await reasons('(kind: WON)'))[0]).toMatchObject({ name: 'Timing' })
  })

  it('is offered when one is required, unless it is archived', async () => {
    await close('Lost', 'Timing')
    await close('Won', 'Luck')
    await done(t, 'createCloseReason', { kind: 'LOST', name: 'Price' })
    expect(await knownReasons()).toEqual(['Timing', 'Price'])
    const [{ id: closeReasonId }] = await reasons('(kind: LOST)')
    await done(t, 'archiveCloseReason', { closeReasonId })
    expect(await knownReasons()).toEqual(['Timing'])
    await done(t, 'restoreCloseReason', { closeReasonId })
    expect(await knownReasons()).toEqual(['Timing', 'Price'])
  })

  it('is refused when archived, but kept by the deals that have it', async () => {
    const kept = await close('Lost', 'Price')
    const open = await dealFixture(t)
    const [{ id: closeReasonId }] = await reasons()
    await done(t, 'archiveCloseReason', { closeReasonId })
    const error = [{ __typename: 'ValidationError', path: ['input', 'reason'] }]
    const lost = { stageId: sales.stage('Lost'), reason: 'PRICE' }
    expect(await refusal(t, 'createDeal', { name: 'New', ...lost })).toMatchObject(error)
    const move = { dealId: open.id, expectedVersion: 1, ...lost }
    expect(await refusal(t, 'moveDeal', move)).toMatchObject(error)
    expect(await read(kept.id)).toMatchObject({ lostReason: 'Price' })
    await done(t, 'restoreCloseReason', { closeReasonId })
    await done(t, 'moveDeal', move)
    expect(await read(open.id)).toMatchObject({ lostReason: 'Price' })
  })
})

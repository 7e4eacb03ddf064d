import { beforeAll, describe, expect, test } from 'vitest'
import { encodeId, newId } from '../src/ids.ts'
import { dealRows, rowId } from './bulk-fixtures.ts'
import { cases, type Known } from './deal-filter-cases.ts'
import { askedAt, instant, type Row, rows } from './deal-filter-rows.ts'
import { ask, contactFixture, done, organizationFixture, pipelineFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let known: Known

async function members(): Promise<string[]> {
  return t.write(async (tx) => {
    const ids = [newId(), newId()]
    const data = ids.map((id, index) => ({
      tenantId: t.tenantId,
      id,
      number: index + 1,
      name: `M${index}`,
      createdAt: tx.now,
    }))
    await tx.db.member.createMany({ data: data.map((row) => ({ ...row, role: 'MEMBER' })) })
    await tx.db.tag.createMany({ data })
    tx.emit({ type: 'test.written' })
    return ids
  })
}

beforeAll(async () => {
  t = await testTenant()
  t.setNow(instant(askedAt))
  const pipelines: Known['pipelines'] = [
    await pipelineFixture(t),
    await pipelineFixture(t, { name: 'Other' }),
  ]
  const organizations = [
    (await organizationFixture(t, 'A')).id,
    (await organizationFixture(t, 'B')).id,
  ]
  const contacts = [(await contactFixture(t, 'A')).id, (await contactFixture(t, 'B')).id]
  const people = await members()
  known = {
    ...{ pipelines, organizations, contacts },
    members: people.map((id) => encodeId('Member', id)),
    tags: people.map((id) => encodeId('Tag', id)),
  }
  const catalogued = await catalogues()
  for (const row of rows) {
    const {
      name,
      stage,
      description,
      amount,
      priority,
      externalId,
      day,
      created,
      closed,
      organization,
      owner,
    } = row
    const [id] = await dealRows(t, pipelines[row.other ? 1 : 0], [
      {
        ...{
          name,
          stage,
          createdAt: instant(created),
          amount: amount ?? null,
          description: description ?? null,
        },
        ...{ priority: priority ?? null, externalId: externalId ?? null },
        expectedCloseDate: day ? new Date(day) : null,
        closedAt: closed ? instant(closed) : null,
        organizationId:
          organization === undefined ? null : rowId(organizations[organization] as string),
        ownerId: owner === undefined ? null : (people[owner] as string),
        currency: row.currency ?? 'USD',
        valuePeriod: row.period ?? 'ONE_TIME',
        confidence: row.confidence ?? null,
        leadRef: row.leadRef ?? null,
        nextStep: row.nextStep ?? null,
        updatedAt: instant(row.updated ?? created),
        stageEnteredAt: instant(row.entered ?? created),
        ...catalogued(row),
      },
    ])
    await relate(rowId(id as string), row, people)
  }
})

/** The ids of the sources and of the reasons that the rows name; a reason is of one status. */
async function catalogues() {
  return t.write(async (tx) => {
    const entry = (name: string) => ({ tenantId: t.tenantId, id: newId(), name, createdAt: tx.now })
    const names = (of: (row: Row) => string | undefined) =>
      new Set(rows.flatMap((r) => of(r) ?? []))
    const sources = [...names((row) => row.source)].map(entry)
    const reasons = [...names((row) => row.reason)].flatMap((name) =>
      ['WON', 'LOST'].map((kind) => ({ ...entry(name), kind })),
    )
    await tx.db.source.createMany({ data: sources })
    await tx.db.closeReason.createMany({ data: reasons })
    tx.emit({ type: 'test.written' })
    return ({ source, reason, stage }: Row) => ({
      sourceId: sources.find(({ name }) => name === source)?.id ?? null,
      closeReasonId:
        reasons.find((r) => r.name === reason && r.kind === stage.toUpperCase())?.id ?? null,
    })
  })
}

async function relate(dealId: string, row: Row, people: string[]) {
  const { contacts = [], tags = [], assignees = [] } = row
  await t.write(async (tx) => {
    const { tenantId, now } = tx
    const times = { createdAt: now, updatedAt: now, isPrimary: false }
    const contact = (index: number) => rowId(known.contacts[index] as string)
    await tx.db.dealContact.createMany({
      data: contacts.map((index) => ({
        tenantId,
        id: newId(),
        dealId,
        contactId: contact(index),
        ...times,
      })),
    })
    await tx.db.dealTag.createMany({
      data: tags.map((index) => ({ tenantId, dealId, tagId: people[index] as string })),
    })
    await tx.db.dealAssignee.createMany({
      data: assignees.map((index) => ({ tenantId, dealId, memberId: people[index] as string })),
    })
    tx.emit({ type: 'test.written' })
  })
}

const document = `query ($filter: DealFilter) {
  deals(first: 100, filter: $filter, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { name } totalCount } }`

async function matches(filter: object | null): Promise<string[]> {
  const { deals } = await ask(t, document, { filter })
  const names = deals.nodes.map(({ name }: { name: string }) => name)
  expect(deals.totalCount).toBe(names.length)
  return names
}

/** The same deals as lists below pipelines, where names are joined instead of looked up. */
async function matchesBelow(filter: object): Promise<string[]> {
  const { pipelines } = await ask(
    t,
    'query ($filter: DealFilter) { pipelines { deals(first: 100, filter: $filter) { nodes { name } totalCount } } }',
    { filter },
  )
  return pipelines.flatMap(({ deals }: { deals: { nodes: Row[]; totalCount: number } }) => {
    expect(deals.totalCount).toBe(deals.nodes.length)
    return deals.nodes.map(({ name }) => name)
  })
}

function namesWhere(holds: (row: Row) => boolean): string[] {
  return rows.filter(holds).map(({ name }) => name)
}

describe('the filter of deals', () => {
  test.each(cases)('%s: finds what it says, and `not` finds all others', async (_, of, holds) => {
    const filter = of(known)
    expect(await matches(filter)).toEqual(namesWhere(holds))
    expect(await matches({ not: filter })).toEqual(namesWhere((row) => !holds(row)))
    expect((await matchesBelow(filter)).toSorted()).toEqual(namesWhere(holds).toSorted())
    expect((await matchesBelow({ not: filter })).toSorted()).toEqual(
      namesWhere((row) => !holds(row)).toSorted(),
    )
  })

  test('finds all when it is null', async () => {
    expect(await matches(null)).toEqual(namesWhere(() => true))
  })

  const nested = (levels: number): object =>
    levels === 0 ? { status: { eq: 'WON' } } : { and: [nested(levels - 1)] }

  test('nests 4 deep', async () => {
    expect(await matches(nested(4))).toEqual(namesWhere((row) => row.stage === 'Won'))
  })

  test('is refused when it nests deeper', async () => {
    const { data, errors } = await t.graphql(document, { filter: { or: [{ not: nested(3) }] } })
    expect(data).toBeNull()
    expect(errors).toMatchObject([
      { message: expect.stringContaining('4 levels'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test.each([
    ['an id of another type', (k: Known) => ({ stageId: { eq: k.pipelines[0].id } })],
    ['something that is no id', () => ({ contactId: { in: ['7'] } })],
  ])('is refused with %s', async (_, of) => {
    const { errors } = await t.graphql(document, { filter: of(known) })
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_ID' } }])
  })

  test('is refused with too many names', async () => {
    const { errors } = await t.graphql(document, {
      filter: { source: { in: Array.from({ length: 501 }, (_, index) => `S${index}`) } },
    })
    expect(errors).toMatchObject([
      { message: expect.stringContaining('500'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test('finds nothing by the ids of another tenant', async () => {
    const other = await testTenant()
    const { stage } = await pipelineFixture(other)
    expect(await matches({ stageId: { eq: stage('Lead') } })).toEqual([])
  })

  test('narrows the deals of a stage and of a pipeline, and what is counted there', async () => {
    const [{ id }] = known.pipelines
    const below =
      'deals(filter: { or: [{ amount: { gte: 100 } }, { name: { contains: "ATL" } }] }) { nodes { name } totalCount }'
    const { pipeline } = await ask(
      t,
      `query ($id: ID!) { pipeline(id: $id) { ${below} stages { name ${below} } } }`,
      { id },
    )
    const expected = rows.filter(
      (row) => !row.other && ((row.amount ?? 0) >= 100 || /atl/i.test(row.name)),
    )
    expect(pipeline.deals.totalCount).toBe(expected.length)
    expect(pipeline.deals.nodes).toEqual(expected.toReversed().map(({ name }) => ({ name })))
    for (const { name, deals } of pipeline.stages) {
      const inStage = expected.filter((row) => row.stage === name).map((row) => row.name)
      expect([name, deals.totalCount]).toEqual([name, inStage.length])
      expect(deals.nodes.map((deal: { name: string }) => deal.name).toSorted()).toEqual(
        inStage.toSorted(),
      )
    }
  })
})

test('deleted deals are in no list, count or total', async () => {
  const own = await testTenant()
  const pipeline = await pipelineFixture(own)
  const ids = await dealRows(own, pipeline, [
    { name: 'Kept', amount: 1 },
    { name: 'Deleted', amount: 2 },
  ])
  await done(own, 'deleteDeal', { dealId: ids[1], expectedVersion: 1 })
  const list = '{ nodes { name } totalCount }'
  const kept = { nodes: [{ name: 'Kept' }], totalCount: 1 }
  const found = await ask(
    own,
    `query ($id: ID!, $stage: ID!) { deals ${list} searched: deals(search: "e") ${list} not: deals(filter: { not: { name: { contains: "x" } } }) ${list}
      staged: deals(filter: { stageId: { eq: $stage } }) ${list}
      pipeline(id: $id) { deals ${list} stages { name deals ${list} totals { count amount } } } }`,
    { id: pipeline.id, stage: pipeline.stage('Lead') },
  )
  expect(found).toMatchObject({
    deals: kept,
    searched: kept,
    not: kept,
    staged: kept,
    pipeline: { deals: kept },
  })
  expect(found.pipeline.stages[0]).toMatchObject({
    deals: kept,
    totals: [{ count: 1, amount: '1' }],
  })
})

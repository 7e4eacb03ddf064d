import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { idOf } from '../src/ids.ts'
import { command, folder, meaningOf, moveOn, preparedTenant } from './export-fixtures.ts'
import {
  contactFixture,
  dealFixture,
  done,
  keyOfMember,
  memberFixture,
  organizationFixture,
  tagFixture,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const zero = { created: 0, updated: 0, unchanged: 0, rejected: 0 }
const awkward = 'Łódź “Q3”, "best"; =1+1\r\n第二行 🚀 \u2028 end '

let t: TestTenant
let path: string
beforeAll(async () => {
  path = await folder()
  t = await testTenant()
  await fill(t)
})

/** A tenant with something of everything that a deal can have. */
async function fill(t: TestTenant): Promise<void> {
  const { sales, renewals } = await preparedTenant(t)
  const [acme, globex] = [
    await organizationFixture(t),
    await organizationFixture(t, 'Globex, "EU"'),
  ]
  const [grace, alan] = [await memberFixture(t), await memberFixture(t, 'Alan Turing')]
  const [hot, odd] = [await tagFixture(t), await tagFixture(t, 'odd; name')]
  const ann = await done(
    t,
    'createContact',
    {
      name: 'Ann',
      email: 'Ann@Example.com',
      phone: '+48 1',
      jobTitle: 'CTO',
      organizationId: globex.id,
    },
    'contact { id }',
  )
  const [namesake, twin] = [await contactFixture(t, 'Ann'), await contactFixture(t, 'ann')]
  const rich = await dealFixture(t, {
    name: 'Windmill “Nord”',
    ...{ externalId: 'crm-1', description: awkward, nextStep: '  call', leadRef: '00123' },
    ...{ amount: '1054.5', currency: 'EUR', valuePeriod: 'QUARTERLY', confidence: 0 },
    ...{ priority: 'HIGH', expectedCloseDate: '2026-12-31', source: 'Cold call' },
    ...{ organizationId: acme.id, ownerId: grace.id, assigneeIds: [alan.id, grace.id] },
    ...{ tagIds: [hot.id, odd.id], contactIds: [namesake.id, ann.contact.id, twin.id] },
    metadata: { b: [1, { c: null }], a: '\u0001 "x"' },
    customFields: {
      ...{
        cf_region: ' North\nEast ',
        cf_seats: -12.5,
        cf_signed: '2026-02-28',
        cf_partner: false,
      },
      ...{ cf_budget: { amount: '12.5', currency: 'USD' }, cf_tier: 'Silver; plated' },
      ...{ cf_modules: ['Plans', 'Feed; news'], cf_site: 'https://example.com/?a=1,2' },
    },
  })
  const { deal } = await done(
    t,
    'updateDeal',
    { dealId: rich.id, expectedVersion: 1, name: 'Windmill' },
    'deal { contacts { id } }',
  )
  await done(t, 'updateDealContact', {
    ...{ dealId: rich.id, expectedVersion: 2, dealContactId: deal.contacts[1].id },
    ...{
      isPrimary: true,
      role: 'Decides; signs',
      introducedById: twin.id,
      metadata: { since: 2020 },
    },
  })
  await moveOn(
    t,
    rich.id,
    [
      [sales.stage('Qualified')],
      [sales.stage('Lost'), 'Price, "too high"'],
      [sales.stage('Lead')],
      [sales.stage('Proposal')],
      [sales.stage('Won'), 'Trust'],
    ],
    3,
  )
  const { key } = await keyOfMember(t, alan)
  const list = await dealFixture(t, {
    name: 'Renewal',
    pipelineId: renewals.id,
    metadata: ['a', 'b'],
  })
  const input = { dealId: list.id, stageId: renewals.stage('Proposal'), expectedVersion: 1 }
  await t.graphql(
    'mutation ($input: MoveDealInput!) { moveDeal(input: $input) { deal { id } } }',
    { input },
    { key },
  )
  await dealFixture(t, { name: 'Bare', metadata: 'a text' })
  await dealFixture(t, {
    name: 'Lost again',
    stageId: renewals.stage('Lost'),
    pipelineId: renewals.id,
    reason: 'price',
    metadata: { amount: '1', currency: 'EUR' },
  })
  await t.write(async (tx) => {
    const where = { tenantId: t.tenantId, dealId: idOf('Deal', list.id) }
    await tx.db.stage.updateMany({
      where: { tenantId: t.tenantId, name: 'Lead', pipeline: { name: 'Renewals' } },
      data: { name: 'Inbound' },
    })
    expect(await tx.db.stageChange.count({ where })).toBe(2)
    tx.emit({ type: 'stage.updated' })
  })
}

/** A tenant with the same pipelines and fields, and nothing else. */
async function freshTenant(): Promise<TestTenant> {
  const fresh = await testTenant()
  await preparedTenant(fresh)
  await fresh.write(async (tx) => {
    await tx.db.stage.updateMany({
      where: { tenantId: fresh.tenantId, name: 'Lead', pipeline: { name: 'Renewals' } },
      data: { name: 'Inbound' },
    })
    tx.emit({ type: 'stage.updated' })
  })
  return fresh
}

describe.each(['csv', 'jsonl'])('dealgraph export as %s', (format) => {
  const fileOf = (pipeline: string) => join(path, `${pipeline}.${format}`)
  const write = async (pipeline: string, ...flags: string[]) => {
    const args = ['--pipeline', pipeline, '--output', fileOf(pipeline), ...flags]
    return (await command(t, 'export', ...args)).output
  }
  const read = async (tenant: TestTenant, pipeline: string) => {
    const { output, notices } = await command(
      tenant,
      'import',
      fileOf(pipeline),
      '--pipeline',
      pipeline,
      '--json',
    )
    expect(notices).toBe('')
    return JSON.parse(output)
  }

  test('is imported into a new tenant as equal data', async () => {
    expect(await write('Sales')).toBe(`2 deals written to ${fileOf('Sales')}.\n`)
    expect(await write('renewals', '--json')).toBe('{"deals":2}\n')
    const fresh = await freshTenant()
    expect(await read(fresh, 'Sales')).toEqual({ ...zero, read: 2, created: 2 })
    expect(await read(fresh, 'renewals')).toEqual({ ...zero, read: 2, created: 2 })
    const [before, after] = [await meaningOf(t), await meaningOf(fresh)]
    expect(before.map((deal) => deal.history.length)).toEqual([6, 2, 1, 1])
    expect(before[0]?.description).toBe(awkward)
    expect(after).toEqual(before)
    const again = await untouched([fresh], () => read(fresh, 'Sales'))
    expect(again).toEqual({ ...zero, read: 2, unchanged: 2 })
  })

  test('changes nothing when it is imported into its own tenant', async () => {
    await write('Sales')
    await write('renewals')
    const counts = await untouched([t], async () => [
      await read(t, 'Sales'),
      await read(t, 'renewals'),
    ])
    expect(counts).toEqual(Array(2).fill({ ...zero, read: 2, unchanged: 2 }))
  })
})

describe('dealgraph export', () => {
  const everything = async (tenant: TestTenant, ...flags: string[]) => {
    const { output } = await command(tenant, 'export', '--format', 'jsonl', ...flags)
    const lines = output.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line))
  }

  test('writes every pipeline to standard output, and nothing but deals', async () => {
    const deals = await everything(t)
    expect(deals.map(({ name, pipeline }) => [name, pipeline])).toEqual([
      ['Windmill', 'Sales'],
      ['Renewal', 'Renewals'],
      ['Bare', 'Sales'],
      ['Lost again', 'Renewals'],
    ])
    expect(deals[0]).toMatchObject({
      ...{
        amount: '1054.5',
        tags: ['Hot', 'odd; name'],
        reason: 'Trust',
        owner: expect.stringContaining('@'),
      },
      cf_budget: { amount: '12.5', currency: 'USD' },
    })
    const { output } = await command(t, 'export')
    expect(output.split('\n')[0]).toMatch(
      /^id,externalId,name,pipeline,stage,.*,history,cf_region,/,
    )
  })

  test('reads pages of 500 deals, each with the same few statements', async () => {
    const many = await testTenant()
    await preparedTenant(many)
    const importing = join(path, 'many.jsonl')
    const lines = Array.from({ length: 1_001 }, (_, index) =>
      JSON.stringify({
        ...{ externalId: `${index}`, name: 'Mill', stage: 'Won', tags: ['a', 'b'] },
        contacts: [{ name: `C${index}` }],
      }),
    )
    await writeFile(importing, lines.join('\n'))
    await command(many, 'import', importing, '--pipeline', 'Sales')
    expect((await everything(many)).map(({ externalId }) => externalId)).toEqual(
      lines.map((_, index) => `${index}`),
    )
    const onePage = await t.recordStatements(() => everything(t))
    const threePages = await many.recordStatements(() => everything(many))
    expect(threePages.length).toBeGreaterThan(onePage.length)
    expect(threePages.length).toBeLessThanOrEqual(3 * onePage.length)
    expect(await everything(many, '--pipeline', 'Renewals')).toEqual([])
  })

  test('writes deleted deals only when asked, and they come back deleted', async () => {
    const [own, fresh] = [await testTenant(), await testTenant()]
    await Promise.all([preparedTenant(own), preparedTenant(fresh)])
    const gone = await dealFixture(own, { name: 'Gone' })
    await done(own, 'deleteDeal', { dealId: gone.id, expectedVersion: 1 })
    expect(await everything(own)).toEqual([])
    const file = join(path, 'deleted.csv')
    await command(own, 'export', '--deleted', '--output', file)
    const args = ['import', file, '--pipeline', 'Sales', '--json']
    expect(JSON.parse((await command(fresh, ...args)).output).created).toBe(1)
    expect(await meaningOf(fresh)).toEqual(await meaningOf(own))
    const again = await untouched([own, fresh], async () => [
      JSON.parse((await command(own, ...args)).output).unchanged,
      JSON.parse((await command(fresh, ...args)).output).unchanged,
    ])
    expect(again).toEqual([1, 1])
  })

  test('leaves a text that looks like a formula as it is', async () => {
    const own = await testTenant()
    await preparedTenant(own)
    await dealFixture(own, { name: '=HYPERLINK("x")' })
    expect((await command(own, 'export')).output).toContain(',"=HYPERLINK(""x"")",')
  })

  test('says in a sentence what it cannot find or write', async () => {
    await expect(command(t, 'export', '--pipeline', 'None')).rejects.toThrow(
      'There is no pipeline "None".',
    )
    await expect(command(t, 'export', '--output', path)).rejects.toThrow('is a directory')
    await expect(command(t, 'export', '--output', join(path, 'no', 'file'))).rejects.toThrow(
      'no such folder',
    )
  })

  test('has nothing of another tenant', async () => {
    expect(await everything(await testTenant())).toEqual([])
  })
})

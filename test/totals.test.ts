import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { companyOfDeals, dealRows, rowId } from './bulk-fixtures.ts'
import {
  ask,
  dealFixture,
  done,
  mutate,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { run } from './import-fixtures.ts'

interface Total {
  currency: string
  count: number
  amount: string
  weightedAmount: string
}

const fields = '{ currency count amount weightedAmount }'
const statuses =
  'all: totals F open: totals(status: OPEN) F won: totals(status: WON) F lost: totals(status: LOST) F'.replaceAll(
    'F',
    fields,
  )

/** A decimal in millionths, in which amounts and their hundredths are whole. */
function millionths(decimal: string): bigint {
  const [whole = '', part = ''] = decimal.split('.')
  return BigInt(whole + part.padEnd(6, '0'))
}

const plain = (totals: Total[]) =>
  totals.map(({ currency, count, amount, weightedAmount }) => ({
    ...{ currency, count, amount: millionths(amount), weighted: millionths(weightedAmount) },
  }))

async function liveDeals({ database, tenantId }: TestTenant) {
  return database.read(wholeTenant(tenantId), (db) =>
    db.deal.findMany({
      where: { tenantId, deletedAt: null },
      include: { stage: true, contacts: true },
    }),
  )
}

type Deal = Awaited<ReturnType<typeof liveDeals>>[number]

/** What a count of the deals comes to, in the order of the currencies. */
function counted(deals: Deal[], holds: (deal: Deal) => boolean) {
  const counting = deals.filter(holds)
  const currencies = [...new Set(counting.map((deal) => deal.currency))].toSorted()
  return currencies.map((currency) => {
    const own = counting.filter((deal) => deal.currency === currency)
    return {
      ...{ currency, count: own.length, amount: sum(own, () => 100) },
      weighted: sum(own, (deal) =>
        deal.status === 'OPEN'
          ? (deal.confidence ?? deal.stage.probability)
          : deal.status === 'WON'
            ? 100
            : 0,
      ),
    }
  })
}

function sum(deals: Deal[], percent: (deal: Deal) => number): bigint {
  return deals.reduce((total, deal) => {
    const amount = millionths(deal.amount?.toFixed() ?? '0')
    return total + (amount * BigInt(percent(deal))) / 100n
  }, 0n)
}

type ByStatus = Record<'all' | 'open' | 'won' | 'lost', Total[]>

function expectCounts(found: ByStatus, deals: Deal[], holds: (deal: Deal) => boolean) {
  const of = (status: string) => counted(deals, (deal) => holds(deal) && deal.status === status)
  expect(plain(found.all)).toEqual(counted(deals, holds))
  expect(plain(found.open)).toEqual(of('OPEN'))
  expect(plain(found.won)).toEqual(of('WON'))
  expect(plain(found.lost)).toEqual(of('LOST'))
}

/** Compares the totals of every stage and pipeline with a count of the deals. */
async function expectTotalsToBeCounts(t: TestTenant) {
  const { pipelines } = await ask(
    t,
    `{ pipelines(includeArchived: true) { id ${statuses} stages(includeArchived: true) { id totals ${fields} } } }`,
  )
  const deals = await liveDeals(t)
  for (const { id, stages, ...found } of pipelines) {
    expectCounts(found, deals, ({ pipelineId }) => pipelineId === rowId(id))
    for (const { id, totals } of stages) {
      expect(plain(totals)).toEqual(counted(deals, ({ stageId }) => stageId === rowId(id)))
    }
  }
}

const stageNames = ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost'] as const
const stage = fc.constantFrom(...stageNames)
const amount = fc.option(
  fc.oneof(
    fc.integer({ min: -100_000, max: 1_000_000 }).map((cents) => (cents / 100).toFixed(2)),
    fc.constantFrom('0', '0.0001', '-0.0001', '899999999999999.9999', '-899999999999999.9999'),
  ),
)
const currency = fc.constantFrom('USD', 'EUR', 'JPY')
const confidence = fc.option(fc.constantFrom(0, 1, 33, 100))
const pick = fc.nat(99)

const steps = fc.oneof(
  fc.record({ step: fc.constant('create'), stage, amount, currency, confidence }),
  fc.record({ step: fc.constant('amount'), pick, amount }),
  fc.record({ step: fc.constant('currency'), pick, currency }),
  fc.record({ step: fc.constant('confidence'), pick, confidence }),
  fc.record({ step: fc.constant('move'), pick, stage }),
  fc.record({ step: fc.constant('move'), pick, stage }),
  fc.record({ step: fc.constant('delete'), pick }),
  fc.record({ step: fc.constant('restore'), pick }),
  fc.record({ step: fc.constant('import'), pick, stage, amount, currency }),
  fc.record({ step: fc.constant('probability'), pick, stage: fc.constantFrom('Lead', 'Proposal') }),
  fc.record({ step: fc.constant('several'), stage, amount, currency, confidence }),
)

type Step = Partial<{ stage: string; amount: string | null; currency: string; pick: number }> & {
  step: string
  confidence?: number | null
}

/** Does one step; where there is no deal to do it to, nothing. */
async function take(t: TestTenant, pipeline: PipelineFixture, next: Step): Promise<void> {
  const { step, stage = 'Lead', pick = 0, ...values } = next
  const { tenantId } = t
  if (step === 'create') {
    await dealFixture(t, { ...values, stageId: pipeline.stage(stage), reason: 'Because' })
  } else if (step === 'import') {
    const cells = (id: number) => {
      const cell = values.amount ?? ''
      return [`i-${id}`, 'Imported', stage, '', '', '', '', cell, values.currency ?? '']
    }
    const { rejects } = await run(t, [cells(pick % 4), cells(4 + (pick % 3))], {
      ...{ pipeline: 'Sales', stages: [...stageNames], entry: 'Lead' },
    })
    const reasons = rejects.flatMap((reject) => reject.reasons)
    expect(reasons.filter((reason) => !reason.endsWith('is deleted'))).toEqual([])
  } else if (step === 'probability') {
    await t.database.write(wholeTenant(tenantId), (db) =>
      db.stage.updateMany({ where: { tenantId, name: stage }, data: { probability: pick } }),
    )
  } else if (step === 'several') {
    await t.database.write(wholeTenant(tenantId), (db) =>
      db.deal.updateMany({
        where: { tenantId, stageId: rowId(pipeline.stage(stage)), number: { lt: 8 } },
        data: values,
      }),
    )
  } else {
    await changeOne(t, pipeline, next)
  }
}

async function changeOne(t: TestTenant, pipeline: PipelineFixture, next: Step): Promise<void> {
  const { step, stage = 'Lead', pick = 0, ...values } = next
  const where = { tenantId: t.tenantId, deletedAt: step === 'restore' ? { not: null } : null }
  const deals = await t.read((db) => db.deal.findMany({ where, orderBy: { number: 'asc' } }))
  const deal = deals[pick % deals.length]
  if (!deal) return
  const versioned = { dealId: `deal_${deal.id}`, expectedVersion: deal.version }
  if (step === 'delete') await done(t, 'deleteDeal', versioned)
  else if (step === 'restore') await done(t, 'restoreDeal', versioned)
  else if (step === 'move') {
    await done(t, 'moveDeal', { ...versioned, stageId: pipeline.stage(stage), reason: 'Because' })
  } else await done(t, 'updateDeal', { ...versioned, ...values })
}

describe('the totals of stages and pipelines', () => {
  test('are a count of the deals after every step of any way that deals change', async () => {
    const walk = fc.asyncProperty(
      fc.array(steps, { minLength: 25, maxLength: 30 }),
      async (taken) => {
        // Some of the steps write past the gateway.
        const t = await testTenant({ answerCacheBytes: 0 })
        const pipeline = await pipelineFixture(t)
        await pipelineFixture(t, { name: 'Untouched' })
        await dealRows(t, pipeline, [{ amount: 1 }, { amount: 2, stage: 'Won' }, { stage: 'Lost' }])
        for (const next of taken) {
          await take(t, pipeline, next)
          await expectTotalsToBeCounts(t)
        }
      },
    )
    await fc.assert(walk, { seed: 20261122, numRuns: 4, endOnFailure: true })
  }, 240_000)

  test('are exact at the edge of what an amount can be, and below nothing', async () => {
    const t = await testTenant()
    const pipeline = await pipelineFixture(t)
    const most = '899999999999999.9999'
    await dealRows(t, pipeline, [
      { amount: most, confidence: 33 },
      { amount: most },
      { amount: '-0.0001', currency: 'EUR' },
      { amount: null, currency: 'CHF', confidence: 50 },
      { amount: most, stage: 'Lost' },
    ])
    const { pipelines } = await ask(
      t,
      `{ pipelines { totals ${fields} stages { totals ${fields} } } }`,
    )
    const open = { currency: 'USD', count: 2, amount: '1799999999999999.9998' }
    const others = [
      { currency: 'CHF', count: 1, amount: '0', weightedAmount: '0' },
      { currency: 'EUR', count: 1, amount: '-0.0001', weightedAmount: '-0.00001' },
    ]
    const weightedAmount = '386999999999999.999957'
    const [lead, , , , lost] = pipelines[0].stages
    expect(lead.totals).toEqual([...others, { ...open, weightedAmount }])
    expect(lost.totals).toEqual([{ currency: 'USD', count: 1, amount: most, weightedAmount: '0' }])
    expect(pipelines[0].totals).toEqual([
      ...others,
      { currency: 'USD', count: 3, amount: '2699999999999999.9997', weightedAmount },
    ])
  })

  test('leave out what no deal is left of, and keep what an archived stage holds', async () => {
    const t = await testTenant()
    const pipeline = await pipelineFixture(t)
    const { id } = await dealFixture(t, { amount: 5 })
    await done(t, 'moveDeal', {
      ...{ dealId: id, expectedVersion: 1, stageId: pipeline.stage('Proposal') },
    })
    await t.write(async (tx) => {
      const where = { tenantId: t.tenantId, name: 'Proposal' }
      await tx.db.stage.updateMany({ where, data: { archivedAt: tx.now } })
      tx.emit({ type: 'stage.archived' })
    })
    const { pipelines } = await ask(
      t,
      `{ pipelines { totals ${fields} stages { totals ${fields} } } }`,
    )
    expect(pipelines[0].totals).toEqual([
      { currency: 'USD', count: 1, amount: '5', weightedAmount: '3.5' },
    ])
    expect(pipelines[0].stages.map(({ totals }: { totals: Total[] }) => totals)).toEqual([
      ...[[], [], [], []],
    ])
  })

  test('stay as they were where a mutation is refused', async () => {
    const t = await testTenant()
    const pipeline = await pipelineFixture(t)
    const { id } = await dealFixture(t, { amount: 5 })
    const move = { dealId: id, expectedVersion: 9, stageId: pipeline.stage('Won') }
    expect((await mutate(t, 'moveDeal', move)).userErrors).toHaveLength(1)
    await expectTotalsToBeCounts(t)
  })
})

describe('the totals of organizations, contacts and members', () => {
  test('are a count of their live deals, by status too', async () => {
    const t = await testTenant()
    const pipeline = await pipelineFixture(t)
    const rows = Array.from({ length: 50 }, (_, index) => ({
      ...{ stage: stageNames[index % 5], amount: index % 6 ? index * 1.0001 : null },
      ...{ currency: index % 3 ? 'USD' : 'EUR', confidence: index % 4 ? null : index },
    }))
    const ids = await dealRows(t, pipeline, rows)
    await companyOfDeals(t)
    for (const dealId of ids.slice(0, 10))
      await done(t, 'deleteDeal', { dealId, expectedVersion: 1 })
    const deals = await liveDeals(t)
    const parents: [list: string, of: (deal: Deal) => (string | null)[]][] = [
      ['organizations', ({ organizationId }) => [organizationId]],
      ['contacts', ({ contacts }) => contacts.map(({ contactId }) => contactId)],
      ['members', ({ ownerId }) => [ownerId]],
    ]
    for (const [list, of] of parents) {
      const { nodes } = (await ask(t, `{ ${list} { nodes { id ${statuses} } } }`))[list]
      expect(nodes).toHaveLength(7)
      for (const { id, ...found } of nodes) {
        expectCounts(found, deals, (deal) => of(deal).includes(rowId(id)))
      }
    }
  })
})

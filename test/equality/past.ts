import { idOf } from '../../src/ids.ts'
import { ask, done } from '../fixtures.ts'
import type { TestTenant } from '../harness.ts'
import { misfits, oddInstants, oddJson, recentInstants } from './odd.ts'
import { dealInput, nth, type Stock } from './rows.ts'

/** Deals, and what became of them. */
export async function pastOf(t: TestTenant, stock: Stock, tick: () => void): Promise<void> {
  const ids: string[] = []
  for (let at = 0; at < 36; at += 1) {
    tick()
    const { deal } = await done(t, 'createDeal', dealInput(at, stock), 'deal { id }')
    ids.push(deal.id)
  }
  const past = new Past(t, ids, tick)
  await moves(past, stock)
  await edits(past, stock)
  await contactsOnDeals(past, stock)
  await endings(t, stock)
  await oldRows(t, ids)
}

/** Changes deals one after the other, each from the version that it has by then. */
class Past {
  readonly t: TestTenant
  #ids: string[]
  #versions = new Map<number, number>()
  #tick: () => void

  constructor(t: TestTenant, ids: string[], tick: () => void) {
    this.t = t
    this.#ids = ids
    this.#tick = tick
  }

  async change(at: number, field: string, input: object): Promise<void> {
    this.#tick()
    const dealId = this.#ids[at]
    const expectedVersion = this.#versions.get(at) ?? 1
    const values = { dealId, expectedVersion, ...input }
    const { deal } = await done(this.t, field, values, 'deal { version }')
    this.#versions.set(at, deal.version)
  }
}

async function moves(past: Past, { sales, strict }: Stock): Promise<void> {
  for (let at = 0; at < 12; at += 1) {
    const stageId = sales.stage(at % 2 ? 'Qualified' : 'Proposal')
    await past.change(at, 'moveDeal', { stageId, note: at % 3 ? null : 'a "note" 🚀' })
  }
  for (const at of [1, 3, 5]) await past.change(at, 'moveDeal', { stageId: sales.stage('Lead') })
  for (const at of [2, 4, 6, 13])
    await past.change(at, 'winDeal', { reason: nth(['Price', 'price', 'Ärger "x"'], at) })
  for (const at of [14, 15]) await past.change(at, 'winDeal', {})
  for (const at of [7, 8, 9, 16])
    await past.change(at, 'loseDeal', { reason: nth(['Price', 'No budget', 'no budget'], at) })
  for (const at of [6, 9]) await past.change(at, 'reopenDeal', { note: 'once more' })
  await past.change(9, 'loseDeal', { reason: 'Price' })
  const there = { pipelineId: strict.id, stageId: strict.stage('First "1"') }
  for (const at of [10, 11, 17, 18, 19]) await past.change(at, 'moveDealToPipeline', there)
  await past.change(18, 'moveDeal', { stageId: strict.stage('Second 🚀') })
  await past.change(19, 'winDeal', { stageId: strict.stage('Signed twice') })
}

async function edits(past: Past, { members, organizations }: Stock): Promise<void> {
  const nothing = { ownerId: null, organizationId: null, amount: null, priority: null }
  await past.change(20, 'updateDeal', { name: 'Renamed \u2028', amount: '7.70', currency: 'CHF' })
  await past.change(21, 'updateDeal', { ownerId: members[4], organizationId: organizations[1] })
  await past.change(21, 'updateDeal', { ...nothing, expectedCloseDate: null, confidence: null })
  await past.change(22, 'updateDeal', { expectedCloseDate: '9999-12-31', confidence: 100 })
  for (const at of [23, 24, 8]) await past.change(at, 'deleteDeal', {})
}

/** The ends of stages, members, fields and settings, after deals have had them. */
async function endings(t: TestTenant, { sales, members }: Stock): Promise<void> {
  const reassignTo = sales.stage('Qualified')
  await done(t, 'archiveStage', { stageId: sales.stage('Proposal'), reassignTo })
  await done(t, 'updateMember', { memberId: members[4], deactivated: true })
  await done(t, 'deleteMember', { memberId: members[5], reassignTo: members[0] })
  const { customFields } = await ask(t, '{ customFields { id key } }')
  const old = customFields.find(({ key }: { key: string }) => key === 'cf_old')
  await done(t, 'archiveCustomField', { customFieldId: old.id })
}

async function contactsOnDeals(past: Past, { contacts }: Stock): Promise<void> {
  const [a, b, c, d] = contacts
  await past.change(20, 'addDealContact', {
    contactId: d,
    role: 'a "role"',
    metadata: { 10: 1, 9: [] },
  })
  await past.change(0, 'addDealContact', { contactId: a, isPrimary: false, introducedById: b })
  await past.change(0, 'addDealContact', {
    contactId: c,
    isPrimary: true,
    metadata: [1, 1.5, null],
  })
}

/** What only rows can have that are older than the rules, or that no client writes by chance. */
async function oldRows(t: TestTenant, ids: string[]): Promise<void> {
  const uuids = ids.map((id) => idOf('Deal', id))
  await t.write(async ({ db, tenantId, emit }) => {
    const set = (columns: string, id: string | undefined, value: string) =>
      db.$executeRawUnsafe(
        `UPDATE deal SET ${columns} WHERE tenant_id = $1::uuid AND id = $2::uuid`,
        ...[tenantId, id, value],
      )
    for (const [at, json] of oddJson.entries()) await set('metadata = $3::jsonb', uuids[at], json)
    for (const [at, json] of misfits.entries()) {
      await set('custom_fields = $3::jsonb', uuids[25 + at], json)
    }
    for (const [at, instant] of oddInstants.entries()) {
      await set('created_at = $3::timestamptz, updated_at = $3::timestamptz', uuids[at], instant)
    }
    for (const [at, instant] of recentInstants.entries()) {
      await set('stage_entered_at = $3::timestamptz', uuids[at + 8], instant)
    }
    await set('closed_at = $3::timestamptz', uuids[14], oddInstants[2])
    emit({ type: 'deal.updated' })
  })
}

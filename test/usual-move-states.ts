import { bulkInsert } from '../src/database/bulk-insert.ts'
import type { Db } from '../src/database/database.ts'
import type { Actor } from '../src/database/transaction.ts'
import type { MoveDeal } from '../src/deal-move/service.ts'
import { newId } from '../src/ids.ts'
import { requirableFields } from '../src/stage/rules.ts'
import { rowId } from './bulk-fixtures.ts'
import {
  contactFixture,
  done,
  keyOfMember,
  memberFixture,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import type { Picks } from './model/command.ts'

const stages = [
  ...['Lead', 'Talk', 'Offer', 'Deal'].map((name) => ({ name, kind: 'OPEN' })),
  ...['Won', 'Gained'].map((name) => ({ name, kind: 'WON' })),
  ...['Lost', 'Dropped'].map((name) => ({ name, kind: 'LOST' })),
]

/** What all states are of: a tenant that no test of it changes. */
export interface MoveWorld {
  t: TestTenant
  sales: PipelineFixture
  other: PipelineFixture
  /** Rows by what they are, in the form of the tables. */
  ids: Record<'ann' | 'bob' | 'key' | 'organization' | 'contact' | 'source', string>
  reasons: { id: string; kind: string; name: string }[]
}

export async function moveWorld(): Promise<MoveWorld> {
  const t = await testTenant()
  const sales = await pipelineFixture(t, { stages })
  const other = await pipelineFixture(t, { name: 'Other', stages })
  const [ann, bob] = [await memberFixture(t, 'Ann'), await memberFixture(t, 'Bob')]
  await keyOfMember(t, ann)
  const organization = rowId((await organizationFixture(t)).id)
  const contact = rowId((await contactFixture(t)).id)
  await done(t, 'createSource', { name: 'Fair' })
  for (const kind of ['WON', 'LOST'])
    for (const name of ['Price', 'Older']) await done(t, 'createCloseReason', { kind, name })
  const { tenantId } = t
  const found = await t.read(async (db) => ({
    key: (await db.apiKey.findFirstOrThrow({ where: { tenantId, name: 'Phone' } })).id,
    source: (await db.source.findFirstOrThrow({ where: { tenantId } })).id,
    reasons: await db.closeReason.findMany({ where: { tenantId }, orderBy: { id: 'asc' } }),
  }))
  const { key, source, reasons } = found
  const ids = { ann: rowId(ann.id), bob: rowId(bob.id), key, organization, contact, source }
  return { t, sales, other, ids, reasons }
}

const closed = ['Won', 'Gained', 'Lost', 'Dropped']
const names = stages.map(({ name }) => name)
const plainRanks = [
  'a0',
  'a1',
  'aZ',
  'az',
  'b00',
  'bzz',
  'czzz',
  'Zz',
  'Yzz',
  'a0V',
  'bz0GV',
  'b0zz',
]
/** Behind these no rank is to be had without more ado; the last is none. */
const oddRanks = [`w${'z'.repeat(23)}`, `x${'0'.repeat(24)}`, `y${'1'.repeat(25)}`, 'a']
const required = [...requirableFields, ...Array<string>(4).fill('cf_region'), 'cf_gone']

/** One state of the world in which deals are moved. */
export interface MoveState {
  tenant: { membersMayReopen: boolean }
  rules: Record<string, boolean | null>
  stages: { id: string; position: number; kind: string }[]
  deals: { id: string; version: number }[]
  /** Whether a board of it has a rank that the database leaves to the service. */
  hasOddRank: boolean
  /** What puts the world into the state. */
  plant(db: Db): Promise<void>
}

export function moveState({ t, sales, ids, reasons }: MoveWorld, pick: Picks): MoveState {
  const { tenantId } = t
  const idOf = (name: string) => rowId(sales.stage(name))
  // Some states are all about one thing, which few would come to by chance.
  const about = pick.from(['anything', 'fields', 'closed deals'])
  const isClosing = about === 'closed deals'
  const hasOddRank = pick.once(10)
  const ranks = hasOddRank ? [...plainRanks, ...oddRanks] : plainRanks
  const rules: MoveState['rules'] = {}
  for (const rule of ['noSkipping', 'noMovingBack', 'reasonToClose'])
    if (!pick.once(4)) rules[rule] = pick.from([false, true, null, false, isClosing, isClosing])
  const set = stages.map(({ name, kind }, index) => ({
    ...{ id: idOf(name), kind, position: pick.once(6) ? pick.number(8) : index },
    probability: kind === 'OPEN' ? pick.number(101) : kind === 'WON' ? 100 : 0,
    reason_required: pick.once(9),
    required_fields: pick.once(about === 'fields' ? 1 : 7) ? [pick.from(required)] : [],
    archived_at: pick.once(isClosing && kind === 'OPEN' ? 3 : 10) ? '2030-01-01' : null,
    rotting_days: pick.once(2) ? 1 + pick.number(9) : null,
  }))
  const perhaps = <T>(value: T): T | null => (pick.once(2) ? value : null)
  const deals = Array.from({ length: 4 }, (_, index) => {
    const first = isClosing ? 4 : 0
    const stage = set[first + pick.number(set.length - first)] as (typeof set)[number]
    const isClosed = stage.kind !== 'OPEN'
    const reason = pick.from(reasons.filter(({ kind }) => kind === stage.kind))
    return {
      ...{ tenantId, id: newId(), number: 1000 + index, name: 'Deal', currency: 'USD' },
      ...{ valuePeriod: 'ONE_TIME', status: stage.kind, pipelineId: rowId(sales.id) },
      ...{ stageId: stage.id, rank: pick.from(ranks), version: 1 + pick.number(3) },
      ...{ amount: perhaps('12.5'), confidence: perhaps(pick.number(101)) },
      ...{
        organizationId: perhaps(ids.organization),
        ownerId: pick.from([ids.ann, ids.bob, null, ids.ann]),
      },
      ...{ primaryContactId: perhaps(ids.contact), sourceId: perhaps(ids.source) },
      ...{ nextStep: pick.from([null, '', 'Call']), description: pick.from([null, '', 'Big']) },
      ...{ leadRef: pick.from([null, '', 'L1']), priority: pick.from([null, 'HIGH']) },
      expectedCloseDate: perhaps('2031-05-01'),
      customFields: pick.from([{}, { cf_region: 'EMEA' }, { cf_region: null }, { cf_region: '' }]),
      lastOpenStageId: pick.once(isClosing ? 9 : 2) ? null : idOf(pick.from(names.slice(0, 4))),
      closedAt: isClosed ? '2030-02-01' : null,
      closeReasonId: isClosed && reason ? perhaps(reason.id) : null,
      ...{ stageEnteredAt: '2030-01-01', createdAt: '2030-01-01', updatedAt: '2030-01-02' },
      deletedAt: pick.once(20) ? '2030-03-01' : null,
    }
  })
  const created = deals.map((deal) => ({
    ...{ tenantId, id: newId(), dealId: deal.id, seq: 1, toPipelineId: deal.pipelineId },
    ...{ toStageId: deal.stageId, toStageName: 'As it was', direction: 'CREATED' },
    ...{ currency: 'USD', probability: 50, actorKind: 'IMPORT', requestId: 'before' },
    ...{ occurredAt: '2030-01-01', override: false },
  }))
  const tenant = { membersMayReopen: pick.once(2) }
  const lost = pick.number(40)
  return {
    ...{ tenant, rules, stages: set, deals, hasOddRank },
    async plant(db) {
      await db.tenant.update({ where: { id: tenantId }, data: tenant })
      const where = { tenantId_id: { tenantId, id: rowId(sales.id) } }
      await db.pipeline.update({ where, data: { rules } })
      await db.$executeRaw`
        UPDATE stage SET position = s.position, probability = s.probability, reason_required = s.reason_required,
          required_fields = s.required_fields, archived_at = s.archived_at, rotting_days = s.rotting_days
        FROM jsonb_populate_recordset(NULL::stage, ${JSON.stringify(set)}::jsonb) s WHERE stage.id = s.id`
      await db.$executeRaw`UPDATE close_reason SET archived_at = '2030-01-01' WHERE name = 'Older'`
      if (lost === 38) await db.$executeRaw`UPDATE api_key SET revoked_at = '2030-01-01'`
      if (lost === 39) await db.$executeRaw`UPDATE member SET deactivated_at = '2030-01-01'`
      await bulkInsert(db, 'deal', deals)
      await bulkInsert(db, 'stage_change', created)
    },
  }
}

/** Who moves, and the member whose deals alone they see, if they do not see all. */
export function moverOf({ ids }: MoveWorld, pick: Picks): { actor: Actor; dealsOf: string | null } {
  const isAdmin = pick.once(2)
  const member = { memberId: ids.ann, memberRole: pick.once(30) ? 'ADMIN' : 'MEMBER' }
  const nobody = { memberId: null, memberRole: null }
  const allowed = { isAdmin, scopes: new Set<never>() }
  const actor = pick.from<Actor>([
    { kind: 'MEMBER', ...member, apiKeyId: null, ...allowed },
    { kind: 'API_KEY', ...member, apiKeyId: ids.key, ...allowed },
    { kind: 'API_KEY', ...nobody, apiKeyId: ids.key, ...allowed },
  ])
  return { actor, dealsOf: actor.memberId && !isAdmin && pick.once(3) ? ids.ann : null }
}

export function moveIn({ sales, other }: MoveWorld, { deals }: MoveState, pick: Picks): MoveDeal {
  const deal = pick.from(deals)
  const neighbour = () => (pick.once(20) ? pick.from(deals).id : null)
  const stage = pick.once(3) ? pick.from(closed) : pick.from(names)
  const pipeline = pick.once(40) ? other : sales
  const reasons = [
    null,
    null,
    undefined,
    ' ',
    'Price',
    ' pRICE\u00a0',
    'Older',
    'New',
    'x'.repeat(256),
  ]
  const notes = [null, undefined, '', ' Called. ', '😀'.repeat(10_000), 'x'.repeat(10_001)]
  return {
    dealId: pick.once(40) ? newId() : deal.id,
    expectedVersion: pick.once(20) ? deal.version - 1 : deal.version,
    stageId: pick.once(40) ? newId() : rowId(pipeline.stage(stage)),
    ...{ before: neighbour(), after: neighbour(), override: pick.once(15) },
    ...{
      reason: pick.from(reasons) ?? null,
      note: pick.once(4) ? (pick.from(notes) ?? null) : null,
    },
  }
}

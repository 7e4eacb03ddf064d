import { createApiKey, type NewApiKey } from '../../src/api-key/service.ts'
import { idOf } from '../../src/ids.ts'
import { done } from '../fixtures.ts'
import { type TestDatabase, type TestTenant, tenantIn } from '../harness.ts'
import { type Known, knownOf } from './known.ts'
import { pastOf } from './past.ts'
import { type Stock, stockOf } from './rows.ts'

export interface Asker {
  name: string
  /** Null for a request without a credential. */
  key: string | null
}

export interface EqualityTenant extends Known {
  t: TestTenant
  stock: Stock
  askers: Asker[]
}

/** Two tenants with rows of every kind. In the first one members see only their own deals. */
export interface EqualityWorld {
  tenants: [EqualityTenant, EqualityTenant]
  /** What both engines take for the present. */
  now: Date
}

type Where = Pick<TestDatabase, 'database' | 'recordStatements'>

const start = Date.parse('2025-12-31T23:40:00.000Z')

export async function equalityWorld(where: Where): Promise<EqualityWorld> {
  const tenants: EqualityWorld['tenants'] = [
    await equalityTenant(where, true),
    await equalityTenant(where, false),
  ]
  return { tenants, now: new Date('2026-03-31T12:34:56.789Z') }
}

async function equalityTenant(where: Where, ownDealsOnly: boolean): Promise<EqualityTenant> {
  const t = await tenantIn(where)
  let ticks = 0
  const tick = () => {
    ticks += 1
    // Of three changes the first ends in .000, the next in .001 and the last in .999.
    t.setNow(new Date(start + ticks * 61_000 + ([0, 1, 999][ticks % 3] as number)))
  }
  tick()
  const stock = await stockOf(t)
  await pastOf(t, stock, tick)
  const rules = { noSkipping: true, noMovingBack: true, reasonToClose: true }
  await done(t, 'updatePipeline', { pipelineId: stock.strict.id, rules })
  await done(t, 'updateTenant', { membersSeeOnlyTheirDeals: ownDealsOnly })
  const askers = await askersOf(t, stock)
  return { ...(await knownOf(t)), t, stock, askers }
}

async function askersOf(t: TestTenant, { members }: Stock): Promise<Asker[]> {
  const memberId = idOf('Member', members[0] as string)
  const keys: (NewApiKey & { name: string })[] = [
    { name: 'an administrator', role: 'ADMIN' },
    { name: 'a reader', role: 'READ_ONLY' },
    { name: 'a member’s key', role: 'MEMBER', memberId },
    { name: 'a key of members in general', role: 'MEMBER' },
    { name: 'a key without members:read', role: 'READ_ONLY', scopes: ['deals:read'] },
    { name: 'a key without deals:read', role: 'READ_ONLY', scopes: ['members:read'] },
  ]
  const askers: Asker[] = []
  for (const values of keys) {
    const { secret } = await t.write((tx) => createApiKey(tx, values))
    askers.push({ name: values.name, key: secret })
  }
  return [...askers, { name: 'nobody', key: null }]
}

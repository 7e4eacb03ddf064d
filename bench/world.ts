import type pg from 'pg'
import type { Scale } from './options.ts'

/** A deal that is moved back and forth, as it is now. */
export interface Mover {
  tenant: Tenant
  dealId: string
  version: number
  /** Where it is, and where it goes next. */
  stageIds: [here: string, there: string]
}

export interface Tenant {
  id: string
  slug: string
  /** The one with most of the deals first. */
  pipelineIds: [string, string]
  dealIds: string[]
  /** The deal before the page of Q4. */
  deep: { id: string; createdAt: string; offset: number }
}

export interface World {
  tenants: Tenant[]
  movers: Mover[]
}

const sampledDeals = 500
const movedDeals = 100

/** What the operations ask for: of one tenant where that is the large one, of all of them else. */
export async function readWorld(client: pg.Client, scale: Scale): Promise<World> {
  const { rows } = await client.query(
    'SELECT id, slug FROM tenant ORDER BY created_at, id LIMIT $1',
    [scale === '1m' ? 1 : 10],
  )
  const tenants: Tenant[] = []
  const movers: Mover[] = []
  for (const { id, slug } of rows) {
    const tenant = await readTenant(client, { id, slug }, scale)
    tenants.push(tenant)
    movers.push(...(await readMovers(client, tenant)))
  }
  return { tenants, movers }
}

async function readTenant(
  client: pg.Client,
  { id, slug }: { id: string; slug: string },
  scale: Scale,
): Promise<Tenant> {
  const ask = async (text: string, ...values: unknown[]) =>
    (await client.query(text, [id, ...values])).rows
  const pipelines = await ask('SELECT id FROM pipeline WHERE tenant_id = $1 ORDER BY number')
  const deals = await ask(
    'SELECT id FROM deal WHERE tenant_id = $1 ORDER BY hashint8(number) LIMIT $2',
    sampledDeals,
  )
  const inPipeline = 'tenant_id = $1 AND pipeline_id = $2 AND deleted_at IS NULL'
  const [{ count }] = await ask(
    `SELECT count(*)::int FROM deal WHERE ${inPipeline}`,
    pipelines[0].id,
  )
  const offset = (scale === '1m' ? count - 50 : 15_000) - 1
  const [deep] = await ask(
    `SELECT id, to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt" FROM deal
     WHERE ${inPipeline} ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET $3`,
    pipelines[0].id,
    offset,
  )
  return {
    id,
    slug,
    pipelineIds: [pipelines[0].id, pipelines[1].id],
    dealIds: deals.map((deal) => deal.id),
    deep: { ...deep, offset },
  }
}

async function readMovers(client: pg.Client, tenant: Tenant): Promise<Mover[]> {
  const { rows } = await client.query(
    `WITH two AS (SELECT id FROM stage WHERE tenant_id = $1 AND pipeline_id = $2 AND archived_at IS NULL ORDER BY position LIMIT 2)
     SELECT d.id, d.version, d.stage_id AS here, (SELECT id FROM two WHERE id <> d.stage_id) AS there FROM deal d
     WHERE tenant_id = $1 AND deleted_at IS NULL AND stage_id IN (SELECT id FROM two) ORDER BY number LIMIT $3`,
    [tenant.id, tenant.pipelineIds[0], movedDeals],
  )
  return rows.map(({ id, version, here, there }) => ({
    tenant,
    dealId: id,
    version,
    stageIds: [here, there],
  }))
}

/** Numbers from 0 to below 1 that follow from the seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function oneOf<T>(random: () => number, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T
}

import type pg from 'pg'
import type { Contestant } from './measure.ts'
import { measure } from './measure.ts'
import type { Options } from './options.ts'
import { figure, median, table } from './report.ts'
import type { World } from './world.ts'

const batch = 100

/**
 * What is left of the speed of boards after a third of the deals of each tenant were changed and nothing was
 * vacuumed since, and of pages far down a list beside the first ones.
 */
export async function afterUpdates(
  contestants: Contestant[],
  client: pg.Client,
  world: World,
  options: Options,
): Promise<string> {
  const plan = { connections: [16], rounds: options.rounds, seconds: options.seconds }
  const rates = async (operation: 'Q2' | 'Q3' | 'Q4') => {
    const { series } = await measure(contestants, client, { ...plan, only: [operation] }, () => {})
    return series.map(({ rounds }) => median(rounds.map(({ perSecond }) => perSecond)))
  }
  const [firstPages, deepPages] = [await rates('Q2'), await rates('Q4')]
  const vacuumed = await rates('Q3')
  const updated = await withoutAutovacuum(client, async () => {
    for (const { id } of world.tenants) await updateThird(client, id)
    return rates('Q3')
  })
  const ratio = (to: number[], from: number[], index: number) =>
    figure((from[index] ?? Number.NaN) / (to[index] ?? Number.NaN))
  return table(
    ['time over time, at 16 connections', 'Q3 updated / vacuumed', 'Q4 / Q2'],
    contestants.map(({ candidate: { title } }, index) => [
      title,
      ratio(updated, vacuumed, index),
      ratio(deepPages, firstPages, index),
    ]),
  )
}

async function withoutAutovacuum<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  const tables = ['deal', 'stage_total']
  for (const name of tables)
    await client.query(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`)
  try {
    return await work()
  } finally {
    for (const name of tables) await client.query(`ALTER TABLE ${name} RESET (autovacuum_enabled)`)
    await client.query('VACUUM ANALYZE')
  }
}

/** In many statements, each of which leaves a version of every total that it changes. */
async function updateThird(client: pg.Client, tenantId: string): Promise<void> {
  const { rows } = await client.query(
    'SELECT id FROM deal WHERE tenant_id = $1 AND number % 3 = 0 ORDER BY hashint8(number)',
    [tenantId],
  )
  const ids = rows.map(({ id }) => id)
  for (let from = 0; from < ids.length; from += batch) {
    await client.query(
      'UPDATE deal SET amount = amount + 1, version = version + 1, updated_at = now() WHERE tenant_id = $1 AND id = ANY($2)',
      [tenantId, ids.slice(from, from + batch)],
    )
  }
}

import pg from 'pg'
import { createDatabase } from '../src/database/database.ts'
import { deployMigrations } from '../src/database/migrations.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { stageTotals } from '../src/deal-total/loaders.ts'
import { scratchDatabase } from '../test/scratch-database.ts'

// Compares the two ways to the totals of a board: counting its deals, and reading stage_total, which triggers keep. Prints
// ratios, as times differ from machine to machine: `npx tsx bench/totals.ts`, on BENCH_DATABASE_URL or the embedded database.

interface Statement {
  text: string
  values: unknown[]
}

const dealCount = 20_000
const movedShare = 0.3
const reads = 60
const moves = 800
const tenantId = '00000000-0000-7000-8000-000000000000'
const stageIds = [1, 2, 3, 4, 5, 6].map((number) => `00000000-0001-7000-8000-00000000000${number}`)

const counting: Statement = {
  text: `SELECT d.stage_id AS "parentId", d.currency, count(*)::int AS count, coalesce(sum(d.amount), 0) AS amount,
      coalesce(sum(d.amount * CASE d.status WHEN 'WON' THEN 100 WHEN 'LOST' THEN 0
        ELSE coalesce(d.confidence, s.probability) END * 0.01), 0) AS "weightedAmount"
    FROM deal d JOIN stage s ON s.tenant_id = d.tenant_id AND s.id = d.stage_id
    WHERE d.tenant_id = $1::uuid AND d.stage_id = ANY($2::uuid[]) AND d.deleted_at IS NULL
    GROUP BY d.stage_id, d.currency
    ORDER BY d.currency`,
  values: [tenantId, stageIds],
}

/** One tenant with deals in six stages, one in ten of them in another currency. */
async function load(client: pg.Client): Promise<void> {
  const now = `'2026-03-01T00:00:00Z'::timestamptz`
  const deal = `('00000000-0002-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
  const pipeline = `'00000000-0003-7000-8000-000000000000'`
  await client.query(`
    ALTER TABLE deal SET (autovacuum_enabled = false);
    ALTER TABLE stage_total SET (autovacuum_enabled = false);
    INSERT INTO tenant VALUES ('${tenantId}', 'bench', 'Bench', 'USD', 'UTC', ${now});
    INSERT INTO pipeline (tenant_id, id, number, name, position, is_default, created_at, updated_at)
      VALUES ('${tenantId}', ${pipeline}, 1, 'Sales', 0, true, ${now}, ${now});
    INSERT INTO stage (tenant_id, id, pipeline_id, number, name, position, kind, probability, reason_required, created_at, updated_at)
      SELECT '${tenantId}', id, ${pipeline}, n, 'Stage ' || n, n, CASE n WHEN 5 THEN 'WON' WHEN 6 THEN 'LOST' ELSE 'OPEN' END,
        CASE n WHEN 5 THEN 100 WHEN 6 THEN 0 ELSE n * 20 END, false, ${now}, ${now}
      FROM unnest(ARRAY['${stageIds.join("','")}']::uuid[]) WITH ORDINALITY AS s(id, n);
    INSERT INTO deal (tenant_id, id, number, name, description, amount, currency, value_period, confidence, status, closed_at,
        pipeline_id, stage_id, rank, stage_entered_at, version, created_at, updated_at)
      SELECT '${tenantId}', ${deal}, n, 'Deal ' || n, repeat('Described. ', 20), n, CASE n % 10 WHEN 0 THEN 'EUR' ELSE 'USD' END,
        'ONE_TIME', CASE n % 4 WHEN 0 THEN n % 100 END, s.kind, CASE WHEN s.kind <> 'OPEN' THEN ${now} END,
        ${pipeline}, s.id, 'a' || lpad(n::text, 6, '0'), ${now}, 1, ${now} - n * interval '1 minute', ${now}
      FROM generate_series(1, ${dealCount}) n JOIN stage s ON s.number = n % 6 + 1`)
}

/** The statement that the gateway sends for the totals of all stages. */
async function gatewayStatement(owner: pg.PoolConfig): Promise<Statement> {
  const sent: Statement[] = []
  const database = createDatabase(owner, {
    onStatement: (text, values) => sent.push({ text, values }),
  })
  await database.read(wholeTenant(tenantId), (db) => stageTotals({ db, tenantId }, stageIds))
  await database.close()
  const found = sent.find(({ text }) => text.includes('stage_total'))
  if (!found) throw new Error('the gateway does not read stage_total')
  return found
}

/** Runs the work as the gateway does: in a transaction of the tenant, under row level security. */
async function asGateway<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query(
    `BEGIN; SET LOCAL ROLE dealgraph_app; SELECT set_config('app.tenant_id', '${tenantId}', true), set_config('app.deals_of', 'all', true)`,
  )
  const result = await work()
  await client.query('COMMIT')
  return result
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** The median time of each statement, whose runs take turns so that neither has the quieter machine. */
async function readingTimes(client: pg.Client, statements: Statement[]): Promise<number[]> {
  const times: number[][] = statements.map(() => [])
  for (let run = 0; run < reads; run += 1) {
    for (const [index, statement] of statements.entries()) {
      const read = () => client.query(statement)
      times[index]?.push(await asGateway(client, () => millisecondsOf(read)))
    }
  }
  return times.map(median)
}

/** Moves the deal with this number to another open stage; gives the time of the statement. */
function move(client: pg.Client, number: number, version: number): Promise<number> {
  const values = [tenantId, number, stageIds[(number + version) % 4]]
  const text = `UPDATE deal SET stage_id = $3, status = 'OPEN', closed_at = NULL, stage_entered_at = now(), version = version + 1,
    updated_at = now() WHERE tenant_id = $1 AND number = $2`
  return asGateway(client, () => millisecondsOf(() => client.query({ text, values })))
}

/**
 * The median times of a move without and with the trigger that keeps stage_total, in turns that
 * favour neither; the first moves only warm up.
 */
async function movingTimes(client: pg.Client): Promise<[without: number, having: number]> {
  const times: [number[], number[]] = [[], []]
  for (let number = 1; number <= moves; number += 1) await move(client, number, 0)
  for (const [block, way] of ([0, 1, 1, 0, 1, 0, 0, 1] as const).entries()) {
    const change = way ? 'ENABLE' : 'DISABLE'
    await client.query(`ALTER TABLE deal ${change} TRIGGER deal_keeps_totals`)
    for (let number = 1; number <= moves / 4; number += 1) {
      times[way].push(await move(client, number, block + 1))
    }
  }
  return [median(times[0]), median(times[1])]
}

async function expectSameAnswers(client: pg.Client, statements: Statement[]): Promise<void> {
  const answers = []
  for (const statement of statements) {
    const { rows } = await asGateway(client, () => client.query(statement))
    const plain = rows.map((row) =>
      [
        row.parentId,
        row.currency,
        row.count,
        Number(row.amount),
        Number(row.weightedAmount),
      ].join(),
    )
    answers.push(plain.toSorted().join('\n'))
  }
  if (answers[0] !== answers[1]) throw new Error('the kept totals are not those that are counted')
}

async function measure(owner: pg.PoolConfig): Promise<string> {
  const kept = await gatewayStatement(owner)
  const client = new pg.Client(owner)
  await client.connect()
  try {
    const statements = [counting, kept]
    await client.query('VACUUM ANALYZE')
    const vacuumed = await readingTimes(client, statements)
    for (let number = 1; number <= dealCount * movedShare; number += 1)
      await move(client, number, 1)
    await expectSameAnswers(client, statements)
    const churned = await readingTimes(client, statements)
    const [without, having] = await movingTimes(client)
    const ratio = (time = Number.NaN, to = Number.NaN) => (time / to).toFixed(2)
    const row = (name: string, [count, read]: number[]) =>
      `| ${name} | ${ratio(count, vacuumed[0])} | ${ratio(read, vacuumed[0])} |`
    return [
      `| the totals of 6 stages with ${dealCount} deals | by counting | from stage_total |`,
      '|---|---|---|',
      row('vacuumed', vacuumed),
      row(`after ${movedShare * 100} % of the deals were moved, not vacuumed`, churned),
      '',
      '| moving one deal | without the trigger | with it |',
      '|---|---|---|',
      `| its UPDATE | 1.00 | ${ratio(having, without)} |`,
    ].join('\n')
  } finally {
    await client.end()
  }
}

async function main(): Promise<void> {
  const { owner, close } = await scratchDatabase(process.env.BENCH_DATABASE_URL, 2)
  try {
    await deployMigrations(owner)
    const client = new pg.Client(owner)
    await client.connect()
    await load(client)
    await client.end()
    process.stdout.write(`${await measure(owner)}\n`)
  } finally {
    await close()
  }
}

await main()

import { randomInt } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import { type EqualityReport, equalityCampaign } from './equality/campaign.ts'
import { compareEngines, differenceOf, type Reply } from './equality/compare.ts'
import { type Engines, enginesBefore } from './equality/engines.ts'
import { type EqualityWorld, equalityWorld } from './equality/world.ts'
import { testDatabase } from './harness.ts'

/** Of random queries at least this share is compiled. */
const leastCompiled = 0.65

const seed = 20_261_127
const batch = 300
const batches = 10

// On the one session of the embedded database it would take as long as many other tests together.
const onServer = describe.skipIf(!('url' in inject('template')))

let world: EqualityWorld
let engines: Engines

beforeAll(async () => {
  const where = await testDatabase()
  world = await equalityWorld(where)
  engines = enginesBefore(where.database, world.now)
})

onServer('random queries', () => {
  const reports: EqualityReport[] = []
  const total = (of: 'runs' | 'whole' | 'failed' | 'compiled') =>
    reports.reduce((sum, report) => sum + report[of], 0)

  it.each(Array.from({ length: batches }, (_, at) => at * batch))(
    'are answered by both engines alike, from run %i on',
    async (from) => {
      const report = await equalityCampaign({ seed, from, runs: batch, world, engines })
      reports.push(report)
      expect(report.problems).toEqual([])
    },
    120_000,
  )

  it('that nobody has tried before are answered alike as well', async () => {
    const fresh = randomInt(1_000_000_000)
    process.stdout.write(`the seed of the random queries is ${fresh}\n`)
    const report = await equalityCampaign({ seed: fresh, runs: batch / 2, world, engines })
    expect(report.problems).toEqual([])
  }, 120_000)

  it('are mostly answered with data, and some with errors of many kinds', () => {
    expect(total('whole')).toBeGreaterThan(0.65 * total('runs'))
    expect(total('failed')).toBeGreaterThan(0.1 * total('runs'))
    const codes = reports.flatMap((report) => Object.keys(report.codes))
    expect(codes).toEqual(
      expect.arrayContaining(['FORBIDDEN', 'INVALID_ID', 'INVALID_CURSOR', 'BAD_USER_INPUT']),
    )
  })

  it('are compiled as often as is expected', () => {
    expect(total('compiled') / total('runs')).toBeGreaterThanOrEqual(leastCompiled)
  })
})

onServer('a row that no field can show', () => {
  it('is the same error by both engines', async () => {
    const [{ t, askers, ids }] = world.tenants
    const [id] = ids.Deal ?? []
    await t.write(async ({ db, tenantId, emit }) => {
      const uuid = idOf('Deal', id ?? '')
      await db.$executeRaw`UPDATE deal SET stage_entered_at = '0001-01-01T00:00:00Z'
        WHERE tenant_id = ${tenantId}::uuid AND id = ${uuid}::uuid`
      emit({ type: 'deal.updated' })
    })
    const queries = [
      'deal(id: $id) { secondsInStage }',
      'deal(id: $id) { stage { id } secondsInStage name }',
    ]
    for (const text of queries) {
      const query = `query ($id: ID!) { ${text} }`
      const asked = {
        query,
        variables: { id },
        key: askers[0]?.key ?? null,
        requestId: 'old-row-1',
      }
      const { interpreted, difference } = await compareEngines(engines, asked)
      expect(interpreted.text).toContain('Int cannot represent non 32-bit signed integer value')
      expect(difference).toBe(null)
    }
  })
})

onServer('the comparison', () => {
  it('sees that one engine has another clock, and shows it with few root fields', async () => {
    const clock = () => new Date(world.now.getTime() + 1_000)
    const { database } = await testDatabase()
    const different = enginesBefore(database, world.now, { clock })
    const { problems } = await equalityCampaign({ seed, runs: 400, world, engines: different })
    expect(problems.length).toBeGreaterThan(0)
    for (const problem of problems) expect(problem).toMatch(/secondsInStage/)
  }, 120_000)

  const reply: Reply = { status: 200, headers: {}, text: '{"data":null}', engine: null }

  it.each([
    ['another order of keys', '{"data":{"a":1,"b":2}}', '{"data":{"b":2,"a":1}}'],
    ['a null for what is missing', '{"data":{"a":null}}', '{"data":{}}'],
    ['no data for null', '{"data":null}', '{}'],
    ['an empty list of errors', '{"data":null,"errors":[]}', '{"data":null}'],
    ['another form of a decimal', '{"data":{"a":"10.50"}}', '{"data":{"a":"10.5"}}'],
    ['another form of Unicode', '{"data":"\u00e9"}', '{"data":"e\u0301"}'],
    ['a number for a text', '{"data":"1"}', '{"data":1}'],
    ['another path of an error', '{"errors":[{"path":["a"]}]}', '{"errors":[{"path":["b"]}]}'],
    ['another cost', '{"extensions":{"cost":1}}', '{"extensions":{"cost":2}}'],
  ])('sees %s', (_, one, other) => {
    const difference = differenceOf({ ...reply, text: one }, { ...reply, text: other })
    expect(difference).toEqual(expect.any(String))
  })

  it.each([
    ['the status', { status: 400 }],
    ['a header', { headers: { 'cache-control': 'no-store' } }],
  ])('sees a difference in %s', (_, other) => {
    expect(differenceOf(reply, { ...reply, ...other })).toEqual(expect.any(String))
  })

  it.each([
    ['spaces', '{"data":{"a":[1]}}', '{ "data" : {"a": [1]}}'],
    ['escapes', '{"data":"é/"}', '{"data":"\\u00e9\\/"}'],
    ['forms of one number', '{"data":[100,1,0.1]}', '{"data":[1e2,1.0,0.10]}'],
    ['orders of errors', '{"errors":[{"a":1},{"b":1}]}', '{"errors":[{"b":1},{"a":1}]}'],
  ])('lets %s pass', (_, one, other) => {
    expect(differenceOf({ ...reply, text: one }, { ...reply, text: other })).toBe(null)
  })
})

import { expect, test } from 'vitest'
import { allModels, columnOf } from '../src/compiler/model.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { testDatabase, testTenant } from './harness.ts'

test('statements that leave together are one transaction of the tenant', async () => {
  const { database, tenantId } = await testTenant()
  const scope = { ...wholeTenant(tenantId), access: 'read' } as const
  const flushed = await database.flush(scope, [
    { text: 'SELECT id::text FROM tenant', values: [] },
    { text: 'SELECT $1::text, $2::uuid[], $3::int', values: ['ä"\\', [tenantId], 7] },
    { text: 'SELECT 1 WHERE false', values: [] },
  ])
  expect(flushed?.rows).toEqual([[tenantId], ['ä"\\', `{${tenantId}}`, '7'], null])
})

test('what fails undoes all that left with it, and leaves the pool well', async () => {
  const { database, tenantId } = await testTenant()
  const scope = { ...wholeTenant(tenantId), access: 'write' } as const
  const rename = { text: "UPDATE tenant SET name = 'Renamed'", values: [] }
  const failing = database.flush(scope, [rename, { text: 'SELECT 1 / 0', values: [] }])
  await expect(failing).rejects.toThrow('division by zero')
  const read = await database.flush(scope, [{ text: 'SELECT name FROM tenant', values: [] }])
  expect(read?.rows[0]).not.toEqual(['Renamed'])
})

test('a read cannot write', async () => {
  const { database, tenantId } = await testTenant()
  const scope = { ...wholeTenant(tenantId), access: 'read' } as const
  const writing = database.flush(scope, [{ text: "UPDATE tenant SET name = 'x'", values: [] }])
  await expect(writing).rejects.toThrow('read-only transaction')
})

test('without its proof nothing is seen, and nothing written', async () => {
  const { database, tenantId } = await testTenant()
  const proof = { expression: '$1::bigint', values: ['7'] }
  const scope = { ...wholeTenant(tenantId), access: 'write' } as const
  const name = [{ text: "UPDATE tenant SET name = 'Renamed' RETURNING name", values: [] }]
  expect(await database.flush({ ...scope, proof }, name)).toEqual({
    revision: '7',
    rows: [['Renamed']],
  })
  const failing = { ...proof, values: [null] }
  const again = [{ text: "UPDATE tenant SET name = 'Again' RETURNING name", values: [] }]
  expect(await database.flush({ ...scope, proof: failing }, again)).toBeNull()
  const read = await database.flush(scope, [{ text: 'SELECT name FROM tenant', values: [] }])
  expect(read?.rows).toEqual([['Renamed']])
})

test('a connection keeps so many prepared statements and forgets the rest', async () => {
  const { database } = await testDatabase()
  for (let at = 0; at < 400; at += 1) await database.look({ text: `SELECT ${at}`, values: [] })
  // One may be on another connection of the pool, none has more than it may.
  const text = "SELECT count(*)::int FROM pg_prepared_statements WHERE name LIKE 'flushed%'"
  const [count] = (await database.look({ text, values: [] })) ?? []
  expect(Number(count)).toBeGreaterThan(1)
  expect(Number(count)).toBeLessThanOrEqual(251)
})

test('every model and column that a statement can name is in the database', async () => {
  const { database } = await testTenant()
  const named = allModels().flatMap((model) =>
    [...model.fields.values()].flatMap(({ name, kind }) =>
      kind === 'object'
        ? []
        : [`${model.table}.${columnOf(model, model.table, name).split('.')[1]}`],
    ),
  )
  const text = `SELECT json_agg('"' || table_name || '"."' || column_name || '"') FROM information_schema.columns`
  const [json] = (await database.look({ text, values: [] })) ?? []
  const known = new Set(JSON.parse(json ?? '[]'))
  expect(named.filter((name) => !known.has(name))).toEqual([])
  expect(named.length).toBeGreaterThan(150)
})

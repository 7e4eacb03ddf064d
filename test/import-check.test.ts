import { describe, expect, test } from 'vitest'
import { untouched } from './fixtures.ts'
import { testTenant } from './harness.ts'
import { type Cells, noChange, run, sample } from './import-fixtures.ts'

describe('importDeals that only checks', () => {
  test('counts what an import would do, and changes nothing', async () => {
    const tenant = await testTenant()
    const rows: Cells[] = [...sample, ['5', '', 'Lead'], ['1', 'Again', 'Lead']]
    const checked = await untouched([tenant], () => run(tenant, rows, { check: true }))
    expect(checked.counts).toEqual({ ...noChange, read: 6, created: 4, rejected: 2 })
    expect(await run(tenant, rows)).toEqual(checked)
    const changed = [['1', 'Windmill', 'Won', 'New', 'New'], ...sample.slice(1)]
    const again = await untouched([tenant], () => run(tenant, changed, { check: true }))
    expect(again.counts).toEqual({ ...noChange, read: 4, updated: 1, unchanged: 3 })
  })

  test('counts over batches whose rows share what would be created', async () => {
    const tenant = await testTenant()
    const rows = Array.from({ length: 1_100 }, (_, index) => [
      `${index % 1_099}`,
      'Deal',
      'Won',
      `Company ${index % 3}`,
      'Ann',
    ])
    const { counts } = await untouched([tenant], () => run(tenant, rows, { check: true }))
    expect(counts).toEqual({ ...noChange, read: 1_100, created: 1_099, rejected: 1 })
  })

  test('refuses options as an import does', async () => {
    const tenant = await testTenant()
    const checked = run(tenant, sample, { check: true, stages: ['Won', 'Lost'] })
    await expect(checked).rejects.toThrow('at least one stage of kind OPEN')
  })
})

import { describe, expect, test } from 'vitest'
import type { ImportOptions } from '../src/import/service.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { changeStage, everythingOf, now, options, run, sample } from './import-fixtures.ts'

describe('the pipeline of an import', () => {
  const stagesOf = async (tenant: TestTenant) =>
    (await everythingOf(tenant)).stages
      .sort((one, other) => one.position - other.position)
      .map(({ name, kind, probability }) => `${name} ${kind} ${probability}`)

  test('is created with the stages given', async () => {
    const tenant = await testTenant()
    await run(tenant, [])
    expect(await stagesOf(tenant)).toEqual([
      'Lead OPEN 33',
      'Offer OPEN 67',
      'Won WON 100',
      'Lost LOST 0',
    ])
  })

  test('is found in any case and gets the stages it lacks behind its own', async () => {
    const tenant = await testTenant()
    await run(tenant, [])
    await run(tenant, [], {
      pipeline: ' IMPORTED',
      stages: ['lead', 'Review', 'Gone'],
      won: ['lead'],
      lost: ['Gone'],
    })
    expect(await stagesOf(tenant)).toEqual([
      'Lead OPEN 33',
      'Offer OPEN 67',
      'Won WON 100',
      'Lost LOST 0',
      'Review OPEN 75',
      'Gone LOST 0',
    ])
  })

  test('takes no deals into an archived stage', async () => {
    const tenant = await testTenant()
    await run(tenant, [])
    await changeStage(tenant, 'Lead', { archivedAt: now })
    const { rejects } = await run(tenant, [['1', 'Mill', 'Lead']], { stages: undefined })
    expect(rejects[0]?.reasons[0]).toMatch(
      'stage "Lead" is no stage of the pipeline, only Offer, Won, Lost are',
    )
  })

  test.each<[string, Partial<ImportOptions>, RegExp]>([
    ['no stages', { stages: undefined }, /no pipeline "Imported": give --stages, --won and --lost/],
    ['no stage of a kind', { stages: ['Won', 'Lost'] }, /at least one stage of kind OPEN/],
    [
      'a closed entry stage',
      { entry: 'Won' },
      /must be an open stage of the pipeline: Lead, Offer/,
    ],
    ['an unknown currency', { currency: 'XXQ' }, /XXQ is no ISO 4217 currency/],
    [
      'a column that is not there',
      { map: { ...options.map, owner: 'rep' } },
      /no column "rep" for owner/,
    ],
  ])('is not written with %s', async (_, changed, message) => {
    const tenant = await testTenant()
    await expect(run(tenant, sample, changed)).rejects.toThrow(message)
    expect(await everythingOf(tenant)).toMatchObject({ stages: [], deals: [], events: 0 })
  })
})

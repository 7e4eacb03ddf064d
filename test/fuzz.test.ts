import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { campaign } from './fuzz/run.ts'
import { createWorld } from './fuzz/world.ts'
import { testDatabase } from './harness.ts'

const newWorld = async () => createWorld(await testDatabase())

describe('random operations', () => {
  it('are answered without a fault, in time, and with nothing of another tenant', async () => {
    const report = await campaign({ seed: 20_261_122, runs: 2_000, newWorld })
    expect(report.problems).toEqual([])
    // What is refused as a whole tries nothing of what lies behind.
    expect(report.executed).toBeGreaterThan(1_600)
    expect(Object.keys(report.codes)).toEqual(
      expect.arrayContaining(['FORBIDDEN', 'INVALID_ID', 'INVALID_CURSOR', 'BAD_USER_INPUT']),
    )
  }, 240_000)

  it('that nobody has tried before are answered as well', async () => {
    const seed = randomInt(1_000_000_000)
    process.stdout.write(`the seed of the fuzz is ${seed}\n`)
    const { problems } = await campaign({ seed, runs: 300, newWorld })
    expect(problems).toEqual([])
  }, 120_000)
})

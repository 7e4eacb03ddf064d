import { randomInt } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { campaign } from './fuzz/run.ts'
import { createWorld } from './fuzz/world.ts'
import { testDatabase } from './harness.ts'

/** On a server more can happen at the same time; the embedded database is tried shorter. */
const runs = 'url' in inject('template') ? 2_000 : 400

const newWorld = async () => createWorld(await testDatabase())

describe('random operations', () => {
  it('are answered without a fault, in time, and with nothing of another tenant', async () => {
    const report = await campaign({ seed: 20_261_122, runs, newWorld })
    expect(report.problems).toEqual([])
    // What is refused as a whole tries nothing of what lies behind.
    expect(report.executed).toBeGreaterThan(0.8 * runs)
    expect(Object.keys(report.codes)).toEqual(
      expect.arrayContaining(['FORBIDDEN', 'INVALID_ID', 'INVALID_CURSOR', 'BAD_USER_INPUT']),
    )
  }, 240_000)

  it('that nobody has tried before are answered as well', async () => {
    const seed = randomInt(1_000_000_000)
    process.stdout.write(`the seed of the fuzz is ${seed}\n`)
    const { problems } = await campaign({ seed, runs: runs / 10, newWorld })
    expect(problems).toEqual([])
  }, 120_000)
})

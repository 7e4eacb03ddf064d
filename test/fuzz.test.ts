import { randomInt } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { overGraphql } from './fuzz/graphql.ts'
import { overRest } from './fuzz/rest.ts'
import { campaign } from './fuzz/run.ts'
import { createWorld, type World } from './fuzz/world.ts'
import { testDatabase } from './harness.ts'

/** On a server more can happen at the same time; the embedded database is tried shorter. */
const isServer = 'url' in inject('template')

const newWorld = async () => createWorld(await testDatabase())

function newSeed(): number {
  const seed = randomInt(1_000_000_000)
  process.stdout.write(`the seed of the fuzz is ${seed}\n`)
  return seed
}

describe('random operations', () => {
  const runs = isServer ? 2_000 : 400
  const over = overGraphql

  it('are answered without a fault, in time, and with nothing of another tenant', async () => {
    const report = await campaign({ seed: 20_261_122, runs, newWorld, over })
    expect(report.problems).toEqual([])
    // What is refused as a whole tries nothing of what lies behind.
    expect(report.executed).toBeGreaterThan(0.8 * runs)
    expect(Object.keys(report.codes)).toEqual(
      expect.arrayContaining(['FORBIDDEN', 'INVALID_ID', 'INVALID_CURSOR', 'BAD_USER_INPUT']),
    )
  }, 240_000)

  it('that nobody has tried before are answered as well', async () => {
    const { problems } = await campaign({ seed: newSeed(), runs: runs / 10, newWorld, over })
    expect(problems).toEqual([])
  }, 120_000)
})

describe('random REST requests', () => {
  const runs = isServer ? 400 : 100
  const over = overRest
  let world: World
  beforeAll(async () => {
    world = await newWorld()
  })

  it('are answered in the shapes of their documents, in time, and as operations are', async () => {
    const report = await campaign({ seed: 20_261_126, runs, newWorld: async () => world, over })
    expect(report.problems).toEqual([])
    expect(report.executed).toBeGreaterThan(0.3 * runs)
    expect(Object.keys(report.codes)).toEqual(
      expect.arrayContaining(['200', '400', '401', '403', '404', '422']),
    )
  }, 120_000)

  it('that nobody has tried before are answered as well', async () => {
    const report = await campaign({
      ...{ seed: newSeed(), runs: runs / 4, newWorld: async () => world, over },
    })
    expect(report.problems).toEqual([])
  }, 60_000)
})

import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { schema } from '../src/schema.ts'
import { commands } from './model/commands.ts'
import { run, type Step } from './model/run.ts'

const weights: Record<string, number> = { retry: 6, wait: 1 }
for (const [name, { weight }] of Object.entries(commands)) weights[name] = weight

const step: fc.Arbitrary<Step> = fc.record({
  command: fc.constantFrom(
    ...Object.entries(weights).flatMap(([name, weight]) => Array<string>(weight).fill(name)),
  ),
  by: fc.constantFrom('ADMIN', 'MEMBER'),
  picks: fc.array(fc.nat(999), { minLength: 48, maxLength: 48 }),
})
const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' })
/** A failure is made smaller for as long as the test has time; fast-check tells its seed. */
const limits = { numRuns: 4, unbiased: true, interruptAfterTimeLimit: 28_000 }
const holds = fc.asyncProperty(steps, run)

describe('any sequence of mutations by two members', () => {
  // Who asks is part of the model, and stays the same, and so is what may be asked: api-key.test.ts
  // and client-release.test.ts try what makes keys and releases.
  const others = [
    ...['createApiKey', 'revokeApiKey', 'pushOperations', 'activateClientRelease'],
    ...['retireClientRelease', 'persistOperation'],
  ]

  it('is tried with every mutation of the schema', () => {
    const fields = Object.keys(schema.getMutationType()?.getFields() ?? {})
    expect([...Object.keys(commands), ...others].sort()).toEqual(fields.sort())
  })

  it('comes to what the model of the rules says', () =>
    fc.assert(holds, { ...limits, seed: 20261122 }))

  it.runIf('url' in inject('template'))('comes to it with new numbers each time', () =>
    fc.assert(holds, limits),
  )
})

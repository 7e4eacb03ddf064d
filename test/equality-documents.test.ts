import { beforeAll, describe, expect, it } from 'vitest'
import { compareEngines } from './equality/compare.ts'
import { ownQueries, variablesFor } from './equality/documents.ts'
import { type Engines, enginesBefore } from './equality/engines.ts'
import { type EqualityWorld, equalityWorld } from './equality/world.ts'
import { testDatabase } from './harness.ts'

const turns = 6

let world: EqualityWorld
let engines: Engines

beforeAll(async () => {
  const where = await testDatabase()
  world = await equalityWorld(where)
  engines = enginesBefore(where.database, world.now)
})

/** Administrators ask with every turn of the variables, all others with one of them. */
function everyTurn() {
  return ([0, 1] as const).flatMap((tenant) => {
    const [admin, ...others] = world.tenants[tenant].askers.map(({ key }) => key)
    const first = Array.from({ length: turns }, (_, turn) => ({ tenant, key: admin ?? null, turn }))
    return [...first, ...others.map((key, at) => ({ tenant, key, turn: at + 1 }))]
  })
}

describe('the queries of this repository', () => {
  const queries = ownQueries()

  it('are found where they are', () => {
    const places = new Set(queries.map(({ title }) => title.replace(/^.* of /, '')))
    const known = ['REST', 'GraphiQL', 'mobile example', 'urql', 'code generators', 'Apollo']
    expect([...places]).toEqual([...known, 'README'])
    expect(queries.length).toBeGreaterThan(18)
  })

  it.each(queries.map((query) => [query.title, query] as const))(
    '%s is answered by both engines alike',
    async (title, query) => {
      const used = new Set<string | null>()
      let withData = 0
      const one = async ({
        tenant,
        key,
        turn,
      }: {
        tenant: 0 | 1
        key: string | null
        turn: number
      }) => {
        const variables = variablesFor(query, world.tenants[tenant], turn)
        const asked = { query: query.text, variables, key, requestId: `documents-${turn}` }
        const { interpreted, compiled, difference } = await compareEngines(engines, asked)
        expect({ variables, difference }).toEqual({ variables, difference: null })
        if (JSON.parse(interpreted.text).errors) return
        withData += 1
        if (!compiled.engine?.includes('the viewer ')) used.add(compiled.engine)
      }
      await Promise.all(everyTurn().map(one))
      expect(withData).toBeGreaterThan(turns / 2)
      expect({ title, engines: [...used] }).toEqual({ title, engines: ['compiled'] })
    },
    60_000,
  )
})

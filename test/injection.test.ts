import { beforeAll, describe, expect, inject, it } from 'vitest'
import { type Compared, compareEngines } from './equality/compare.ts'
import { type Engines, enginesBefore } from './equality/engines.ts'
import { argumentPlaces } from './equality/places.ts'
import { nth } from './equality/rows.ts'
import { type EqualityWorld, equalityWorld } from './equality/world.ts'
import { untouched } from './fixtures.ts'
import { testDatabase } from './harness.ts'

/** Texts that would be SQL, or would end a text of SQL, if they were ever put into a statement. */
const attacks = [
  ...["'", "''", '"', "';DROP TABLE deal;--", '";DROP TABLE deal;--', "' OR '1'='1", "x' OR 1=1--"],
  ...['1; DELETE FROM deal', "'); DELETE FROM deal; --", "' UNION SELECT hash FROM api_key --"],
  ...['--', '/*', '*/', '/* x */', ';', '\\', "\\'", '\\\\', "E'\\''", '\\u0027', 'U&"\\0027"'],
  ...['$1', '$2', '$0', '$$', '$$x$$', '$a$x$a$', '?', ':a', '@a', '%s', '{0}', '%', '_'],
  ...["'::text", '::int', "CAST('1' AS int)", "'||pg_sleep(9)||'", 'pg_sleep(9)', 'NULL', 'null'],
  ...['\u0001', '\u001f', '\u007f', '\u0085', '\u2028', '\u2029', '\ufeff', '\u202e', 'ʼ', '＇'],
  ...['\u02b9 OR 1=1', '🚀', 'e\u0301', '\r\n', '\t', '{"a":1}', '[1]', '{}', '"', '<!--', '`id`'],
  ...["'".repeat(254), '$$'.repeat(120), "a'b".repeat(3_000), '🚀'.repeat(300), '"\\'.repeat(100)],
  ...['deal_0198c0de-0000-7000-8000-000000000000', "cf_text' OR 'a'='a", 'cf_text"', 'cf_text}'],
]

/** How many of them are tried at an argument of the root; every one has its turn. Below it, one is. */
const triedAtRoot = 3
/** So many are asked at the same time. */
const atOnce = 6

const aliases = [
  ...['select', 'SELECT', 'drop', 'table', 'from', 'null', 'true', 'tenant_id', 'pg_sleep', 'a'],
  ...['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'length', 'data', 'errors', '_'],
  ...['x'.repeat(64), 'y'.repeat(2_000), 'json_build_object', 'current_user', '_0', 'E', 'U'],
]

let world: EqualityWorld
let engines: Engines

beforeAll(async () => {
  const where = await testDatabase()
  world = await equalityWorld(where)
  engines = enginesBefore(where.database, world.now)
})

function ask(query: string, variables: Record<string, unknown> = {}): Promise<Compared> {
  const key = world.tenants[0].askers[0]?.key ?? null
  return compareEngines(engines, { query, variables, key, requestId: 'injection-test' })
}

/** Asks all of it, and proves that both engines answer alike, without a fault, and change nothing. */
async function expectHarmless(queries: [string, Record<string, unknown>?][]): Promise<Compared[]> {
  const answers: Compared[] = []
  const problems: object[] = []
  await untouched(
    world.tenants.map(({ t }) => t),
    async () => {
      const waiting = [...queries]
      const worker = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const compared = await ask(...next)
          answers.push(compared)
          const isFault = compared.compiled.text.includes('"INTERNAL"')
          const { difference } = compared
          if (difference || isFault) problems.push({ next, difference, isFault })
        }
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
    },
  )
  expect(problems).toEqual([])
  return answers
}

// Which is the same text for any PostgreSQL, and takes long on the one session of the embedded one.
const onServer = describe.skipIf(!('url' in inject('template')))

onServer('a text that looks like SQL', () => {
  const places = argumentPlaces()

  it('has every argument to stand in', () => {
    const titles = places.map(({ title }) => title)
    expect(titles).toEqual(
      expect.arrayContaining([
        ...['Query.node(id)', 'Query.nodes(ids)', 'Query.deals(search)', 'Query.deals(after)'],
        ...['Query.deals(filter).name.contains', 'Query.deals(filter).customFields.eq'],
        ...['Query.deals(orderBy).field', 'Stage.deals(filter).tagId.in', 'Deal.history(before)'],
        ...['Query.dealPage(filter).and.tagId.eq', 'Deal.customField(key)'],
      ]),
    )
    expect(places.length).toBeGreaterThan(300)
  })

  const fields = [...new Set(places.map(({ title }) => title.replace(/\(.*/, '')))]

  it.each(fields)('is only a text in the variables of %s', async (field) => {
    const own = places.map((place, at) => ({ ...place, at }))
    const tried = own.filter(({ title }) => title.startsWith(`${field}(`))
    const queries = tried.flatMap(({ query, around, at }) =>
      Array.from({ length: field.startsWith('Query.') ? triedAtRoot : 1 }, (_, turn) => {
        const value = around(nth(attacks, at * triedAtRoot + turn))
        return [query, { value }] as [string, Record<string, unknown>]
      }),
    )
    await expectHarmless(queries)
  })

  it('is only a text where it stands in the document', async () => {
    const written = attacks
      .filter((text) => text.length < 1_000)
      .map((text) => JSON.stringify(text))
    const queries = written.flatMap((text, at) => {
      const forms = [
        `{ deals(search: ${text}) { totalCount nodes { id name } } }`,
        `{ deals(filter: { name: { contains: ${text} } }) { nodes { id } } }`,
        `{ deals(filter: { source: { eq: ${text} } }) { nodes { id } } }`,
        `{ deals(filter: { not: { externalId: { in: [${text}] } } }) { totalCount } }`,
        `{ deals(filter: { customFields: [{ key: "cf_text", eq: ${text} }] }) { totalCount } }`,
        `{ contacts(search: ${text}, filter: { email: { eq: ${text} } }) { totalCount } }`,
      ]
      return [nth(forms, at), nth(forms, at + 1), nth(forms, at + 3)]
    })
    const answers = await expectHarmless(queries.map((query) => [query]))
    const whole = answers.filter(({ compiled }) => !JSON.parse(compiled.text).errors)
    expect(whole.length).toBeGreaterThan(0.8 * answers.length)
  }, 120_000)

  it('is found as what it is', async () => {
    const name = "'; DROP TABLE deal; --"
    const query = `query ($name: String!) { deals(filter: { name: { eq: $name } }) { nodes { name } } }`
    const [answer] = await expectHarmless([[query, { name }]])
    const { deals } = JSON.parse(answer?.compiled.text ?? '').data
    expect(deals.nodes.length).toBeGreaterThan(0)
    for (const node of deals.nodes) expect(node).toEqual({ name })
  })
})

onServer('an alias', () => {
  const titled = aliases.map((alias) => [alias.slice(0, 80), alias] as const)

  it.each(titled)('named %s is only a name, wherever it stands', async (_, alias) => {
    const of = (text: string) => `${alias}: ${text}`
    const deal = `{ ${of('name')} id: number stage { ${of('name')} } owner { ${of('email')} } }`
    const queries = [
      `{ ${of('__typename')} }`,
      `{ ${of(`deals(first: 3) { ${of(`nodes ${deal}`)} }`)} }`,
      `{ deals(first: 3) { ${of(`edges { ${of(`node ${deal}`)} }`)} pageInfo { ${of('endCursor')} } } }`,
      `{ deals(first: 2) { ${of('totalCount')} nodes { ${of('history { nodes { seq } }')} } } }`,
      `{ deals(first: 9) { nodes { ${of('customFields { key value }')} } } }`,
      `{ pipelines { stages { ${of('totals { currency amount }')} } } }`,
      `{ pipelines { ${of(`stages { deals(first: 1) { nodes ${deal} } }`)} } }`,
      `{ deals(first: 3) { nodes { contacts { ${of('contact { name }')} } tags { ${of('name')} } } } }`,
    ]
    const answers = await expectHarmless(queries.map((query) => [query]))
    for (const { compiled } of answers) expect(JSON.parse(compiled.text).data).not.toBe(null)
  })

  it.each(['a b', 'a"b', "a'b", 'a;b', '$a', '1a', 'a-b', 'ä'])(
    'that is no name is refused: %s',
    async (alias) => {
      const [answer] = await expectHarmless([[`{ ${alias}: deals { totalCount } }`]])
      expect(answer?.compiled.text).toMatch(/GRAPHQL_(PARSE|VALIDATION)_FAILED/)
    },
  )
})

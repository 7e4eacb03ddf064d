import { getIntrospectionQuery } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { ask, dealFixture, done, pipelineFixture, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let key: string

beforeAll(async () => {
  t = await testTenant()
  key = await t.keyFor('ADMIN')
  await pipelineFixture(t)
})

interface Sent {
  body?: unknown
  headers?: Record<string, string>
  search?: Record<string, string>
}

/** Sends what an attacker who has a key would send, and gives what they get to see. */
async function attack({ body, headers = {}, search }: Sent) {
  const url = new URL('http://localhost/graphql')
  for (const [name, value] of Object.entries(search ?? {})) url.searchParams.set(name, value)
  const json = { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers }
  const post = { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await t.app.fetch(
    new Request(url, { headers: json, ...(body === undefined ? {} : post) }),
  )
  const text = await response.text()
  const errors: { message: string; extensions: { code: string } }[] = text.startsWith('{')
    ? (JSON.parse(text).errors ?? [])
    : []
  return { status: response.status, text, errors, codes: errors.map((e) => e.extensions.code) }
}

const query = (text: string, variables?: object) => attack({ body: { query: text, variables } })
const times = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')
const createRocket = 'mutation { createDeal(input: { name: "Rocket" }) { deal { id } } }'

/** Expects one error with the code, and that nothing of the tenant was read or changed. */
async function expectRefused(sent: Promise<Awaited<ReturnType<typeof attack>>>, code: string) {
  const { codes, text } = await sent
  expect(codes).toEqual([code])
  expect(text).not.toContain('"data":{')
}

describe('graphql-cop', () => {
  it('finds no alias overloading', () =>
    expectRefused(
      query(`query cop { ${times(101, (n) => `alias${n}: __typename`)} }`),
      'TOO_MANY_ALIASES',
    ))

  it('finds no array-based batching', () =>
    expectRefused(
      attack({ body: Array(10).fill({ query: 'query cop { __typename }' }) }),
      'BAD_REQUEST',
    ))

  it('finds no directive overloading', async () => {
    const { errors } = await query(`query cop { __typename ${'@aa'.repeat(10)} }`)
    expect(errors).toHaveLength(1)
    await expectRefused(
      query(`query cop { __typename ${'@aa'.repeat(21)} }`),
      'TOO_MANY_DIRECTIVES',
    )
  })

  it('finds no circular introspection', () => {
    const circle = `${'fields { type { '.repeat(4)} name ${'} }'.repeat(4)}`
    return expectRefused(
      query(`query cop { __schema { types { ${circle} } } }`),
      'GRAPHQL_VALIDATION_FAILED',
    )
  })

  it('finds no field duplication', () =>
    expectRefused(query(`query cop { ${'__typename '.repeat(500)} }`), 'TOO_MANY_ROOT_FIELDS'))

  it('finds no field suggestions', async () => {
    for (const text of ['query cop { __schema { directive } }', '{ deal(idd: 1) { nam } }']) {
      const { errors } = await query(text)
      expect(errors.length).toBeGreaterThan(0)
      for (const { message } of errors) expect(message).not.toMatch(/did you mean/i)
    }
    const { errors } = await query('query ($o: DealOrder) { deals(orderBy: $o) { totalCount } }', {
      o: { field: 'NAMES', direction: 'ASC' },
    })
    expect(errors[0]?.message).not.toMatch(/did you mean/i)
  })

  it('finds no GraphiQL without a credential', async () => {
    const { status, text } = await attack({ headers: { accept: 'text/html', authorization: '' } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).not.toContain('GraphiQL')
  })

  it('finds no introspection without a credential', () =>
    expectRefused(
      attack({ body: { query: getIntrospectionQuery() }, headers: { authorization: '' } }),
      'UNAUTHENTICATED',
    ))

  it('finds no tracing', async () => {
    const { text } = await query('query cop { __typename }')
    expect(text).not.toMatch(/tracing|"version":1/)
  })

  it('finds no mutation by GET', () =>
    untouched([t], () =>
      expectRefused(attack({ search: { query: createRocket } }), 'METHOD_NOT_ALLOWED'),
    ))

  it('finds a query by GET that no other site can have answered', () =>
    expectRefused(
      attack({
        search: { query: '{ viewer { role } }' },
        headers: { authorization: '', cookie: `key=${key}` },
      }),
      'UNAUTHENTICATED',
    ))

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])(
    'finds no operation as %s',
    (type) =>
      untouched([t], () =>
        expectRefused(
          attack({
            body: `query=${encodeURIComponent(createRocket)}`,
            headers: { 'content-type': type },
          }),
          'UNSUPPORTED_MEDIA_TYPE',
        ),
      ),
  )

  it('finds no stack trace', async () => {
    for (const body of ['query cop { abc', { query: 'query cop { abc' }, { query: 7 }, '']) {
      const { text } = await attack({ body })
      expect(text).not.toMatch(/stack|exception|node_modules|\.ts|\.js/)
    }
  })
})

describe('the OWASP cheat sheet for GraphQL', () => {
  it('deep nesting is refused', () =>
    expectRefused(
      query(`{ pipelines ${'{ stages { pipeline '.repeat(8)} { id } ${'} }'.repeat(8)} }`),
      'TOO_DEEP',
    ))

  it('circular fragments are refused', () =>
    expectRefused(
      query('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'),
      'GRAPHQL_VALIDATION_FAILED',
    ))

  it('a page has its greatest size', async () => {
    const { codes } = await query('{ deals(first: 101) { nodes { id } } }')
    expect(codes).toEqual(['BAD_USER_INPUT'])
  })

  it('what an operation may cost is bounded', () => {
    const page =
      'deals(first: 100) { nodes { organization { deals(first: 100) { nodes { history(first: 100) { nodes { id } } } } } } }'
    return expectRefused(query(`{ ${page} }`), 'TOO_EXPENSIVE')
  })

  it('a secret cannot be guessed by many mutations at once', () =>
    untouched([t], () =>
      expectRefused(
        query(
          createRocket.replace(/\{ (createDeal.*) \}$/, `{ ${times(31, (n) => `a${n}: $1`)} }`),
        ),
        'TOO_MANY_ALIASES',
      ),
    ))

  it('a fragment for each field is refused', () => {
    const fragments = times(51, (n) => `fragment F${n} on Query { __typename }`)
    return expectRefused(
      query(`{ ${times(51, (n) => `...F${n}`)} } ${fragments}`),
      'TOO_MANY_FRAGMENTS',
    )
  })

  it('variables are no way around the size of a request', async () => {
    const { codes, status } = await query(
      'query ($s: String) { deals(search: $s) { totalCount } }',
      {
        s: 'x'.repeat(300_000),
      },
    )
    expect([status, codes]).toEqual([413, ['PAYLOAD_TOO_LARGE']])
  })

  it('a huge variable below that is refused by its length', async () => {
    const { codes } = await query('query ($s: String) { deals(search: $s) { totalCount } }', {
      s: 'x'.repeat(200_000),
    })
    expect(codes).toEqual(['BAD_USER_INPUT'])
  })

  it('overlapping fields of 44 KB never reach validation', async () => {
    const same = 'query { '.concat('viewer { role } '.repeat(2_815), '}')
    expect(same.length).toBeGreaterThan(44_000)
    await expectRefused(query(same), 'TOO_MANY_TOKENS')
  })

  it('overlapping fields that the tokens allow are refused as quickly', async () => {
    const overlapping = `{ deals { nodes { ${'...F '.repeat(100)} ${'... on Deal { id name stage { id } } '.repeat(150)} } } } fragment F on Deal { stage { id name } }`
    const { errors } = await query(overlapping)
    expect(errors).toEqual([])
  })

  it('one field so often that comparing them takes long is told so', async () => {
    const { errors } = await query(`{ deals { nodes { ${'id '.repeat(1_900)} } } }`)
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('select each once'),
        extensions: { code: 'TOO_MANY_FIELDS' },
      },
    ])
  })

  it.each(["' OR 1=1 --", "'; DROP TABLE deal; --", '\\', '$1', '{"$gt": ""}'])(
    'a text like %s is only a text',
    async (text) => {
      const { deal } = await done(t, 'createDeal', { name: text }, 'deal { id name }')
      expect(deal.name).toBe(text)
      const document = 'query ($s: String) { deals(search: $s) { nodes { id } } }'
      expect((await ask(t, document, { s: text })).deals.nodes).toEqual([{ id: deal.id }])
    },
  )

  it('the wildcards of LIKE and of regular expressions mean themselves', async () => {
    await dealFixture(t, { name: '100% of it' })
    await dealFixture(t, { name: 'snake_case' })
    await dealFixture(t, { name: 'anything else' })
    const document = 'query ($s: String) { deals(search: $s) { nodes { name } } }'
    const namesBy = async (s: string) =>
      (await ask(t, document, { s })).deals.nodes.map(({ name }: { name: string }) => name)
    expect(await namesBy('%')).toEqual(['100% of it'])
    expect(await namesBy('_')).toEqual(['snake_case'])
    for (const pattern of ['.*', '[a-z]+', '^any', 'a.y', '(a+)+$', '%_%']) {
      expect(await namesBy(pattern)).toEqual([])
    }
  })

  it('an id of another type or of nowhere tells nothing', async () => {
    const { codes } = await query(
      '{ deal(id: "member_0198c0de-0000-7000-8000-000000000000") { id } }',
    )
    expect(codes).toEqual(['INVALID_ID'])
    const { text } = await query('{ deal(id: "deal_0198c0de-0000-7000-8000-000000000000") { id } }')
    expect(JSON.parse(text).data).toEqual({ deal: null })
  })
})

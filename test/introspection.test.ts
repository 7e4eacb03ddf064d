import { getIntrospectionQuery } from 'graphql'
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import type { Access } from '../src/auth/access.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let admin: Record<string, string>

beforeEach(async () => {
  t = await testTenant()
  admin = { authorization: `Bearer ${await t.keyFor('ADMIN')}` }
})

const options = { inputValueDeprecation: true, directiveIsRepeatable: true, oneOf: true }
const whole = getIntrospectionQuery({ ...options, specifiedByUrl: true })

/** What becomes of a query: the names of its data, or the code of its first error. */
async function outcome(app: App, query: string, headers = {}) {
  const { status, data, errors } = await post(app, { query }, headers)
  return errors[0] ? [status, errors[0].extensions.code] : Object.keys(data)
}

describe('introspection', () => {
  it('is answered whole to an authenticated viewer by default', async () => {
    const { data, errors } = await t.graphql(whole, {}, 'READ_ONLY')
    expect(errors).toEqual([])
    const names = data.__schema.types.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['Query', 'Deal', 'StageChange', 'DealFilter']))
  })

  it('cannot be nested without end', async () => {
    const query = `{ __schema { types { ${'fields { type { '.repeat(8)} name ${'} }'.repeat(8)} } } }`
    expect(await outcome(t.app, query, admin)).toEqual([200, 'GRAPHQL_VALIDATION_FAILED'])
  })

  const inFragment =
    '{ ...F } fragment F on Query { renamed: __type(name: "Deal") { name } viewer { role } }'

  it.each<[Access, { anonymous: unknown; authenticated: unknown }]>([
    ['public', { anonymous: ['__schema'], authenticated: ['__schema'] }],
    ['authenticated', { anonymous: [401, 'UNAUTHENTICATED'], authenticated: ['__schema'] }],
    [
      'off',
      {
        anonymous: [200, 'INTROSPECTION_DISABLED'],
        authenticated: [200, 'INTROSPECTION_DISABLED'],
      },
    ],
  ])('that is %s', async (introspection, { anonymous, authenticated }) => {
    const app = appFor(t, { introspection })
    for (const query of ['{ __schema { queryType { name } } }', whole]) {
      expect(await outcome(app, query)).toEqual(anonymous)
      expect(await outcome(app, query, admin)).toEqual(authenticated)
    }
    expect(await outcome(app, '{ __typename }')).toEqual(['__typename'])
    expect(await outcome(app, '{ viewer { __typename } }', admin)).toEqual(['viewer'])
  })

  it('that is off is refused wherever it stands, with a status by media type', async () => {
    const app = appFor(t, { introspection: 'off' })
    expect(await outcome(app, inFragment, admin)).toEqual([200, 'INTROSPECTION_DISABLED'])
    const headers = { ...admin, accept: 'application/graphql-response+json' }
    expect(await outcome(app, inFragment, headers)).toEqual([400, 'INTROSPECTION_DISABLED'])
  })

  it('that is public shows nothing else to the anonymous', async () => {
    const app = appFor(t, { introspection: 'public' })
    const refused = [401, 'UNAUTHENTICATED']
    expect(await outcome(app, '{ __schema { types { name } } viewer { role } }')).toEqual(refused)
    expect(await outcome(app, inFragment)).toEqual(refused)
    const hidden = '{ ...F __typename } fragment F on Query { viewer { role } }'
    expect(await outcome(app, hidden)).toEqual(refused)
  })

  it('stays closed to the anonymous for what a viewer asked before', async () => {
    const app = appFor(t)
    expect(await outcome(app, whole, admin)).toEqual(['__schema'])
    expect(await outcome(app, whole)).toEqual([401, 'UNAUTHENTICATED'])
  })
})

describe('the anonymous', () => {
  it.each([
    '{ __typename } fragment F on Deal { nothing }',
    'query ($filter: DealFilters) { __typename }',
    '{ __typename { ... on Deal { nothing } } }',
    '{ __typename(nothing: 1) }',
    '{ __typename @nothing }',
    'query @nothing { __typename }',
    '{ __typename } fragment F on __Type { ... on Deal { nothing } }',
    '{ __typename ... on Deal { __typename } }',
    'subscription { __typename { nothing } }',
  ])('learn nothing of the schema by what is wrong with %s', async (query) => {
    expect(await outcome(t.app, query)).toEqual([401, 'UNAUTHENTICATED'])
  })
})

describe('suggestions', () => {
  const misspelt: [query: string, variables: object][] = [
    ['{ viewers { role } }', {}],
    ['{ viewer { roll } }', {}],
    ['{ deals(serch: "x") { nodes { id } } }', {}],
    ['{ deals(orderBy: { field: NAMES, direction: ASC }) { nodes { id } } }', {}],
    ['{ deals(filter: { nam: { eq: "x" } }) { nodes { id } } }', {}],
    ['fragment F on Dael { id } { __typename ...F }', {}],
    ['query ($f: DealFilter) { deals(filter: $f) { nodes { id } } }', { f: { nam: {} } }],
    [
      'query ($o: DealOrder) { deals(orderBy: $o) { nodes { id } } }',
      { o: { field: 'NAMES', direction: 'ASC' } },
    ],
  ]

  it.each(misspelt)('of %s with %j are made only where they are on', async (query, variables) => {
    const messages = async (suggestions: boolean | undefined) => {
      const app = appFor(t, suggestions === undefined ? {} : { suggestions })
      const { errors } = await post(app, { query, variables }, admin)
      expect(errors).not.toEqual([])
      return JSON.stringify(errors)
    }
    expect(await messages(true)).toContain('Did you mean')
    expect(await messages(false)).not.toContain('Did you mean')
    expect(await messages(undefined)).not.toContain('Did you mean')
  })

  it.each([true, false])(
    'and all that is wrong with variables are short: %s',
    async (suggestions) => {
      const app = appFor(t, { suggestions })
      const query = 'query ($f: DealFilter) { deals(filter: $f) { nodes { id } } }'
      const unknown = Array.from({ length: 60 }, (_, index) => [`unknown${index}`, 1])
      for (const text of ['!'.repeat(200_000), ' Did you mean'.repeat(15_000)]) {
        const variables = { f: { ...Object.fromEntries(unknown), z: text } }
        const { errors } = await post(app, { query, variables }, admin)
        expect(errors).toHaveLength(20)
        expect(errors[0]?.message).toMatch(
          /^Variable "\$f" got .* is not defined by type "DealFilter"\./,
        )
        expect(JSON.stringify(errors).length).toBeLessThan(20_000)
      }
    },
  )
})

describe('the page for browsers', () => {
  async function page(graphiqlAccess: Access | undefined, headers: Record<string, string>) {
    const graphiql = graphiqlAccess === 'off' ? null : () => ({ title: 'Deals' })
    const app = appFor(t, { graphiql, ...(graphiqlAccess && { graphiqlAccess }) })
    const request = new Request('http://localhost/graphql', {
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', ...headers },
    })
    const response = await app.fetch(request)
    const isPage = (await response.text()).includes('<title>Deals')
    return { status: response.status, isPage, challenge: response.headers.get('www-authenticate') }
  }

  const served = { status: 200, isPage: true }
  const refused = { status: 401, isPage: false, challenge: 'Bearer' }

  it('is for everybody where it is public', async () => {
    expect(await page('public', {})).toMatchObject(served)
  })

  it.each(['authenticated', undefined] as const)(
    'is for requests with a valid credential where it is %s',
    async (access) => {
      expect(await page(access, admin)).toMatchObject(served)
      expect(await page(access, {})).toMatchObject(refused)
      const invalid = { authorization: `Bearer dg_${'x'.repeat(43)}` }
      expect(await page(access, invalid)).toMatchObject(refused)
    },
  )

  it('is for nobody where it is off', async () => {
    expect(await page('off', admin)).toMatchObject({ isPage: false })
  })
})

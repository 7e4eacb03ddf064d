import { GraphQLError, parse, parseValue } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { decodeId, encodeId, idOf, newId, optionalIdOf } from '../src/ids.ts'
import { depthOf } from '../src/operations/limits.ts'
import { CurrencyCode, DateOnly, DateTime, Decimal, isCurrency, Json } from '../src/scalars.ts'
import { isStorable } from '../src/texts.ts'
import { nodeTypes } from './fixtures.ts'

const uuid = '0198c0de-0000-7000-8000-000000000001'

function codeOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error instanceof GraphQLError ? error.extensions.code : error
  }
}

describe('ids', () => {
  it.each(nodeTypes())('of %s are decoded to what they were made of', (typename) => {
    const id = newId()
    expect(decodeId(encodeId(typename, id))).toEqual({ typename, id })
    expect(idOf(typename, encodeId(typename, id))).toBe(id)
  })

  it('name the type in small letters with underscores', () => {
    expect(encodeId('StageChange', uuid)).toBe(`stage_change_${uuid}`)
    expect(encodeId('Deal', uuid)).toBe(`deal_${uuid}`)
  })

  it('grow with time', () => {
    const ids = Array.from({ length: 1_000 }, newId)
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(1_000)
  })

  it.each([
    '',
    'deal',
    'deal_',
    uuid,
    `_${uuid}`,
    `deal__${uuid}`,
    `deal${uuid}`,
    `Deal_${uuid}`,
    `deal_${uuid} `,
    `deal_${uuid}\n`,
    ` deal_${uuid}`,
    `deal_${uuid.slice(1)}`,
    `deal_${uuid.replace('c0de', 'C0DE')}`,
    `déal_${uuid}`,
    `deal1_${uuid}`,
  ])('are never %j', (id) => {
    expect(codeOf(() => decodeId(id))).toBe('INVALID_ID')
    expect(codeOf(() => idOf('Deal', id))).toBe('INVALID_ID')
  })

  it('of another type are refused', () => {
    expect(codeOf(() => idOf('Deal', `stage_${uuid}`))).toBe('INVALID_ID')
    expect(codeOf(() => idOf('Contact', `deal_contact_${uuid}`))).toBe('INVALID_ID')
  })

  it('that are optional may be null or left out, but not empty', () => {
    expect([optionalIdOf('Deal', null), optionalIdOf('Deal', undefined)]).toEqual([null, null])
    expect(optionalIdOf('Deal', `deal_${uuid}`)).toBe(uuid)
    expect(codeOf(() => optionalIdOf('Deal', ''))).toBe('INVALID_ID')
  })
})

describe('Decimal', () => {
  it.each([
    ['0', '0'],
    ['-0.5', '-0.5'],
    ['1054.5000', '1054.5'],
    ['0.0001', '0.0001'],
    ['899999999999999.9999', '899999999999999.9999'],
    ['-899999999999999.9999', '-899999999999999.9999'],
    [7, '7'],
    [-7, '-7'],
  ])('takes %j and gives %s', (given, answered) => {
    expect(Decimal.serialize(Decimal.parseValue(given))).toBe(answered)
    expect(Decimal.serialize(Decimal.parseLiteral(parseValue(JSON.stringify(given)), {}))).toBe(
      answered,
    )
  })

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '01',
    '.5',
    '5.',
    '1e3',
    '1,5',
    '0.00001',
    '900000000000000',
    '-900000000000000',
    '1000000000000000',
    'NaN',
    'Infinity',
    1.5,
    2 ** 60,
    true,
    null,
    [],
    {},
  ])('refuses %j', (given) => {
    expect(codeOf(() => Decimal.parseValue(given))).toBe('BAD_USER_INPUT')
  })

  it.each(['1e3', 'true', 'null', '[1]', '{ a: 1 }', 'A'])('refuses the literal %s', (text) => {
    expect(codeOf(() => Decimal.parseLiteral(parseValue(text), {}))).toBe('BAD_USER_INPUT')
  })
})

describe('Date', () => {
  it.each(['2026-03-31', '2024-02-29', '0001-01-01', '9999-12-31'])('takes and gives %s', (day) => {
    expect(DateOnly.serialize(DateOnly.parseValue(day))).toBe(day)
    expect(DateOnly.serialize(DateOnly.parseLiteral(parseValue(`"${day}"`), {}))).toBe(day)
  })

  it.each([
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-3-1',
    '0000-01-01',
    '10000-01-01',
    '+002026-01-01',
    '2026-03-31T00:00:00Z',
    'today',
    '',
    20260331,
    null,
  ])('refuses %j', (day) => {
    expect(codeOf(() => DateOnly.parseValue(day))).toBe('BAD_USER_INPUT')
  })
})

describe('DateTime', () => {
  it.each([
    ['2026-03-31T09:30:00Z', '2026-03-31T09:30:00.000Z'],
    ['2026-03-31T09:30:00.123+02:00', '2026-03-31T07:30:00.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('takes %s and gives %s', (given, answered) => {
    for (const parsed of [
      DateTime.parseValue(given),
      DateTime.parseLiteral(parseValue(`"${given}"`), {}),
    ]) {
      expect(new Date(DateTime.serialize(parsed) as string).toISOString()).toBe(answered)
    }
  })

  it.each([
    '2026-03-31',
    '2026-03-31T09:30:00',
    '2026-02-30T00:00:00Z',
    '0000-06-01T00:00:00Z',
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-01:00',
    'now',
  ])('refuses %j', (given) => {
    expect(() => DateTime.parseValue(given)).toThrow(GraphQLError)
  })
})

describe('CurrencyCode', () => {
  it.each(['USD', 'EUR', 'JPY', 'KWD', 'CHF'])('takes %s', (code) => {
    expect(CurrencyCode.parseValue(code)).toBe(code)
    expect(isCurrency(code)).toBe(true)
  })

  it.each(['usd', 'US', 'USDX', 'ZZZ', '', ' USD', 840, null])('refuses %j', (code) => {
    expect(codeOf(() => CurrencyCode.parseValue(code))).toBe('BAD_USER_INPUT')
  })
})

describe('JSON', () => {
  const nested = (depth: number) =>
    JSON.parse(`${'{"a":['.repeat(depth / 2)}${']}'.repeat(depth / 2)}`)

  it.each([null, 0, '', 'text', 'Infinity', true, [], {}, { a: [1, { b: null }] }])(
    'takes %j',
    (value) => {
      expect(Json.parseValue(value)).toEqual(value)
    },
  )

  it('is at most 64 levels deep', () => {
    expect(Json.parseValue(nested(64))).toEqual(nested(64))
    expect(codeOf(() => Json.parseValue(nested(66)))).toBe('BAD_USER_INPUT')
  })

  it.each(['1e999', '-1e999', '[{ "a": 1e999 }]'])('has no %s', (text) => {
    expect(codeOf(() => Json.parseValue(JSON.parse(text)))).toBe('BAD_USER_INPUT')
    const literal = parseValue(text.replace('"a"', 'a'))
    expect(codeOf(() => Json.parseLiteral(literal, {}))).toBe('BAD_USER_INPUT')
  })

  it('may be a literal with variables', () => {
    const literal = parseValue('{ a: [1, "two", $three, $none], none: $none }')
    expect(Json.parseLiteral(literal, { three: 3 })).toStrictEqual({ a: [1, 'two', 3, null] })
  })

  it.each(['A', '[A]', '{ a: { b: A } }'])('is not the literal %s', (text) => {
    expect(codeOf(() => Json.parseLiteral(parseValue(text), {}))).toBe('BAD_USER_INPUT')
  })
})

describe('depthOf', () => {
  it.each([
    ['{ a }', 1],
    ['{ a { b } c { d { e } } }', 3],
    ['{ a { ... on T { b } } }', 2],
    ['{ ...F } fragment F on T { a { b } }', 2],
    ['{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c }', 3],
    ['query A { a } query B { a { b } }', 2],
    ['fragment F on T { a { b { c } } }', 0],
    ['{ __schema { types { fields { type { name } } } } }', 1],
    ['{ a { __typename } }', 2],
    ['{ ...F } fragment F on T { a { ...F } }', 1],
    ['{ ...Unknown a }', 1],
  ])('of %s is %i', (text, depth) => {
    expect(depthOf(parse(text))).toBe(depth)
  })
})

describe('isStorable', () => {
  it.each([null, undefined, 7, 'text', '🚀', { a: ['b', { c: 'd' }] }])('takes %j', (value) => {
    expect(isStorable(value)).toBe(true)
  })

  it.each(['\0', '\ud800', 'a\udc00', ['a', ['\0']], { a: { b: '\0' } }, { '\0': 1 }])(
    'refuses %j',
    (value) => {
      expect(isStorable(value)).toBe(false)
    },
  )
})

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toMatchObject({
      database: { dataDir: '.data' },
      port: 4000,
      host: '127.0.0.1',
      corsOrigins: [],
      graphiql: 'public',
      introspection: 'public',
      suggestions: true,
      costLimit: 10_000,
      bucket: { maximum: 20_000, restoreRate: 1_000 },
      redisUrl: null,
      operationModes: { default: 'open', clients: {} },
      operationsTenant: null,
      logLevel: 'info',
      requestTimeoutMs: 10_000,
      admission: { maxInFlight: 20, maxQueued: 200 },
      maxSubscriptions: 10_000,
      maxConnections: 5_000,
      keepAliveTimeoutMs: 65_000,
    })
  })

  it('works on twice as many requests as there are connections, unless it is told', () => {
    const maxInFlight = (env: Record<string, string>) => readConfig(env).admission.maxInFlight
    expect(maxInFlight({ DATABASE_POOL_SIZE: '25' })).toBe(50)
    expect(maxInFlight({ DATABASE_POOL_SIZE: '25', MAX_IN_FLIGHT: '8' })).toBe(8)
  })

  it('takes an empty variable as one that is not set', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '', CORS_ORIGINS: '' })).toEqual(readConfig({}))
  })

  it('reads every variable', () => {
    const env = {
      DATABASE_URL: 'postgresql://user:password@db:5432/deals',
      DATABASE_POOL_SIZE: '25',
      PORT: '8080',
      HOST: '0.0.0.0',
      CORS_ORIGINS: 'https://crm.example, http://localhost:3000',
      GRAPHIQL: 'false',
      INTROSPECTION: 'off',
      SUGGESTIONS: 'true',
      OPERATIONS_MODE: 'safelist',
      OPERATIONS_CLIENT_MODES: 'ios=require-id, Back office=log',
      OPERATIONS_TENANT: 'vendor',
      COST_LIMIT: '500',
      RATE_LIMIT_MAXIMUM: '600',
      RATE_LIMIT_RESTORE_RATE: '50',
      REDIS_URL: 'rediss://cache:6380/2',
      LOG_LEVEL: 'warn',
      REQUEST_TIMEOUT_MS: '2500',
      MAX_IN_FLIGHT: '30',
      MAX_QUEUED: '0',
      MAX_SUBSCRIPTIONS: '200',
      MAX_CONNECTIONS: '100',
      KEEP_ALIVE_TIMEOUT_MS: '5000',
    }
    expect(readConfig(env)).toMatchObject({
      database: { url: env.DATABASE_URL, poolSize: 25 },
      port: 8080,
      host: '0.0.0.0',
      corsOrigins: ['https://crm.example', 'http://localhost:3000'],
      graphiql: 'off',
      introspection: 'off',
      suggestions: true,
      costLimit: 500,
      bucket: { maximum: 600, restoreRate: 50 },
      redisUrl: 'rediss://cache:6380/2',
      operationModes: {
        default: 'safelist',
        clients: { ios: 'require-id', 'Back office': 'log' },
      },
      operationsTenant: 'vendor',
      logLevel: 'warn',
      requestTimeoutMs: 2_500,
      admission: { maxInFlight: 30, maxQueued: 0 },
      maxSubscriptions: 200,
      maxConnections: 100,
      keepAliveTimeoutMs: 5_000,
    })
  })

  it.each([
    ['DATABASE_URL', 'mysql://db/deals'],
    ['DATABASE_URL', 'db:5432'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_POOL_SIZE', 'many'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '40.5'],
    ['PORT', 'http'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'crm.example'],
    ['CORS_ORIGINS', 'https://crm.example,ftp://x'],
    ['GRAPHIQL', 'perhaps'],
    ['INTROSPECTION', 'perhaps'],
    ['SUGGESTIONS', 'perhaps'],
    ['COST_LIMIT', '0'],
    ['COST_LIMIT', 'none'],
    ['RATE_LIMIT_MAXIMUM', '-1'],
    ['RATE_LIMIT_MAXIMUM', '9999'],
    ['RATE_LIMIT_RESTORE_RATE', '0'],
    ['REDIS_URL', 'http://cache'],
    ['LOG_LEVEL', 'loud'],
    ['REQUEST_TIMEOUT_MS', '0'],
    ['REQUEST_TIMEOUT_MS', '3600000'],
    ['MAX_IN_FLIGHT', '0'],
    ['MAX_QUEUED', '-1'],
    ['MAX_SUBSCRIPTIONS', '-1'],
    ['MAX_CONNECTIONS', '0'],
    ['OPERATIONS_MODE', 'closed'],
    ['OPERATIONS_CLIENT_MODES', 'ios'],
    ['OPERATIONS_CLIENT_MODES', 'ios=closed'],
    ['OPERATIONS_CLIENT_MODES', '=open'],
    ['OPERATIONS_CLIENT_MODES', 'ios=open=log'],
    ['OPERATIONS_CLIENT_MODES', 'ios=open,'],
    ['KEEP_ALIVE_TIMEOUT_MS', '1.5'],
  ])('refuses %s=%s by its name', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name} is wrong: .+`))
  })

  it('shows the schema to authenticated viewers only where there is a database', () => {
    expect(readConfig({ DATABASE_URL: 'postgres://db/deals' })).toMatchObject({
      graphiql: 'authenticated',
      introspection: 'authenticated',
      suggestions: false,
    })
  })

  it('refuses a bucket that holds no operation as expensive as is allowed', () => {
    expect(() => readConfig({ COST_LIMIT: '30000' })).toThrow(
      'RATE_LIMIT_MAXIMUM is wrong: it is 20000, but must hold at least one operation of COST_LIMIT, which is 30000',
    )
  })

  it.each([
    ['true', 'public'],
    ['false', 'off'],
    ['authenticated', 'authenticated'],
  ])('reads GRAPHIQL=%s as %s', (written, graphiql) => {
    expect(readConfig({ GRAPHIQL: written })).toMatchObject({ graphiql })
  })

  it('has no limits of cost and rate that are off', () => {
    const limits = { COST_LIMIT: 'off', RATE_LIMIT_MAXIMUM: 'off' }
    expect(readConfig(limits)).toMatchObject({ costLimit: Number.POSITIVE_INFINITY, bucket: null })
  })

  it('names every variable that is wrong', () => {
    expect(() => readConfig({ PORT: 'x', GRAPHIQL: 'x' })).toThrow(
      /PORT is wrong.*GRAPHIQL is wrong/,
    )
  })
})

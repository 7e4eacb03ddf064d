import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'

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
    ['DEALGRAPH_KEY', 'dg_secret\nmore'],
    ['DEALGRAPH_URL', 'deals.example'],
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

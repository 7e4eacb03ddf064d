import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { BucketSize, Taken } from './bucket.ts'

export interface RedisBuckets {
  /** Whether it can be asked now. */
  isUp(): boolean
  /** Whether it was found not to answer. */
  isDown(): boolean
  /** Rejects when Redis does not answer in time; whether the cost was taken is then not known. */
  take(key: string, cost: number): Promise<Taken>
  settle(key: string, difference: number): void
  close(): void
}

/** A request waits no longer than this for Redis. */
const timeoutMs = 200
const reconnectMs = 1_000

/**
 * Takes a cost from a bucket if it holds it, or settles a difference in any case. Time is that of
 * Redis, so that the clocks of the gateways do not matter. A full bucket has no key.
 */
const script = `
local maximum, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local known = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = 0
if known[1] then
  local elapsed = math.max(0, now - tonumber(known[2]))
  level = math.max(0, tonumber(known[1]) - elapsed / 1000 * rate)
end
local settles = ARGV[4] == 'settle'
if not settles and level + cost > maximum then
  return { 0, tostring(level) }
end
level = math.max(0, level + cost)
if level > 0 then
  redis.call('HSET', KEYS[1], 'level', string.format('%.3f', level), 'at', string.format('%.3f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(level / rate * 1000))
else
  redis.call('DEL', KEYS[1])
end
return { 1, tostring(level) }
`

interface Client extends Redis {
  bucket(
    key: string,
    maximum: number,
    restoreRate: number,
    cost: number,
    purpose: 'take' | 'settle',
  ): Promise<[taken: number, level: string]>
}

/**
 * Buckets that all gateways share. While Redis does not answer nothing is sent to it, and nothing
 * waits for it: it counts as up again when it has run the script in time on a new connection.
 */
export function createRedisBuckets(
  url: string,
  { maximum, restoreRate }: BucketSize,
  log: Logger,
): RedisBuckets {
  let state: 'connecting' | 'up' | 'down' | 'closed' = 'connecting'
  const redis = connect(url)

  function ask(key: string, cost: number, purpose: 'take' | 'settle') {
    return redis.bucket(`dealgraph:bucket:${key}`, maximum, restoreRate, cost, purpose)
  }

  function fail(error: unknown): void {
    if (state === 'down' || state === 'closed') return
    state = 'down'
    log.warn(
      { reason: (error as Error | undefined)?.message },
      'Redis does not answer: this process keeps its own rate limits until it does',
    )
  }

  /** What is unanswered on this connection would only pile up: a new one tells when Redis is back. */
  function failAndReconnect(error: unknown): void {
    fail(error)
    if (state !== 'closed' && redis.status === 'ready') redis.disconnect(true)
  }

  async function prove(): Promise<void> {
    try {
      await ask('proof', 1, 'settle')
      if (state === 'down') log.info('Redis answers again: rate limits are shared')
      if (state !== 'closed') state = 'up'
    } catch (error) {
      failAndReconnect(error)
    }
  }

  redis.on('ready', prove)
  redis.on('error', fail)
  redis.on('close', () => fail(new Error('The connection was closed.')))

  return {
    isUp: () => state === 'up' && redis.status === 'ready',
    isDown: () => state === 'down',
    async take(key, cost) {
      try {
        const [taken, level] = await ask(key, cost, 'take')
        return { isTaken: taken === 1, available: maximum - Number(level) }
      } catch (error) {
        failAndReconnect(error)
        throw error
      }
    },
    settle(key, difference) {
      ask(key, difference, 'settle').catch(failAndReconnect)
    },
    close() {
      state = 'closed'
      redis.disconnect()
    },
  }
}

function connect(url: string): Client {
  const redis = new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: reconnectMs,
    retryStrategy: () => reconnectMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
  })
  redis.defineCommand('bucket', { numberOfKeys: 1, lua: script })
  return redis as Client
}

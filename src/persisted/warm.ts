import { setImmediate } from 'node:timers/promises'
import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'

/** An operation that some tenant's apps in the field may send at any moment. */
export interface ActiveOperation {
  tenantSlug: string
  client: string
  versions: string[]
  /** What clients send for it. */
  operationId: string
  name: string | null
  text: string
}

export interface WarmUpOptions {
  /** The documents behind routes of this gateway’s own. */
  own: readonly string[]
  active: () => AsyncIterable<ActiveOperation>
  /** Makes a document ready to be executed and remembers it, or throws why it cannot be. */
  warm: (text: string) => void
  log: Logger
  /** Whether to serve the others although the schema does not serve all. */
  allowBroken: boolean
}

const told = 20

/**
 * Has every active operation parsed and validated before a gateway is ready, and keeps it from
 * becoming so while the schema does not serve one: the apps that send it are in the field. The same
 * goes for the gateway’s own. The
 * function that it gives tells what stands in the way, and looks again each time that it is asked,
 * as a release may have been retired meanwhile.
 */
export function createWarmUp(options: WarmUpOptions): () => Promise<string[]> {
  const { log, allowBroken } = options
  let isWarm = false
  let looking: Promise<string[]> | undefined
  let toldBefore = ''
  const look = async () => {
    const broken = await brokenOf(options)
    const isNews = broken.join() !== toldBefore
    toldBefore = broken.join()
    if (isNews) for (const reason of broken) log.error({ reason }, 'an active operation is broken')
    isWarm = broken.length === 0 || allowBroken
    return isWarm ? [] : shortened(broken)
  }
  return async () => {
    if (isWarm) return []
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
}

async function brokenOf({ own, active, warm }: WarmUpOptions): Promise<string[]> {
  const broken: string[] = []
  const look = async (title: string, text: string, mayBeDear: boolean) => {
    const error = errorOf(() => warm(text))
    if (error && !(mayBeDear && isTooDear(error)))
      broken.push(`${title} is broken: ${problemOf(error)}`)
    // Others are served meanwhile, such as those who ask whether this process is ready.
    await setImmediate()
  }
  // Where limits are lower than a route needs it is refused, and that is no reason not to start.
  for (const text of own) await look(`The gateway’s own "${text.split('\n')[0]}"`, text, true)
  for await (const operation of active()) await look(titleOf(operation), operation.text, false)
  return broken
}

function errorOf(work: () => void): unknown {
  try {
    work()
    return null
  } catch (error) {
    return error
  }
}

function isTooDear(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions.code === 'TOO_EXPENSIVE'
}

function titleOf({ tenantSlug, client, versions, operationId, name }: ActiveOperation): string {
  return `${name ?? 'An operation'} (${operationId}) of ${client} ${versions.join(', ')}, tenant ${tenantSlug},`
}

function problemOf(error: unknown): string {
  if (error instanceof AggregateError) return (error.errors[0] as Error).message
  return (error as Error).message
}

function shortened(broken: string[]): string[] {
  if (broken.length <= told) return broken
  return [...broken.slice(0, told), `${broken.length - told} more operations are broken.`]
}

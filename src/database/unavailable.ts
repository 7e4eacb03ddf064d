/** No connection to the database could be had: of the transaction that wanted it nothing is done. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable'
}

/** The server takes no login at the moment, as it starts, ends or has too many. */
const notNow = /^(08|53|57)/

/**
 * The failure to connect as what it is to a client: a server that does not answer or takes no more
 * will, while one that refuses this login is a fault of the configuration.
 */
export function connectFailure(error: unknown): Error {
  const { code, severity } = error as { code?: string; severity?: string }
  if (severity !== undefined && !notNow.test(code ?? '')) return error as Error
  return new DatabaseUnavailable('no connection to the database', { cause: error })
}

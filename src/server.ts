import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import type { App } from './app.ts'

export interface RunningServer {
  /** Where it listens, such as `http://localhost:4000`. */
  url: string
  /** Stops accepting, waits for requests in flight, at most for the grace period, and resolves. */
  stop(graceMs: number): Promise<void>
}

export function startServer(
  app: App,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    const server = serve({
      fetch: app.fetch,
      hostname: host,
      port,
      overrideGlobalObjects: false,
    }) as Server
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} of ${host} is taken: set PORT to another.`)
          : error,
      ),
    )
    server.once('listening', () => {
      const { port: bound } = server.address() as AddressInfo
      resolve({
        url: `http://${displayHost(host)}:${bound}`,
        stop: (graceMs) => stop(server, graceMs),
      })
    })
  })
}

/**
 * How long a stopping server still takes requests: those on the wire, and those of a balancer that
 * has not noticed yet.
 */
const lingerMs = 500

async function stop(server: Server, graceMs: number): Promise<void> {
  await setTimeout(lingerMs)
  // Once around the event loop, so that what arrived while it was busy is read before the listener
  // closes.
  await setImmediate()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const forced = setTimeout(graceMs, undefined, { ref: false }).then(() =>
    server.closeAllConnections(),
  )
  await Promise.race([closed, forced])
}

function displayHost(host: string): string {
  return ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host
}

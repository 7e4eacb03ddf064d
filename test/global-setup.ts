import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../src/database/embedded.ts'
import { deployMigrations } from '../src/database/migrations.ts'
import { leaksIn } from './log-audit.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * A migrated database that each worker process makes its own from: a server's template, or a
     * dump of the embedded one.
     */
    template: { url: string; name: string } | { dump: string }
    /** The directory where the run keeps what requests said and what the gateway logged. */
    logAudit: string
  }
}

export default async function setUp(project: TestProject) {
  const url = process.env.DATABASE_URL
  const logs = await mkdtemp(join(tmpdir(), 'dealgraph-logs-'))
  project.provide('logAudit', logs)
  const removeTemplate = await (url ? serverTemplate(project, url) : embeddedTemplate(project))
  return async () => {
    await removeTemplate()
    const leaks = leaksIn(logs)
    await rm(logs, { recursive: true })
    if (leaks.length === 0) return
    // Vitest tells of an error here and ends well all the same.
    process.exitCode = 1
    throw new Error(`The logs of the run hold ${JSON.stringify(leaks)}`)
  }
}

async function embeddedTemplate(project: TestProject) {
  const dump = join(tmpdir(), `dealgraph-test-${process.pid}.dump`)
  const embedded = await openEmbedded()
  await deployMigrations(embedded.poolConfig)
  await writeFile(dump, await embedded.dump())
  await embedded.close()
  project.provide('template', { dump })
  return () => rm(dump, { force: true })
}

async function serverTemplate(project: TestProject, url: string) {
  const name = `dealgraph_test_${randomBytes(4).toString('hex')}`
  const admin = new pg.Pool({ connectionString: url, max: 1 })
  await admin.query(`CREATE DATABASE ${name}`)
  const template = new URL(url)
  template.pathname = `/${name}`
  await deployMigrations({ connectionString: template.href })
  project.provide('template', { url, name })
  return async () => {
    const { rows } = await admin.query('SELECT datname FROM pg_database WHERE datname LIKE $1', [
      `${name}%`,
    ])
    for (const { datname } of rows) await admin.query(`DROP DATABASE ${datname} WITH (FORCE)`)
    await admin.end()
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { connectDatabase } from '../../src/database/connect.ts'
import { wholeTenant } from '../../src/database/tenant-view.ts'
import { dealgraph, type Environment, freshPlace, type Place, startGateway } from './gateway.ts'

const cli = new URL('../../dist/cli.js', import.meta.url).pathname
const brokenText = 'query Role { viewer { nickname } }'
const release = ['--client', 'ios', '--version', '1.4.0', '--tenant', 'acme']

let place: Place
let env: Environment
let key: string
const running: ChildProcess[] = []

/** A tenant whose app sends an operation that the schema serves no more. */
beforeAll(async () => {
  place = await freshPlace()
  env = place.env
  const { tenantId } = JSON.parse(await dealgraph(env, 'tenant', 'create', 'acme', '--json'))
  const made = await dealgraph(
    env,
    'key',
    'create',
    '--tenant',
    'acme',
    '--role',
    'ADMIN',
    '--json',
  )
  key = JSON.parse(made).key
  const manifest = join(tmpdir(), `manifest-${process.pid}.json`)
  await writeFile(manifest, JSON.stringify({ role: 'query Role { viewer { role } }' }))
  await dealgraph(env, 'operations', 'push', manifest, ...release)
  await rm(manifest)
  await dealgraph(env, 'operations', 'activate', ...release)
  const connection = await connectDatabase(readConfig(env).database, 'test')
  const sha256 = createHash('sha256').update(brokenText).digest('hex')
  await connection.database.write(wholeTenant(tenantId), (db) =>
    db.persistedOperation.updateMany({ where: { tenantId }, data: { text: brokenText, sha256 } }),
  )
  await connection.close()
})

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await place.remove()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Starts a gateway that may never say that it is ready. */
async function start() {
  const port = await freePort()
  const child = spawn(process.execPath, [cli, 'serve'], {
    env: { ...process.env, ...env, PORT: String(port), LOG_LEVEL: 'error' },
  })
  running.push(child)
  let [output, log] = ['', '']
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    log += chunk
  })
  const url = `http://127.0.0.1:${port}`
  const ready = async () => {
    const response = await fetch(`${url}/health/ready`).catch(() => null)
    return response && { status: response.status, body: await response.text() }
  }
  return { child, url, ready, output: () => output, log: () => log }
}

const reason = 'Role (role) of ios 1.4.0, tenant acme, is broken'
const patience = { timeout: 60_000 }

describe('an active operation that the schema does not serve', () => {
  it('is named by the check that goes before a change of the schema', async () => {
    await expect(dealgraph(env, 'operations', 'check')).rejects.toThrow(
      'Role of ios 1.4.0, tenant acme: Cannot query field "nickname"',
    )
  })

  it('does not keep a gateway that is told to do without it', async () => {
    const command = [process.execPath, cli, 'serve', '--allow-broken-operations']
    const gateway = await startGateway(env, command)
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200)
    await gateway.kill('SIGTERM')
  })

  it('keeps a gateway from being ready until its release is retired', async () => {
    const { child, url, ready, output, log } = await start()
    await expect.poll(async () => (await ready())?.status, patience).toBe(503)
    await expect.poll(async () => (await ready())?.body, patience).toContain(reason)
    expect([output(), log().includes(reason)]).toEqual(['', true])
    const query =
      'mutation { retireClientRelease(input: { client: "ios", version: "1.4.0" }) { userErrors { message } } }'
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    const body = JSON.stringify({ query })
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body })
    expect(await answer.json()).toMatchObject({ data: { retireClientRelease: { userErrors: [] } } })
    await expect.poll(output, patience).toContain('GraphiQL')
    expect((await ready())?.status).toBe(200)
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
})

it('a tenant that shares its operations must be there', async () => {
  const gateway = startGateway({ ...env, OPERATIONS_TENANT: 'nobody' })
  await expect(gateway).rejects.toThrow('OPERATIONS_TENANT is wrong: there is no tenant nobody')
})

import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  demoKeyOf,
  type Environment,
  freshPlace,
  type Gateway,
  type Place,
  startGateway,
} from './gateway.ts'

const folder = new URL('../../examples/mobile/', import.meta.url)
const run = promisify(execFile)

let place: Place
let gateway: Gateway
let env: Environment

beforeAll(async () => {
  place = await freshPlace()
  gateway = await startGateway({ ...place.env, OPERATIONS_CLIENT_MODES: 'mobile=require-id' })
  env = { DEALGRAPH_URL: gateway.url, DEALGRAPH_KEY: await demoKeyOf(place, gateway) }
})

afterAll(async () => {
  await gateway.kill('SIGKILL')
  await place.remove()
  await rm(new URL('manifest.json', folder), { force: true })
})

/** Runs a script of the example as its README says, and gives what it prints. */
async function npmRun(script: string): Promise<string> {
  const options = { cwd: folder, env: { ...process.env, ...env } }
  return (await run('npm', ['run', '--silent', script], options)).stdout
}

describe('examples/mobile', () => {
  it('is served nothing before its operations are registered', async () => {
    await npmRun('manifest')
    await expect(npmRun('start')).rejects.toThrow('Board: PERSISTED_QUERY_NOT_IN_LIST')
  })

  it('works by ids alone from their activation on', async () => {
    expect(await npmRun('push')).toContain('mobile 1.0.0 is PENDING, with 3 operations')
    await expect(npmRun('start')).rejects.toThrow('Board: PERSISTED_QUERY_NOT_IN_LIST')
    expect(await npmRun('activate')).toContain('mobile 1.0.0 is ACTIVE')
    const shown = await npmRun('start')
    expect(shown).toMatch(/^Board of Sales\n\nLead \(17: \d+ EUR, 40: \d+ USD\)\n( {2}.+\n){3}/)
    expect(shown).toMatch(/\nNext page of Lead\n( {2}.+\n){3}\n/)
    expect(shown).toMatch(/\nMoved .+ to Qualified, version 2\n/)
    expect(shown).toMatch(/\nMoved again: VERSION_CONFLICT, it is in Qualified at version 2\n$/)
  })

  it('may be run again', async () => {
    await npmRun('release')
    expect(await npmRun('start')).toContain('to Qualified, version 2')
  })
})

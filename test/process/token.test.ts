import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { audience, claimsOf, issuer, type SigningKey, signingKey } from '../jwt-fixtures.ts'
import {
  type Environment,
  embeddedPlace,
  type Gateway,
  type Place,
  startGateway,
} from './gateway.ts'

const gateways: Gateway[] = []
let place: Place
let key: SigningKey
let file: string

beforeEach(async () => {
  place = await embeddedPlace()
  key = await signingKey('first')
  file = join(place.env.DATA_DIR ?? '', 'jwks.json')
})

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.kill('SIGKILL')))
  await place.remove()
})

async function start(env: Environment): Promise<Gateway> {
  const common = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience }
  const gateway = await startGateway({ ...place.env, ...common, ...env })
  gateways.push(gateway)
  return gateway
}

it('takes the tokens that its environment describes, and keys even without them', async () => {
  await writeFile(file, JSON.stringify({ keys: [key.public] }))
  const first = await start({ JWT_JWKS_FILE: file, JWT_CREATE_MEMBERS_AS: 'READ_ONLY' })
  const token = await key.sign(claimsOf({ slug: 'demo' }, { name: 'Ada' }))
  const query = '{ viewer { role member { name } } }'
  const { viewer } = await first.graphql(token, query)
  expect(viewer).toEqual({ role: 'READ_ONLY', member: { name: 'Ada' } })
  const expired = await key.sign(claimsOf({ slug: 'demo' }, { exp: 1 }))
  await expect(first.graphql(expired, query)).rejects.toThrow(/UNAUTHENTICATED/)
  await first.kill('SIGTERM')
  const second = await start({ JWT_JWKS_URL: 'http://127.0.0.1:9/jwks' })
  await expect(second.graphql(token, query)).rejects.toThrow(/UNAVAILABLE/)
  const demo = await second.graphql(second.demoKey ?? '', query)
  expect(demo.viewer.role).toBe('ADMIN')
})

it('does not start on a file that holds no keys', async () => {
  const env = { JWT_JWKS_FILE: file }
  await expect(start(env)).rejects.toThrow(/^JWT_JWKS_FILE is wrong: .*ENOENT\n$/)
  await writeFile(file, 'secret: 1')
  await expect(start(env)).rejects.toThrow(/^JWT_JWKS_FILE is wrong: .* Key Set: .*\n$/)
  await expect(start({ ...env, JWT_ISSUER: '' })).rejects.toThrow(/^JWT_ISSUER is wrong: /)
})

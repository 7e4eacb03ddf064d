import { afterEach, expect, it } from 'vitest'
import {
  demoKeyOf,
  embeddedPlace,
  freshPlace,
  type Gateway,
  type Place,
  startGateway,
} from './gateway.ts'

const gateways: Gateway[] = []
const places: Place[] = []

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.kill('SIGKILL')))
  await Promise.all(places.splice(0).map((place) => place.remove()))
})

async function start(place: Place): Promise<Gateway> {
  const gateway = await startGateway(place.env)
  gateways.push(gateway)
  return gateway
}

async function fresh(make = freshPlace): Promise<Place> {
  const place = await make()
  places.push(place)
  return place
}

it('serves a query on a fresh database', async () => {
  const place = await fresh()
  const gateway = await start(place)
  const key = await demoKeyOf(place, gateway)
  const { viewer, deals } = await gateway.graphql(key, '{ viewer { role } deals { totalCount } }')
  expect(viewer.role).toBe('ADMIN')
  expect(deals.totalCount).toBe(300)
  expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
  expect(await (await fetch(`${gateway.url}/health/ready`)).json()).toEqual({ status: 'ready' })
})

it('is built and started by npm start', async () => {
  const place = await fresh(embeddedPlace)
  const gateway = await startGateway(place.env, ['npm', 'start'])
  gateways.push(gateway)
  const { deals } = await gateway.graphql(gateway.demoKey ?? '', '{ deals { totalCount } }')
  expect(deals.totalCount).toBe(300)
})

it('prints the same key and holds the same deals after a restart', async () => {
  const place = await fresh(embeddedPlace)
  const first = await start(place)
  const lines = first.output().trim().split('\n')
  expect(lines).toEqual([`GraphiQL  ${first.url}/graphql`, `Demo key  ${first.demoKey}`])
  expect(await first.kill('SIGTERM')).toBe(0)
  const second = await start(place)
  expect(second.demoKey).toBe(first.demoKey)
  const { deals } = await second.graphql(second.demoKey ?? '', '{ deals { totalCount } }')
  expect(deals.totalCount).toBe(300)
})

it('refuses a second process on the same directory and names the first', async () => {
  const place = await fresh(embeddedPlace)
  const first = await start(place)
  const refusal = new RegExp(`process ${first.process.pid} \\(dealgraph serve\\)`)
  await expect(startGateway(place.env)).rejects.toThrow(refusal)
})

it('answers the requests in flight before it ends on SIGTERM', async () => {
  const place = await fresh()
  const gateway = await start(place)
  const key = await demoKeyOf(place, gateway)
  const slow = Array.from({ length: 10 }, () =>
    gateway.graphql(key, '{ deals(first: 100) { nodes { name history { nodes { note } } } } }'),
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  const code = gateway.kill('SIGTERM')
  for (const answer of await Promise.all(slow)) expect(answer.deals.nodes).toHaveLength(100)
  expect(await code).toBe(0)
})

it('says in one sentence what is wrong with its configuration', async () => {
  await expect(startGateway({ PORT: 'eighty' })).rejects.toThrow(/^PORT /)
  await expect(startGateway({ DATABASE_URL: 'mysql://localhost/deals' })).rejects.toThrow(
    /^DATABASE_URL .*postgres/,
  )
})

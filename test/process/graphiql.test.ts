import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hostsAskedBy, launchBrowser } from './browser.ts'
import { embeddedPlace, type Gateway, type Place, startGateway } from './gateway.ts'

let place: Place
let gateway: Gateway
let browser: Browser

beforeAll(async () => {
  place = await embeddedPlace()
  gateway = await startGateway(place.env)
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.kill('SIGTERM')
  await place?.remove()
})

it('runs an example query in the browser and asks no other host', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const hosts = hostsAskedBy(page)
  await page.goto(`${gateway.url}/graphql`)
  await page.getByRole('button', { name: /execute query/i }).click()
  // The editor shows its spaces as no-break spaces.
  const answer = async () =>
    (await page.locator('.graphiql-response').textContent())?.replaceAll('\u00a0', ' ')
  await expect.poll(answer, { timeout: 60_000 }).toContain('"name": "Lead"')
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT })
  expect([...hosts]).toEqual([new URL(gateway.url).host])
})

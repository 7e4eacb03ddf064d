import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hostsAskedBy, launchBrowser } from './browser.ts'
import { embeddedPlace, type Gateway, type Place, startGateway } from './gateway.ts'

const patience = { timeout: 30_000 }

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

/** All that a browser complains of in a page, such as what its policy does not allow. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
  return complaints
}

async function authorize(page: Page, key: string): Promise<void> {
  await page.locator('.scheme-container').getByRole('button', { name: 'Authorize' }).click()
  const dialog = page.locator('.auth-container')
  await dialog.getByRole('textbox').fill(key)
  await dialog.getByRole('button', { name: 'Apply credentials' }).click()
  await dialog.getByRole('button', { name: 'Close' }).click()
}

it('shows each API and reads a deal with a key, and asks no other host', async () => {
  const key = gateway.demoKey ?? ''
  const { deals } = await gateway.graphql(key, '{ deals(first: 1) { nodes { id name } } }')
  const [deal] = deals.nodes
  const page = await browser.newPage({ viewport: { width: 1440, height: 1600 } })
  const hosts = hostsAskedBy(page)
  const complaints = complaintsOf(page)
  const operations = page.locator('.opblock')
  const operation = operations.first()

  await page.goto(`${gateway.url}/reference`)
  await authorize(page, key)
  await operation.click()
  await operation.getByRole('button', { name: 'Try it out' }).click()
  await operation.getByPlaceholder('id').fill(deal.id.replace('deal_', ''))
  await operation.getByRole('button', { name: 'Execute' }).click()
  const answer = operation.locator('.live-responses-table')
  await expect
    .poll(() => answer.locator('.response-col_status').last().textContent(), patience)
    .toBe('200')
  expect(await answer.textContent()).toContain(`"name": ${JSON.stringify(deal.name)}`)
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT })

  const choice = page.getByRole('combobox', { name: 'Select a definition' })
  expect(await choice.getByRole('option').allTextContents()).toEqual([
    'Backside',
    'YSuite',
    'Heffl',
  ])
  await choice.selectOption('YSuite')
  await expect.poll(() => operations.count(), patience).toBe(5)
  await choice.selectOption('Heffl')
  await expect.poll(() => operations.count(), patience).toBe(1)
  // What the API refuses is not in the body that the page proposes.
  await operation.click()
  const example = operation.locator('.body-param__example')
  expect(await example.textContent()).toMatch(/"title"(?!.*additionalProp)/s)
  expect([...hosts]).toEqual([new URL(gateway.url).host])
  expect(complaints).toEqual([])
})

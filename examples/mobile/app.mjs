import { readFile } from 'node:fs/promises'

const { DEALGRAPH_URL: gateway = 'http://localhost:4000', DEALGRAPH_KEY: key } = process.env

// An app has the ids compiled in, and no text of any operation.
const manifest = JSON.parse(await readFile(new URL('manifest.json', import.meta.url), 'utf8'))
const ids = Object.fromEntries(manifest.operations.map(({ name, id }) => [name, id]))

async function send(name, variables) {
  const response = await fetch(new URL('/graphql', gateway), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'graphql-client-name': 'mobile',
      'graphql-client-version': '1.0.0',
    },
    body: JSON.stringify({ documentId: `sha256:${ids[name]}`, variables }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(`${name}: ${errors[0].extensions.code} – ${errors[0].message}`)
  return data
}

function print(deals) {
  for (const { name, amount, currency } of deals) {
    console.log(`  ${name}${amount === null ? '' : `  ${amount} ${currency}`}`)
  }
}

const { pipelines } = await send('Board', { first: 3 })
const { name, stages } = pipelines.find(({ isDefault }) => isDefault)
console.log(`Board of ${name}`)
for (const { name, totals, deals } of stages) {
  const sums = totals.map(({ count, amount, currency }) => `${count}: ${amount} ${currency}`)
  console.log(`\n${name} (${sums.join(', ')})`)
  print(deals.nodes)
}

const [from, to] = stages
const { endCursor: after } = from.deals.pageInfo
const { node } = await send('NextPage', { stageId: from.id, first: 3, after })
console.log(`\nNext page of ${from.name}`)
print(node.deals.nodes)

const [deal] = from.deals.nodes
const input = { dealId: deal.id, stageId: to.id, expectedVersion: deal.version }
const { moveDeal: moved } = await send('MoveDeal', { input })
if (moved.userErrors.length > 0) throw new Error(moved.userErrors[0].message)
console.log(`\nMoved ${deal.name} to ${moved.deal.stageName}, version ${moved.deal.version}`)

// The same from another phone, whose board is of before: it changes nothing, and the answer has the
// deal as it is now, so that the phone can show it.
const { moveDeal: stale } = await send('MoveDeal', { input })
const [{ code, currentVersion, deal: current }] = stale.userErrors
console.log(`Moved again: ${code}, it is in ${current.stageName} at version ${currentVersion}`)

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dealgraph, freshPlace } from './gateway.ts'

const example = new URL('../../examples/sales-pipeline.csv', import.meta.url).pathname
const map =
  'externalId=opportunity_id,name=opportunity_id,stage=deal_stage,organization=account,owner=sales_agent,source=product,createdAt=engage_date,closedAt=close_date,amount=close_value'
/** Enough for some pages of an export and some batches of an import. */
const rows = 1_500
const pipeline = [
  ...['--pipeline', 'Sales', '--stages', 'Prospecting,Engaging,Won,Lost'],
  ...['--won', 'Won', '--lost', 'Lost', '--json'],
]

it('exports deals that another tenant imports', async () => {
  const place = await freshPlace()
  const folder = await mkdtemp(join(tmpdir(), 'dealgraph-export-'))
  const [sample, first, second] = ['sample.csv', 'first.jsonl', 'second.jsonl'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  const run = (...args: string[]) => dealgraph(place.env, ...args)
  try {
    const lines = (await readFile(example, 'utf8')).split('\n')
    await writeFile(sample, lines.slice(0, rows + 1).join('\n'))
    for (const slug of ['acme', 'copy']) await run('tenant', 'create', slug)
    const mapped = ['--tenant', 'acme', '--map', map, '--entry', 'Engaging']
    await run('import', sample, ...mapped, ...pipeline)
    const written = await run('export', '--tenant', 'acme', '--output', first)
    expect(written).toBe(`${rows} deals written to ${first}.`)
    const check = await run('import', first, '--tenant', 'copy', '--check', ...pipeline)
    const counts = await run('import', first, '--tenant', 'copy', ...pipeline)
    const created = `{"read":${rows},"created":${rows},"updated":0,"unchanged":0,"rejected":0}`
    expect([check, counts]).toEqual([created, created])
    await run('export', '--tenant', 'copy', '--output', second)
    expect(await readFile(second, 'utf8')).toBe(await readFile(first, 'utf8'))
    const again = await run('import', second, '--tenant', 'acme', ...pipeline)
    expect(again).toBe(`{"read":${rows},"created":0,"updated":0,"unchanged":${rows},"rejected":0}`)
  } finally {
    await place.remove()
    await rm(folder, { recursive: true })
  }
})

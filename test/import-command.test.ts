import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { registerImport } from '../src/commands/import.ts'
import { openCsv } from '../src/csv/service.ts'
import { type TestTenant, testTenant } from './harness.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-import-'))
})
afterAll(() => rm(directory, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

async function fileOf(text: string | Buffer): Promise<string> {
  const path = join(await mkdtemp(join(directory, 'file-')), 'deals.csv')
  await writeFile(path, text)
  return path
}

async function readAll(text: string | Buffer) {
  const { columns, rows } = await openCsv(await fileOf(text))
  const read = []
  for await (const row of rows) read.push(row)
  return { columns, rows: read }
}

describe('openCsv', () => {
  test('reads a byte order mark, quoted line breaks, empty lines and rows of any length', async () => {
    expect(await readAll('\ufeffa, b\r\n1,"x\r\ny"\r\n\r\n2,say "hi"\r\n3\r\n4,5,6')).toEqual({
      columns: ['a', 'b'],
      rows: [
        { line: 2, cells: ['1', 'x\r\ny'] },
        { line: 5, cells: ['2', 'say "hi"'] },
        { line: 6, cells: ['3'] },
        { line: 7, cells: ['4', '5', '6'] },
      ],
    })
  })

  test('loses one line to a quote that is never closed', async () => {
    const { rows } = await readAll('a,b\n1,é\n\n2,"open\n3,three\n4,"four"\n5,"open\n6,six\n')
    expect(rows).toEqual([
      { line: 2, cells: ['1', 'é'] },
      { line: 4, cells: ['2', '"open'], fault: 'a quoted cell is not closed' },
      { line: 5, cells: ['3', 'three'] },
      { line: 6, cells: ['4', 'four'] },
      { line: 7, cells: ['5', '"open'], fault: 'a quoted cell is not closed' },
      { line: 8, cells: ['6', 'six'] },
    ])
  })

  test('does not take the rest of a large file into one cell', async () => {
    const lines = Array.from({ length: 120_000 }, (_, index) => `${index},some text`)
    const { rows } = await readAll(`a,b\n"open,1\n${lines.join('\n')}\n`)
    expect(rows[0]).toMatchObject({ line: 2, fault: expect.stringContaining('not closed') })
    expect(rows).toHaveLength(120_001)
    expect(rows.at(-1)).toEqual({ line: 120_002, cells: ['119999', 'some text'] })
  })

  test('says in a sentence that a file is missing or empty', async () => {
    await expect(openCsv(join(directory, 'none.csv'))).rejects.toThrow(
      /^There is no file .*none\.csv\.$/,
    )
    await expect(openCsv(directory)).rejects.toThrow('is a directory')
    await expect(openCsv(await fileOf(''))).rejects.toThrow('is empty')
  })
})

describe('dealgraph import', () => {
  const map = 'externalId=id,name=id,stage=stage,amount=value'
  const stages = ['--stages', 'Lead,Won,Lost', '--won', 'Won', '--lost', 'Lost']

  async function command(
    tenant: Pick<TestTenant, 'database' | 'slug'>,
    path: string,
    ...flags: string[]
  ) {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const program = new Command().exitOverride()
    registerImport(program, (_holder, work) => work(tenant.database))
    const required = ['--tenant', tenant.slug, '--pipeline', 'Sales', '--map', map]
    await program.parseAsync(['import', path, ...required, ...stages, ...flags], { from: 'user' })
    const printed = write.mock.calls.map(([text]) => String(text)).join('')
    write.mockRestore()
    return printed.trimEnd().split('\n')
  }

  test('prints the counts and nothing else as JSON', async () => {
    const path = await fileOf('id,stage,value\n1,Lead,5\n2,Won,6\n')
    expect(await command(await testTenant(), path, '--json')).toEqual([
      '{"read":2,"created":2,"updated":0,"unchanged":0,"rejected":0}',
    ])
  })

  test('writes rejected rows to a file beside, whose mended rows can be imported', async () => {
    const tenant = await testTenant()
    const path = await fileOf('id,stage,value\n1,Lead,5\n2,Sold,"1,000"\n3,Won\n4,Won,7,8\n')
    const rejectsPath = path.replace('.csv', '.rejects.csv')
    const printed = await command(tenant, path)
    expect(printed[0]).toBe('4 rows read: 1 created, 0 updated, 0 unchanged, 3 rejected.')
    expect(printed[1]).toContain(rejectsPath)
    const rejects = await readFile(rejectsPath, 'utf8')
    expect(rejects.split('\n')).toEqual([
      'id,stage,value,line,rejection',
      expect.stringMatching(
        /^2,Sold,"1,000",3,"stage ""Sold"" is no stage .*; amount ""1,000"" is no plain/,
      ),
      '3,Won,,4,the row has 2 cells and the file 3 columns',
      '4,Won,7,5,the row has 4 cells and the file 3 columns,8',
      '',
    ])
    await writeFile(path, rejects.replace('Sold,"1,000"', 'Won,1000'))
    expect((await command(tenant, path))[0]).toMatch(
      '3 rows read: 2 created, 0 updated, 0 unchanged, 1 rejected.',
    )
  })

  test('removes the rejects of an earlier run', async () => {
    const path = await fileOf('id,stage,value\n1,Lead,5\n')
    const rejectsPath = path.replace('.csv', '.rejects.csv')
    await writeFile(rejectsPath, 'stale')
    await command(await testTenant(), path)
    await expect(readFile(rejectsPath)).rejects.toThrow('ENOENT')
  })

  test('fails with a sentence for an unknown tenant', async () => {
    const { database } = await testTenant()
    const path = await fileOf('id,stage,value\n')
    await expect(command({ database, slug: 'nobody' }, path)).rejects.toThrow(
      'There is no tenant nobody.',
    )
  })
})

import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openJsonLines } from '../src/json-lines/service.ts'
import { command, folder } from './export-fixtures.ts'
import { ask, pipelineFixture, untouched } from './fixtures.ts'
import { testTenant } from './harness.ts'

let directory: string
beforeAll(async () => {
  directory = await folder()
})

async function fileOf(content: string | Buffer, name = 'deals.jsonl'): Promise<string> {
  const path = join(await mkdtemp(join(directory, 'file-')), name)
  await writeFile(path, content)
  return path
}

async function readAll(content: string | Buffer, options = {}) {
  const { columns, rows } = await openJsonLines(await fileOf(content), options)
  const read = []
  for await (const { text: _, ...row } of rows) read.push(row)
  return { columns, rows: read }
}

describe('openJsonLines', () => {
  test('reads objects of any keys, line by line', async () => {
    const lines = [
      '\ufeff{"a":1.5,"b":"x\u2028y"}\r',
      '',
      '{"c":[1,{"d":null}],"a":null}',
      '{"b":true}',
    ]
    expect(await readAll(lines.join('\n'), { decimal: ',' })).toEqual({
      columns: ['a', 'b', 'c'],
      rows: [
        { line: 1, cells: ['1,5', 'x\u2028y', ''] },
        { line: 3, cells: ['', '', '[1,{"d":null}]'] },
        { line: 4, cells: ['', 'true', ''] },
      ],
    })
  })

  test('gives faults to lines that are no objects, and reads on', async () => {
    const long = `{"a":"${'x'.repeat(4_000_001)}"}`
    const lines = ['[1]', '{"a":', long, Buffer.from([0x22, 0xff]), '{"a":"\ufffd"}']
    const content = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]))
    const { rows } = await readAll(content)
    expect(rows.map(({ line, fault }) => [line, fault])).toEqual([
      [1, 'the line is no JSON object'],
      [2, 'the line is no JSON object'],
      [3, 'the line has more than 4000000 bytes'],
      [4, 'the line contains bytes that are not UTF-8'],
      [5, undefined],
    ])
  })

  test('says in a sentence that a file is missing', async () => {
    await expect(openJsonLines(join(directory, 'none.jsonl'))).rejects.toThrow(/^There is no file/)
  })
})

describe('dealgraph import of JSON Lines', () => {
  const line = (values: object) =>
    `${JSON.stringify({ externalId: '1', name: 'Mill', stage: 'Lead', ...values })}\n`

  test('reads typed values, and notices keys that are no fields', async () => {
    const t = await testTenant()
    await pipelineFixture(t)
    const path = await fileOf(
      line({ amount: 1054.5, tags: ['a;b', 'c'], metadata: { a: 1 }, colour: 'red' }),
    )
    const { output, notices } = await command(
      t,
      'import',
      path,
      '--pipeline',
      'Sales',
      '--decimal',
      ',',
    )
    expect(output).toBe('1 rows read: 1 created, 0 updated, 0 unchanged, 0 rejected.\n')
    expect(notices).toBe('Ignored, as no field has the name: colour\n')
    const { deals } = await ask(t, '{ deals { nodes { amount metadata tags { name } } } }')
    expect(deals.nodes).toEqual([
      { amount: '1054.5', metadata: { a: 1 }, tags: [{ name: 'a;b' }, { name: 'c' }] },
    ])
  })

  test('writes rejected lines to a file beside, which can be mended and imported', async () => {
    const t = await testTenant()
    await pipelineFixture(t)
    const path = await fileOf(`${line({ tags: ['x'], stage: 'Sold' })}no JSON\n`, 'deals.ndjson')
    const args = [
      'import',
      path,
      '--pipeline',
      'Sales',
      '--map',
      'externalId=externalId,name=name,stage=stage,tags=tags',
    ]
    await untouched([t], () => command(t, ...args, '--check'))
    const rejects = path.replace('.ndjson', '.rejects.ndjson')
    const written = await readFile(rejects, 'utf8')
    expect(
      written
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text)),
    ).toEqual([
      {
        ...{ externalId: '1', name: 'Mill', stage: 'Sold', tags: ['x'], line: 1 },
        rejection: expect.stringMatching(/^stage "Sold" is no stage of the pipeline/),
      },
      { text: 'no JSON', line: 2, rejection: 'the line is no JSON object' },
    ])
    await writeFile(path, written.replace('Sold', 'Won'))
    const { output } = await command(t, ...args, '--json')
    expect(JSON.parse(output)).toMatchObject({ read: 2, created: 1, rejected: 1 })
  })

  test('tells by --format what the name of the file does not', async () => {
    const t = await testTenant()
    await pipelineFixture(t)
    const path = await fileOf(line({}), 'deals.txt')
    const args = ['import', path, '--pipeline', 'Sales', '--json']
    await expect(command(t, ...args)).rejects.toThrow('No column is named')
    const { output } = await command(t, ...args, '--format', 'jsonl', '--check')
    expect(JSON.parse(output).created).toBe(1)
    await expect(command(t, ...args, '--dates', 'soon')).rejects.toThrow(
      'DMY, MDY, YMD or a locale',
    )
  })
})

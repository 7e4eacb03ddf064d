import { describe, expect, test } from 'vitest'
import { Prisma } from '../src/generated/prisma/client.ts'
import { decide, type ExistingDeal, type ImportRow, type Known } from '../src/import-deal/rules.ts'
import { findColumns, mapByName, parseList, parseMap } from '../src/import-field/rules.ts'
import { correctedClosedAt, firstEntries, type ImportStage } from '../src/import-history/rules.ts'
import { findEntryStage, planStages } from '../src/import-pipeline/rules.ts'
import { decodeRow } from '../src/import-row/rules.ts'
import type { StageKind } from '../src/pipeline/rules.ts'

function stage(name: string, kind: StageKind, position: number, probability: number): ImportStage {
  return { id: name.toLowerCase(), pipelineId: 'p', name, kind, position, probability }
}

const lead = stage('Lead', 'OPEN', 0, 33)
const offer = stage('Offer', 'OPEN', 1, 67)
const won = stage('Won', 'WON', 2, 100)
const lost = stage('Lost', 'LOST', 3, 0)
const stages = [lead, offer, won, lost]
const now = new Date('2026-06-01T12:00:00Z')
const day = (text: string) => new Date(`${text}T00:00:00Z`)

describe('parseMap', () => {
  test('reads pairs, and quoted columns with a comma in their name', () => {
    expect(parseMap('externalId=Id, name=Id,stage=Stage,"amount=Amount, net"')).toEqual({
      externalId: 'Id',
      name: 'Id',
      stage: 'Stage',
      amount: 'Amount, net',
    })
  })

  test.each([
    [
      'externalId=a,name=b,stage=c,colour=d',
      /no field "colour", only id, externalId, name, pipeline, stage/,
    ],
    ['externalId=a,name=b', /must tell the columns of stage/],
    ['externalId=a,name', /field=column pairs, and "name" is none/],
    ['externalId=a,externalId=b,name=c,stage=d', /names the field externalId twice/],
    ['', /must tell the columns of id or externalId, name, stage/],
  ])('refuses %s', (text, message) => {
    expect(() => parseMap(text)).toThrow(message)
  })
})

describe('mapByName', () => {
  test('takes the columns named as fields, those of custom fields among them', () => {
    expect(mapByName(['id', 'name', 'Colour', 'stage', 'cf_region'])).toEqual({
      id: 'id',
      name: 'name',
      stage: 'stage',
      cf_region: 'cf_region',
    })
  })

  test('names the fields that no column tells', () => {
    expect(() => mapByName(['Name', 'stage'])).toThrow(
      'No column is named id or externalId, name: tell with --map which columns say so.',
    )
  })
})

test('parseList reads names with spaces and commas', () => {
  expect(parseList('Closed Won, "Lost, no budget",')).toEqual(['Closed Won', 'Lost, no budget'])
})

describe('findColumns', () => {
  const map = { externalId: 'id', name: 'id', stage: 'stage' }

  test('finds each field, two in one column', () => {
    expect(findColumns(map, ['stage', 'id'])).toEqual({ externalId: 1, name: 1, stage: 0 })
  })

  test('names the columns of the file when one is missing', () => {
    expect(() => findColumns(map, ['Id', 'stage'])).toThrow(
      'no column "id" for externalId, only Id, stage',
    )
  })

  test('refuses a column that occurs twice', () => {
    expect(() => findColumns(map, ['id', 'stage', 'id'])).toThrow('two columns "id"')
  })

  test('refuses contacts that are told in two ways', () => {
    const both = { ...map, contacts: 'people', contactEmail: 'mail' }
    expect(() => findColumns(both, ['id', 'stage', 'people', 'mail'])).toThrow(
      'told by contacts or by contactEmail, not by both',
    )
  })
})

describe('planStages', () => {
  const names = { stages: ['Lead', 'Offer', 'Won', 'Lost'], won: ['won'], lost: ['LOST'] }

  test('spreads the probabilities of open stages evenly', () => {
    expect(planStages(names, [])).toEqual([
      { name: 'Lead', kind: 'OPEN', probability: 33 },
      { name: 'Offer', kind: 'OPEN', probability: 67 },
      { name: 'Won', kind: 'WON' },
      { name: 'Lost', kind: 'LOST' },
    ])
  })

  test('plans only what the pipeline lacks, whatever kind it has there', () => {
    const existing = [{ name: 'LEAD', kind: 'WON' as const }]
    expect(
      planStages({ ...names, stages: ['Lead', 'Offer'], won: ['Lead'], lost: [] }, existing),
    ).toEqual([{ name: 'Offer', kind: 'OPEN', probability: 50 }])
  })

  test.each([
    [{ ...names, won: ['Gone'] }, '--won names "Gone"'],
    [{ ...names, lost: ['won'] }, '"won" cannot be won and lost'],
    [{ ...names, stages: [...names.stages, 'offer'] }, '--stages names "offer" twice'],
  ])('refuses names that do not fit together', (options, message) => {
    expect(() => planStages(options, [])).toThrow(message)
  })
})

test('findEntryStage takes the stage named, else the first open one, and never a closed one', () => {
  expect(findEntryStage(stages, 'offer')).toBe(offer)
  expect(findEntryStage([won, ...stages], undefined)).toBe(lead)
  expect(() => findEntryStage(stages, 'Won')).toThrow(
    'must be an open stage of the pipeline: Lead, Offer',
  )
  expect(() => findEntryStage(stages, 'Elsewhere')).toThrow('must be an open stage')
})

describe('decodeRow', () => {
  const fields = [
    'externalId',
    'name',
    'stage',
    'createdAt',
    'closedAt',
    'amount',
    'currency',
    'confidence',
  ] as const
  const more = ['priority', 'expectedCloseDate', 'organization', 'description'] as const
  const all = [...fields, ...more]
  const indexes = Object.fromEntries(all.map((field, index) => [field, index]))
  const decoding = {
    ...{ columnCount: all.length, indexes, notation: {}, pipeline: 'Sales', stages },
    ...{ pastStages: [], definitions: [] },
  }
  type Cells = Partial<Record<(typeof all)[number], string>>
  const cellsOf = (cells: Cells) => {
    const complete: Cells = { externalId: 'X1', name: 'Deal', stage: 'Lead', ...cells }
    return all.map((field) => complete[field] ?? '')
  }
  const decode = (cells: Cells) => decodeRow({ cells: cellsOf(cells) }, decoding)

  test('reads every kind of value', () => {
    const row = decode({
      stage: ' wOn ',
      createdAt: '2026-01-02',
      closedAt: '2026-01-03T10:00:00.5+0200',
      amount: '-0012.5000',
      currency: 'usd',
      confidence: '0',
      priority: 'high',
      expectedCloseDate: '2028-02-29',
    })
    expect(row).toEqual({
      stage: won,
      createdAt: day('2026-01-02'),
      closedAt: new Date('2026-01-03T08:00:00.500Z'),
      values: {
        externalId: 'X1',
        name: 'Deal',
        amount: new Prisma.Decimal('-12.5'),
        currency: 'USD',
        confidence: 0,
        priority: 'HIGH',
        expectedCloseDate: day('2028-02-29'),
      },
    })
  })

  test('leaves out what is empty', () => {
    expect(decode({ amount: '  ' })).toEqual({
      stage: lead,
      values: { externalId: 'X1', name: 'Deal' },
    })
  })

  test('takes a negative zero for zero, as PostgreSQL gives it back', () => {
    const row = decode({ amount: '-0.00' }) as ImportRow
    expect(row.values.amount?.valueOf()).toBe('0')
  })

  test.each<[Cells, RegExp]>([
    [{ externalId: '' }, /^externalId is missing$/],
    [{ name: ' ' }, /^name is missing$/],
    [{ stage: '' }, /^stage is missing$/],
    [
      { stage: 'Sold' },
      /^stage "Sold" is no stage of the pipeline, only Lead, Offer, Won, Lost are$/,
    ],
    [{ name: 'n'.repeat(256) }, /^name "n{80}…" has more than 255 characters$/],
    [{ externalId: 'x'.repeat(256) }, /^externalId .* has more than 255 characters$/],
    [{ description: 'd'.repeat(10_001) }, /^description .* has more than 10000 characters$/],
    [{ name: 'a\0b' }, /^name contains a NUL byte$/],
    [{ organization: 'Caf\ufffd' }, /^organization contains bytes that are not UTF-8$/],
    [{ createdAt: '03/04/2026' }, /^createdAt "03\/04\/2026" is neither a day/],
    [{ createdAt: '2026-02-30' }, /^createdAt/],
    [{ createdAt: '0217-10-20' }, /^createdAt/],
    [{ createdAt: '2026-01-02T10:00:00' }, /^createdAt/],
    [{ createdAt: '2026-01-02T25:00:00Z' }, /^createdAt/],
    [{ createdAt: '9999-12-31T23:59:00-01:00' }, /^createdAt/],
    [{ expectedCloseDate: '2026-01-02T10:00:00Z' }, /^expectedCloseDate .* is no day/],
    [{ createdAt: '2026-01-02', closedAt: '2026-01-01' }, /^closedAt is before createdAt$/],
    [{ amount: '1,054' }, /^amount "1,054" is no plain decimal/],
    [{ amount: '1e3' }, /^amount/],
    [{ amount: '+5' }, /^amount/],
    [{ amount: '$5' }, /^amount/],
    [{ amount: '.5' }, /^amount/],
    [{ amount: '1.23456' }, /^amount/],
    [{ amount: '900000000000000' }, /^amount/],
    [{ amount: '9'.repeat(400) }, /^amount/],
    [{ currency: 'XYZ' }, /^currency "XYZ" is no ISO 4217 currency/],
    [{ confidence: '101' }, /^confidence/],
    [{ confidence: '-1' }, /^confidence/],
    [{ confidence: '50.5' }, /^confidence/],
    [{ priority: 'urgent' }, /^priority "urgent" is none of LOW, MEDIUM, HIGH$/],
  ])('rejects %j', (cells, reason) => {
    expect(decode(cells)).toEqual({ reasons: [expect.stringMatching(reason)] })
  })

  test('tells every reason of a row', () => {
    expect(decode({ name: '', amount: 'x', confidence: 'y' })).toEqual({
      reasons: [
        'name is missing',
        expect.stringMatching(/^amount/),
        expect.stringMatching(/^confidence/),
      ],
    })
  })

  test('rejects a row of the wrong length, a faulty one and one that occurred before', () => {
    expect(decodeRow({ cells: ['a', 'b'] }, decoding)).toEqual({
      reasons: ['the row has 2 cells and the file 12 columns'],
    })
    expect(decodeRow({ cells: ['a'], fault: 'broken' }, decoding)).toEqual({ reasons: ['broken'] })
    expect(
      decodeRow({ cells: cellsOf({}), sameAs: { field: 'externalId', line: 7 } }, decoding),
    ).toEqual({
      reasons: ['externalId is the same as on line 7'],
    })
  })
})

describe('firstEntries', () => {
  const brief = (row: Parameters<typeof firstEntries>[0]) =>
    firstEntries(row, offer, now).map(({ seq, from, to, direction, occurredAt }) =>
      [seq, from?.name ?? null, to.name, direction, occurredAt.toISOString().slice(0, 10)].join(
        ' ',
      ),
    )

  test.each([
    [{ stage: lead, createdAt: day('2026-01-01') }, ['1  Lead CREATED 2026-01-01']],
    [{ stage: lead }, ['1  Lead CREATED 2026-06-01']],
    [
      { stage: won, createdAt: day('2026-01-01'), closedAt: day('2026-02-01') },
      ['1  Offer CREATED 2026-01-01', '2 Offer Won WON 2026-02-01'],
    ],
    [
      { stage: lost, createdAt: day('2026-01-01') },
      ['1  Offer CREATED 2026-01-01', '2 Offer Lost LOST 2026-06-01'],
    ],
    [
      { stage: won, createdAt: day('2027-01-01') },
      ['1  Offer CREATED 2027-01-01', '2 Offer Won WON 2027-01-01'],
    ],
    [
      { stage: won, closedAt: day('2026-02-01') },
      ['1  Offer CREATED 2026-02-01', '2 Offer Won WON 2026-02-01'],
    ],
  ])('tells how a deal came to its stage (%#)', (row, history) => {
    expect(brief(row)).toEqual(history)
  })
})

describe('decide', () => {
  const deal: ExistingDeal = {
    id: 'd',
    pipelineId: 'p',
    externalId: 'X1',
    name: 'Deal',
    sourceId: null,
    closeReasonId: null,
    valuePeriod: 'ONE_TIME',
    metadata: {},
    customFields: {},
    tagIds: [],
    assigneeIds: [],
    amount: new Prisma.Decimal('10.0000'),
    currency: 'USD',
    description: 'Kept',
    nextStep: null,
    expectedCloseDate: day('2026-07-01'),
    confidence: null,
    priority: null,
    leadRef: null,
    stage: lead,
    organizationId: 'o2',
    ownerId: null,
    closedAt: null,
    createdAt: day('2026-01-01'),
    deletedAt: null,
  }
  const row: ImportRow = { stage: lead, values: { externalId: 'X1', name: 'Deal' } }
  const history = [{ seq: 1, occurredAt: day('2026-01-01') }]
  const known: Known = { pipelineId: 'p', entryStage: lead, now, deal, history }

  test('changes nothing where the file says what is there, or nothing', () => {
    const values = {
      name: 'Deal',
      amount: new Prisma.Decimal('10'),
      expectedCloseDate: day('2026-07-01'),
    }
    const organization = { name: 'Acme', ids: ['o1', 'o2'] }
    expect(decide({ ...row, values }, { ...known, organization })).toEqual({ outcome: 'unchanged' })
    expect(decide({ ...row, createdAt: day('2025-01-01') }, known)).toEqual({
      outcome: 'unchanged',
    })
  })

  test('changes exactly what the file says otherwise', () => {
    const owner = { name: 'New', ids: [] }
    const decision = decide(
      { ...row, values: { name: 'Renamed', currency: 'EUR' } },
      { ...known, owner },
    )
    expect(decision).toEqual({
      outcome: 'updated',
      changes: { values: { name: 'Renamed', currency: 'EUR' }, owner },
    })
  })

  test.each([
    ['FORWARD', lead, offer, undefined, now],
    ['BACKWARD', offer, lead, undefined, now],
    ['WON', offer, won, day('2026-05-01'), day('2026-05-01')],
    ['LOST', offer, lost, day('2025-05-01'), day('2026-01-01')],
    ['LOST', won, lost, undefined, now],
    ['REOPENED', won, offer, day('2026-05-01'), now],
  ])('appends a change %s', (direction, from, to, closedAt, occurredAt) => {
    const moved = {
      ...deal,
      stage: from,
      closedAt: from.kind === 'OPEN' ? null : day('2026-03-01'),
    }
    expect(decide({ ...row, stage: to, closedAt }, { ...known, deal: moved })).toEqual({
      outcome: 'updated',
      changes: { values: {}, entry: { seq: 2, from, to, direction, occurredAt } },
    })
  })

  test('rejects a deleted deal and one in another pipeline', () => {
    const deleted = decide(row, { ...known, deal: { ...deal, deletedAt: now } })
    expect(deleted).toEqual({
      outcome: 'rejected',
      reasons: [expect.stringContaining('is deleted')],
    })
    const elsewhere = decide(row, { ...known, pipelineId: 'q' })
    expect(elsewhere).toEqual({
      outcome: 'rejected',
      reasons: [expect.stringContaining('another pipeline')],
    })
  })

  test('corrects the time of closing, though never to before the stage it was closed from', () => {
    const closed = { stage: won, closedAt: day('2026-03-01'), createdAt: day('2026-01-01') }
    const past = [
      { seq: 1, occurredAt: day('2026-01-01') },
      { seq: 2, occurredAt: day('2026-02-15') },
      { seq: 3, occurredAt: day('2026-03-01') },
    ]
    const correct = (closedAt: string) =>
      correctedClosedAt({ stage: won, closedAt: day(closedAt) }, closed, past)
    expect(correct('2026-03-01')).toBeUndefined()
    expect(correct('2026-03-05')).toEqual(day('2026-03-05'))
    expect(correct('2026-02-01')).toEqual(day('2026-02-15'))
  })
})

import { describe, expect, test } from 'vitest'
import { isSame } from '../src/changes.ts'
import type { CustomFieldType } from '../src/custom-value/rules.ts'
import { customFormat } from '../src/import-custom-field/rules.ts'
import {
  dateOrderOf,
  day,
  decimal,
  type Format,
  id,
  instant,
  type Notation,
} from '../src/import-format/rules.ts'
import { namesOf } from '../src/import-json/rules.ts'
import { toldHistory } from '../src/import-past/rules.ts'

describe('dateOrderOf', () => {
  test.each([
    ['dmy', 'DMY'],
    ['MDY', 'MDY'],
    ['YMD', 'YMD'],
    ['de-DE', 'DMY'],
    ['en-US', 'MDY'],
    ['en-GB', 'DMY'],
    ['sv', 'YMD'],
    ['ja-JP', 'YMD'],
    ['fa-IR', 'YMD'],
  ])('takes %s for %s', (format, order) => {
    expect(dateOrderOf(format)).toBe(order)
  })

  test.each(['DDMM', 'xx-XX', '', 'dd.mm.yyyy', 'de_DE'])('refuses "%s"', (format) => {
    expect(() => dateOrderOf(format)).toThrow('DMY, MDY, YMD or a locale such as de-DE')
  })
})

describe('a day', () => {
  const read = (dates: Notation['dates'], cell: string) =>
    day({ dates }).parse(cell)?.toISOString().slice(0, 10)

  test.each([
    ['DMY', '3.4.2026', '2026-04-03'],
    ['DMY', '03/04/2026', '2026-04-03'],
    ['DMY', '31. 3. 2026', '2026-03-31'],
    ['DMY', '3 4 2026', '2026-04-03'],
    ['MDY', '3/4/2026', '2026-03-04'],
    ['MDY', '03-04-2026', '2026-03-04'],
    ['YMD', '2026/3/4', '2026-03-04'],
    ['YMD', '2026. 3. 4.', '2026-03-04'],
    ['DMY', '2026-04-03', '2026-04-03'],
  ] as const)('is read by %s from %s', (order, cell, expected) => {
    expect(read(order, cell)).toBe(expected)
  })

  test.each([
    ['DMY', '3.4.26'],
    ['DMY', '2026.4.3'],
    ['DMY', '31.2.2026'],
    ['MDY', '31/3/2026'],
    ['DMY', '3.4/2026'],
    ['DMY', '3.4.0217'],
    ['YMD', '3.4.2026'],
    ['DMY', '3 April 2026'],
    ['DMY', '3.4.2026 10:00'],
    [undefined, '3.4.2026'],
  ] as const)('is not read by %s from %s', (order, cell) => {
    expect(read(order, cell)).toBeUndefined()
    expect(instant({ dates: order }).parse(cell)).toBeUndefined()
  })

  test('is the instant of its beginning in UTC', () => {
    const parsed = instant({ dates: 'DMY' }).parse('3.4.2026')
    expect(parsed).toEqual(new Date('2026-04-03T00:00:00Z'))
  })
})

describe('a decimal', () => {
  const read = (mark: Notation['decimal'], cell: string) =>
    decimal({ decimal: mark }).parse(cell)?.toFixed()

  test.each([
    [',', '1054,50', '1054.5'],
    [',', '1.054,50', '1054.5'],
    [',', '-1 054 000,5', '-1054000.5'],
    [',', '1\u00a0054', '1054'],
    [',', '1.054', '1054'],
    [',', '12', '12'],
    ['.', '1,054.50', '1054.5'],
    ['.', '1 054 000', '1054000'],
    ['.', '1054.5', '1054.5'],
    [undefined, '1054.5', '1054.5'],
  ] as const)('is read with the mark %s from %s', (mark, cell, expected) => {
    expect(read(mark, cell)).toBe(expected)
  })

  test.each([
    [undefined, '1,054'],
    [undefined, '1 054'],
    [',', '1054.50'],
    [',', '1.05'],
    [',', '1,054,000'],
    [',', '1.0540'],
    [',', '1.054 000'],
    [',', '1234.567'],
    [',', ',5'],
    ['.', '1.054,50'],
    ['.', '1,05'],
    ['.', '10,54.5'],
    ['.', '$5'],
    ['.', '5 €'],
    ['.', '1e3'],
  ] as const)('is not read with the mark %s from %s', (mark, cell) => {
    expect(read(mark, cell)).toBeUndefined()
  })
})

test('an id is one of the API or a uuid, in any case', () => {
  const uuid = '0198c0de-0000-7000-8000-00000000000a'
  expect(id('deal').parse(`deal_${uuid}`)).toBe(uuid)
  expect(id('deal').parse(uuid.toUpperCase())).toBe(uuid)
  expect(id('deal').parse(`stage_${uuid}`)).toBeUndefined()
  expect(id('deal').parse('7')).toBeUndefined()
})

test('names are parted by semicolons or are JSON, each once', () => {
  const { parse } = namesOf(5)
  expect(parse('a; b ;;a')).toEqual(['a', 'b'])
  expect(parse('["a;b", "c"]')).toEqual(['a;b', 'c'])
  expect(parse('[]')).toEqual([])
  expect(parse('[1]')).toBeUndefined()
  expect(parse('[a')).toBeUndefined()
  expect(parse('longer')).toBeUndefined()
})

test('JSON values are the same whatever the order of their keys', () => {
  expect(isSame({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 })).toBe(true)
  expect(isSame({ a: [1, 2] }, { a: [2, 1] })).toBe(false)
  expect(isSame({}, [])).toBe(false)
})

test('a told history says by its path what is wrong', () => {
  const { parse, otherwise } = toldHistory as Format<unknown> & { otherwise(cell: string): string }
  const why = (value: unknown) => {
    const cell = JSON.stringify(value)
    expect(parse(cell)).toBeUndefined()
    return otherwise(cell)
  }
  expect(why([{ stage: 'Lead' }])).toMatch(/^is no list of stage changes: \[0\]\.occurredAt /)
  expect(why([{ stage: 'Lead', occurredAt: '1.2.2026' }])).toContain('[0].occurredAt is neither')
  expect(why([{ stage: 'Lead', occurredAt: '2026-01-01', when: 1 }])).toContain('"when"')
  expect(why([{ stage: 'a\0b', occurredAt: '2026-01-01' }])).toContain('contains a NUL byte')
  expect(why([{ stage: '\ud800', occurredAt: '2026-01-01' }])).toContain('surrogate')
  expect(why({})).toContain('expected array')
  expect(parse('[')).toBeUndefined()
  expect(otherwise('[')).toBe('is no JSON of at most 64 levels')
})

describe('a custom field', () => {
  const read = (type: CustomFieldType, cell: string, notation: Notation = {}) =>
    customFormat({ type }, notation).parse(cell)

  test.each<[CustomFieldType, string, unknown, Notation?]>([
    ['TEXT', ' a ', ' a '],
    ['NUMBER', '-12.50', -12.5],
    ['NUMBER', '1.054,5', 1054.5, { decimal: ',' }],
    ['MONEY', '12.50 usd', { amount: '12.5', currency: 'USD' }],
    ['MONEY', '1.054,50 EUR', { amount: '1054.5', currency: 'EUR' }, { decimal: ',' }],
    ['MONEY', '{"amount":"3","currency":"EUR"}', { amount: '3', currency: 'EUR' }],
    ['DATE', '31.3.2026', '2026-03-31', { dates: 'DMY' }],
    ['BOOLEAN', 'TRUE', true],
    ['SELECT', 'Gold', 'Gold'],
    ['MULTI_SELECT', 'a;b', ['a', 'b']],
    ['URL', 'https://example.com', 'https://example.com'],
  ])('of type %s is read from %s', (type, cell, expected, notation) => {
    expect(read(type, cell, notation)).toEqual(expected)
  })

  test.each<[CustomFieldType, string]>([
    ['NUMBER', 'many'],
    ['NUMBER', '899999999999999.1234'],
    ['MONEY', '12.50'],
    ['MONEY', '$12.50'],
    ['MONEY', '12 XXQ'],
    ['MONEY', '{"amount":"3"}'],
    ['DATE', '31.3.2026'],
    ['BOOLEAN', 'yes'],
    ['URL', 'ftp://example.com'],
  ])('of type %s is not read from %s', (type, cell) => {
    expect(read(type, cell)).toBeUndefined()
  })
})

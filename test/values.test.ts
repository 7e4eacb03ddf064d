import { GraphQLError, parse, parseValue } from 'graphql'
import { describe, expect, it } from 'vitest'
import { decodeId, encodeId, idOf, newId, optionalIdOf } from '../src/ids.ts'
import { depthOf } from '../src/operations/limits.ts'
import { CurrencyCode, DateOnly, DateTime, Decimal, isCurrency, Json } from '../src/scalars.ts'
import { isStorable } from '../src/texts.ts'
import { nodeTypes } from './fixtures.ts'

const uuid = '0198c0de-0000-7000-8000-000000000001'

function codeOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error instanceof GraphQLError ? error.extensions.code : error
  }
}

describe('ids', () => {
  it.each(nodeTypes())('of %s are decoded to what they were made of', (typename) => {
    const id = newId()
    expect(decodeId(encodeId(typename, id))).toEqual({ typename, id })
    expect(idOf(typename, encodeId(typename, id))).toBe(id)
  })

  it('name the type in small letters with underscores', () => {
    expect(encodeId('StageChange', uuid)).toBe(`stage_change_${uuid}`)
    expect(encodeId('Deal', uuid)).toBe(`deal_${uuid}`)
  })

  it('grow with time', () => {
    const ids = Array.from({ length: 1_000 }, newId)
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(1_000)
  })

  it.each([
    '',
    'deal',
    'deal_',
    uuid,
    `_${uuid}`,
    `deal__${uuid}`,
    `deal${uuid}`,
    `Deal_${uuid}`,
    `deal_${uuid} `,
    `deal_${uuid}\n`,
    ` deal_${uuid}`,
    `deal_${uuid.slice(1)}`,
    `deal_${uuid.replace('c0de', 'C0DE')}`,
    `déal_${uuid}`,
    `deal1_${uuid}`,
  ])('are never %j', (id) => {
    expect(codeOf(() => decodeId(id))).toBe('INVALID_ID')
    expect(codeOf(() => idOf('Deal', id))).toBe('INVALID_ID')
  })

  it('of another type are refused', () => {
    expect(codeOf(() => idOf('Deal', `stage_${uuid}`))).toBe('INVALID_ID')
    expect(codeOf(() => idOf('Contact', `deal_contact_${uuid}`))).toBe('INVALID_ID')
  })

  it('that are optional may be null or left out, but not empty', () => {
    expect([optionalIdOf('Deal', null), optionalIdOf('Deal', undefined)]).toEqual([null, null])
    expect(optionalIdOf('Deal', `deal_${uuid}`)).toBe(uuid)
    expect(codeOf(() => optionalIdOf('Deal', ''))).toBe('INVALID_ID')
  })
})

describe('Decimal', () => {
  it.each([
    ['0', '0'],
    ['-0.5', '-0.5'],
    ['1054.5000', '1054.5'],
    ['0.0001', '0.0001'],
    ['899999999999999.9999', '899999999999999.9999'],
    ['-899999999999999.9999', '-899999999999999.9999'],
    [7, '7'],
    [-7, '-7'],
  ])('takes %j and gives %s', (given, answered) => {
    expect(Decimal.serialize(Decimal.parseValue(given))).toBe(answered)
    expect(Decimal.serialize(Decimal.parseLiteral(parseValue(JSON.stringify(given)), {}))).toBe(
      answered,
    )
  })

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '01',
    '.5',
    '5.',
    '1e3',
    '1,5',
    '0.00001',
    '900000000000000',
    '-900000000000000',
    '1000000000000000',
    'NaN',
    'Infinity',
    1.5,
    2 ** 60,
    true,
    null,
    [],
    {},
  ])('refuses %j', (given) => {
    expect(codeOf(() => Decimal.parseValue(given))).toBe('BAD_USER_INPUT')
  })

  it.each(['1e3', 'true', 'null', '[1]', '{ a: 1 }', 'A'])('refuses the literal %s', (text) => {
    expect(codeOf(() => Decimal.parseLiteral(parseValue(text), {}))).toBe('BAD_USER_INPUT')
  })
})

describe('Date', () => {
  it.each(['2026-03-31', '2024-02-29', '0001-01-01', '9999-12-31'])('takes and gives %s', (day) => {
    expect(DateOnly.serialize(DateOnly.parseValue(day))).toBe(day)
    expect(DateOnly.serialize(DateOnly.parseLiteral(parseValue(`"${day}"`), {}))).toBe(day)
  })

  it.each([
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-3-1',
    '0000-01-01',
    '10000-01-01',
    '+002026-01-01',
    '2026-03-31T00:00:00Z',
    'today',
    '',
    20260331,
    null,
  ])('refuses %j', (day) => {
    expect(codeOf(() => DateOnly.parseValue(day))).toBe('BAD_USER_INPUT')
  })
})

describe('DateTime', () => {
  it.each([
    ['2026-03-31T09:30:00Z', '2026-03-31T09:30:00.000Z'],
    ['2026-03-31T09:30:00.123+02:00', '2026-03-31T07:30:00.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('takes %s and gives %s', (given, answered) => {
    for (const parsed of [
      DateTime.parseValue(given),
      DateTime.parseLiteral(parseValue(`"${given}"`), {}),
    ]) {
      expect(new Date(DateTime.serialize(parsed) as string).toISOString()).toBe(answered)
    }
  })

  it.each([
    '2026-03-31',
    '2026-03-31T09:30:00',
    '2026-02-30T00:00:00Z',
    '0000-06-01T00:00:00Z',
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-01:00',
    'now',
  ])('refuses %j', (given) => {
    expect(() => DateTime.parseValue(given)).toThrow(GraphQLError)
  })
})

describe('CurrencyCode', () => {
  it.each(['USD', 'EUR', 'JPY', 'KWD', 'CHF'])('takes %s', (code) => {
    expect(CurrencyCode.parseValue(code)).toBe(code)
    expect(isCurrency(code)).toBe(true)
  })

  it.each(['usd', 'US', 'USDX', 'ZZZ', '', ' USD', 840, null])('refuses %j', (code) => {
    expect(codeOf(() => CurrencyCode.parseValue(code))).toBe('BAD_USER_INPUT')
  })
})

describe('JSON', () => {
  const nested = (depth: number) =>
    JSON.parse(`${'{"a":['.repeat(depth / 2)}${']}'.repeat(depth / 2)}`)

  it.each([null, 0, '', 'text', 'Infinity', true, [], {}, { a: [1, { b: null }] }])(
    'takes %j',
    (value) => {
      expect(Json.parseValue(value)).toEqual(value)
    },
  )

  it('is at most 64 levels deep', () => {
    expect(Json.parseValue(nested(64))).toEqual(nested(64))
    expect(codeOf(() => Json.parseValue(nested(66)))).toBe('BAD_USER_INPUT')
  })

  it.each(['1e999', '-1e999', '[{ "a": 1e999 }]'])('has no %s', (text) => {
    expect(codeOf(() => Json.parseValue(JSON.parse(text)))).toBe('BAD_USER_INPUT')
    const literal = parseValue(text.replace('"a"', 'a'))
    expect(codeOf(() => Json.parseLiteral(literal, {}))).toBe('BAD_USER_INPUT')
  })

  it('may be a literal with variables', () => {
    const literal = parseValue('{ a: [1, "two", $three, $none], none: $none }')
    expect(Json.parseLiteral(literal, { three: 3 })).toStrictEqual({ a: [1, 'two', 3, null] })
  })

  it.each(['A', '[A]', '{ a: { b: A } }'])('is not the literal %s', (text) => {
    expect(codeOf(() => Json.parseLiteral(parseValue(text), {}))).toBe('BAD_USER_INPUT')
  })
})

describe('depthOf', () => {
  it.each([
    ['{ a }', 1],
    ['{ a { b } c { d { e } } }', 3],
    ['{ a { ... on T { b } } }', 2],
    ['{ ...F } fragment F on T { a { b } }', 2],
    ['{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c }', 3],
    ['query A { a } query B { a { b } }', 2],
    ['fragment F on T { a { b { c } } }', 0],
    ['{ __schema { types { fields { type { name } } } } }', 1],
    ['{ a { __typename } }', 2],
    ['{ ...F } fragment F on T { a { ...F } }', 1],
    ['{ ...Unknown a }', 1],
  ])('of %s is %i', (text, depth) => {
    expect(depthOf(parse(text))).toBe(depth)
  })
})

describe('isStorable', () => {
  it.each([null, undefined, 7, 'text', '🚀', { a: ['b', { c: 'd' }] }])('takes %j', (value) => {
    expect(isStorable(value)).toBe(true)
  })

  it.each(['\0', '\ud800', 'a\udc00', ['a', ['\0']], { a: { b: '\0' } }, { '\0': 1 }])(
    'refuses %j',
    (value) => {
      expect(isStorable(value)).toBe(false)
    },
  )
})

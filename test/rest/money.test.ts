import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money, toDecimal, toMoney } from '../../src/rest/values.ts'
import { ask } from '../fixtures.ts'
import { call, doneBy, restWorld } from './fixtures.ts'

const limit = 900_000_000_000_000n

/** Every amount of at most 15 digits, none to four of them decimals, as JSON may spell it. */
const amounts = fc
  .tuple(fc.bigInt(-(10n ** 15n) + 1n, 10n ** 15n - 1n), fc.integer({ min: 0, max: 4 }))
  // Whole amounts end below that, whatever their digits.
  .filter(([digits, decimals]) => decimals > 0 || (digits < limit && digits > -limit))
  .map(([digits, decimals]) => {
    const [sign, text] = [digits < 0n ? '-' : '', `${digits < 0n ? -digits : digits}`]
    const padded = text.padStart(decimals + 1, '0')
    const whole = padded.slice(0, padded.length - decimals)
    return decimals === 0 ? sign + whole : `${sign}${whole}.${padded.slice(-decimals)}`
  })

/** The same number without zeros that say nothing. */
function plain(amount: string): string {
  const short = amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount
  return short === '-0' ? '0' : short
}

describe('an amount of at most 15 digits', () => {
  test('is the same decimal after JSON, and the same JSON after a decimal', () => {
    fc.assert(
      fc.property(amounts, (text) => {
        const number = money.parse(JSON.parse(text))
        expect(toDecimal(number)).toBe(plain(text))
        expect(JSON.stringify(toMoney(plain(text)))).toBe(plain(text))
      }),
      { numRuns: 5_000 },
    )
  })

  test('may be what doubles make of it', () => {
    const reckoned = [0.1 + 0.2, 3 * 1.1, 1e6 * 1.0001, 100 - 99.9999]
    expect(reckoned.map((amount) => toDecimal(money.parse(amount)))).toEqual([
      ...['0.3', '3.3', '1000100', '0.0001'],
    ])
  })

  test('is read through every door as it was written through any', async () => {
    const t = await restWorld()
    for (const text of fc.sample(amounts, { numRuns: 10, seed: 6 })) {
      const body = `{"price": ${text}}`
      const patched = await doneBy(t, `/heffl/api/v1/deals/${t.deal.id}`, { method: 'PATCH', body })
      const amount = JSON.parse(text) + 0
      expect(patched.price + 0).toBe(amount)
      const backside = await doneBy(t, `/backside/api/v1/deals/${t.deal.uuid}`)
      expect(backside.amount + 0).toBe(amount)
      const { data } = await doneBy(t, `/ysuite/v1/deals/${t.deal.number}`)
      expect(data.deal_amount + 0).toBe(amount)
      const { dealByNumber } = await ask(t, '{ dealByNumber(number: 1) { amount } }')
      expect(dealByNumber.amount).toBe(plain(text))
    }
  })
})

test.each([
  '0.12345',
  '1e-7',
  '1234567890123456',
  '123456789012345.6',
  '900000000000000',
  '1e300',
  '1e999',
  '0.3000001',
])('refuses %s, which would not be kept as it is', async (text) => {
  const t = await restWorld()
  const body = `{"price": ${text}}`
  const { status } = await call(t, `/heffl/api/v1/deals/${t.deal.id}`, { method: 'PATCH', body })
  expect(status).toBe(400)
})

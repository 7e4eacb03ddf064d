import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { type Answer, cacheable, replyOf, resultOf } from '../src/operations/answer.ts'

const data = { deal: { name: 'Röcket "1"', amount: null } }
const dataText = JSON.stringify(data)
const extensions = { cost: { requested: 3 } }
const broken = new GraphQLError('Broken.', {
  extensions: { code: 'INTERNAL', http: { status: 500 } },
})

const bodyOf = (answer: Answer) => JSON.parse(replyOf(answer, 'application/json').body ?? '')

describe('an answer whose data are JSON already', () => {
  it.each([
    ['alone', {}],
    ['with extensions', { extensions }],
    ['with errors', { errors: [broken] }],
    ['with both', { errors: [broken], extensions }],
  ])('has the same body as one with the value, %s', (_, others) => {
    const [text, value] = [bodyOf({ ...others, dataText }), bodyOf({ ...others, data })]
    expect(text).toEqual(value)
    expect(text.data).toEqual(data)
  })

  it('goes into the body as it is', () => {
    const spaced = '{"deal":  {"amount": 1.50}}'
    expect(replyOf({ dataText: spaced, extensions }, 'application/json').body).toBe(
      `{"data":${spaced},"extensions":{"cost":{"requested":3}}}`,
    )
  })

  it('is a value again for who needs one', () => {
    expect(resultOf({ dataText, extensions })).toEqual({ data, extensions })
    expect(resultOf({ data, extensions })).toEqual({ data, extensions })
  })

  it('may be kept by caches as one with the value, without what is of the moment', () => {
    const request = new Request('http://localhost/graphql')
    const kept = cacheable(request, { maxAgeSeconds: 60 }, { dataText, extensions })
    expect(kept).toEqual({ answer: { dataText }, maxAgeSeconds: 60 })
    const failed = { dataText, errors: [broken] }
    expect(cacheable(request, { maxAgeSeconds: 60 }, failed)).toEqual({
      answer: failed,
      maxAgeSeconds: null,
    })
  })
})

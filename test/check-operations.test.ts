import { expect, it } from 'vitest'
import { appFor, post, testTenant } from './harness.ts'

const check =
  'query ($operations: [OperationInput!]!) { checkOperations(client: "ios", operations: $operations) { problems } }'

it('checkOperations names what is invalid, and says what kind it is', async () => {
  const t = await testTenant()
  const operations = [
    { id: '1', text: 'mutation Bad { nothing }' },
    { id: '2', text: 'query One { viewer { role } } query Two { viewer { role } }' },
    { id: '3', text: 'query Bad {' },
  ]
  const { data } = await t.graphql(
    'query ($operations: [OperationInput!]!) { checkOperations(client: "ios", operations: $operations) { name type problems } }',
    { operations },
  )
  expect(data).toEqual({
    checkOperations: [
      { name: 'Bad', type: 'MUTATION', problems: [expect.stringContaining('"nothing"')] },
      { name: null, type: 'QUERY', problems: ['A document is of one operation, not of 2.'] },
      { name: null, type: 'QUERY', problems: [expect.stringContaining('Syntax Error')] },
    ],
  })
})

it('checkOperations ends with its deadline, however many operations there are', async () => {
  const t = await testTenant()
  const app = appFor(t, { requestTimeoutMs: 100 })
  const fields = Array.from({ length: 20 }, (_, index) => `f${index}: viewer { role scopes }`)
  const operations = Array.from({ length: 2_000 }, (_, index) => ({
    ...{ id: `${index}`, text: `query Q${index} { ${fields.join(' ')} }` },
  }))
  const body = JSON.stringify({ query: check, variables: { operations } })
  const headers = {
    authorization: `Bearer ${await t.keyFor('ADMIN')}`,
    'content-length': String(body.length),
  }
  const { data, errors } = await post(app, body, headers)
  expect([data, errors.map(({ extensions: { code } }) => code)]).toEqual([
    ...[null, ['DEADLINE_EXCEEDED']],
  ])
})

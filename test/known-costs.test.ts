import { setImmediate } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'
import { getOperationAST, type OperationDefinitionNode, parse } from 'graphql'
import { expect, test } from 'vitest'
import { createCostOf } from '../src/operations/known-costs.ts'
import { schema } from '../src/schema.ts'

test('what an operation costs is remembered, and its document is not', async () => {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  const costOf = createCostOf(schema)
  const costed = () => {
    const document = parse('query ($first: Int) { deals(first: $first) { nodes { name } } }')
    const operation = getOperationAST(document) as OperationDefinitionNode
    costOf(document, operation, { first: 3 })
    return new WeakRef(operation)
  }
  const operation = costed()
  await setImmediate()
  collect()
  expect(operation.deref()).toBeUndefined()
  // What remembers is still there.
  expect(costed().deref()).toBeDefined()
})

import { type ExecutionResult, type GraphQLError, OperationTypeNode } from 'graphql'
import { type Deadline, deadlineExceeded } from '../deadline.ts'
import { codedError } from '../errors.ts'

/**
 * What an operation came to whose deadline ended while it was executed. A query is answered with
 * the one error. A mutation keeps what its fields came to, and each error tells whether its field
 * was done: one that failed in its payload was, and only its answer is incomplete.
 */
export function tellExpiry(
  result: ExecutionResult,
  operation: OperationTypeNode | undefined,
  deadline: Deadline,
): ExecutionResult {
  const { errors } = result
  if (!errors?.some(isExpiry)) return result
  if (operation !== OperationTypeNode.MUTATION) {
    const { data: _, ...others } = result
    return { ...others, errors: [deadlineExceeded(deadline.limitMs)] }
  }
  return { ...result, errors: errors.map((error) => (isExpiry(error) ? ofField(error) : error)) }

  function ofField(error: GraphQLError): GraphQLError {
    const { nodes, source, positions, path = [] } = error
    const committed = path.length > 1 || error.extensions.committed
    const told = deadlineExceeded(deadline.limitMs, committed as boolean | null)
    const where = { nodes, source, positions, path }
    return codedError('DEADLINE_EXCEEDED', told.message, told.extensions, where)
  }
}

function isExpiry({ extensions }: GraphQLError): boolean {
  return extensions.code === 'DEADLINE_EXCEEDED'
}

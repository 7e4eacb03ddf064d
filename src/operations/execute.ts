import { type ExecutionArgs, type ExecutionResult, execute, getOperationAST } from 'graphql'
import { createContext, type RequestScope } from '../context.ts'
import { codedError } from '../errors.ts'
import type { Throttle } from '../throttle/throttle.ts'
import { executeCharged } from './charge.ts'
import type { OperationCost } from './cost.ts'
import { tellExpiry } from './expiry.ts'
import { variablesProblem } from './inputs.ts'
import { maskVariables } from './mask.ts'
import type { PreparedOperation } from './prepare.ts'

export interface ExecutionSettings {
  /** What operations are charged to; null for nothing. */
  throttle: Throttle | null
  /** Whether errors guess what a misspelt name was meant to be. */
  suggestions: boolean
}

/** What every transport does with an operation that is prepared; it does nothing with another. */
export interface Execution {
  execute(
    args: ExecutionArgs,
    scope: RequestScope,
    prepared: PreparedOperation | undefined,
  ): Promise<ExecutionResult>
}

export function createExecution({ throttle, suggestions }: ExecutionSettings): Execution {
  return {
    async execute(args, scope, prepared) {
      const cost = costOf(prepared)
      const problem = variablesProblem(args)
      if (problem) return refused(problem)
      const result = await executeCharged(throttle, scope.viewer, cost, async (rateLimit) => {
        const context = createContext({ ...scope, rateLimit })
        try {
          return await execute({ ...args, contextValue: context })
        } finally {
          await context.close()
        }
      })
      const operation = getOperationAST(args.document, args.operationName)?.operation
      return maskVariables(tellExpiry(result, operation, scope.deadline), suggestions)
    },
  }
}

function costOf(prepared: PreparedOperation | undefined): OperationCost {
  if (!prepared?.cost) throw new Error('an operation that was not prepared cannot be executed')
  return prepared.cost
}

function refused(problem: string): ExecutionResult {
  return { errors: [codedError('BAD_USER_INPUT', problem, { http: { status: 400 } })] }
}

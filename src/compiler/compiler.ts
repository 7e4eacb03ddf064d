import {
  type DocumentNode,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Viewer } from '../auth/viewer.ts'
import { NotCompilable } from '../rows.ts'
import { type Lifted, lift } from './lifted.ts'
import { type Compiled, type Plan, planOf } from './plan.ts'

export interface CompilerOptions {
  /** How often an operation that is not registered was asked for before it is compiled. */
  afterSeen?: number
}

/** By default an operation is worth a plan when it is asked for the third time. */
const defaultAfterSeen = 2

export interface CompileRequest {
  document: DocumentNode
  operation: OperationDefinitionNode
  variables: Record<string, unknown>
  viewer: Viewer
  now: Date
  requestId: string
  aliases?: Record<string, string>
  /** Whether it will be asked for again and again, always in the same words. */
  isRegistered: boolean
}

export interface Compiler {
  /** The request as statements that are sent together, or why the interpreter has to answer it. */
  compile(request: CompileRequest): Compiled | NotCompilable
  /** Why an operation is not compiled, whatever its variables; null where it is. */
  check(document: DocumentNode, operation: OperationDefinitionNode): string | null
}

/** So many ad-hoc operations are remembered; those asked for least recently are forgotten. */
const mostAdHoc = 1_000

/** Plans by what their requests include; so many conditions can be combined in more ways than are asked. */
const mostPlans = 32

interface Known {
  /** The variables that decide what is included. */
  conditions: string[]
  plans: Map<string, Plan | NotCompilable>
}

/** Documents that are one but for the values in them, and how often they were asked for. */
interface AdHoc {
  key: string
  document: DocumentNode
  operation: OperationDefinitionNode
  seen: number
}

type Own = Pick<Lifted, 'key' | 'values' | 'aliases'>

export function createCompiler(
  schema: GraphQLSchema,
  { afterSeen = defaultAfterSeen }: CompilerOptions = {},
): Compiler {
  // Documents are remembered by whoever prepares them, and plans with them.
  const known = new WeakMap<OperationDefinitionNode, Known>()
  // Of each document only what is its own: the rest is kept once for all that are one.
  const lifted = new WeakMap<OperationDefinitionNode, Own | null>()
  const adHoc = new LRUCache<string, AdHoc>({ max: mostAdHoc })

  /** The operation under which an ad-hoc one is known, once it was asked for often enough. */
  function ofAdHoc(request: CompileRequest): CompileRequest | NotCompilable {
    const { document, operation, variables } = request
    const found = ownOf(document, operation)
    if (!found) return new NotCompilable('its document has other operations')
    const { one, values, aliases } = found
    one.seen += 1
    if (one.seen <= afterSeen) return new NotCompilable('it was not asked for often enough')
    const { document: whole, operation: same } = one
    return {
      ...request,
      ...{ document: whole, operation: same, aliases },
      variables: { ...variables, ...values },
    }
  }

  function ownOf(document: DocumentNode, operation: OperationDefinitionNode) {
    const remembered = lifted.get(operation)
    if (remembered === null) return null
    const shared = remembered && adHoc.get(remembered.key)
    if (remembered && shared) return { ...remembered, one: shared }
    const made = lift(schema, document, operation)
    if (!made) {
      lifted.set(operation, null)
      return null
    }
    const { values, aliases, ...others } = made
    const one = adHoc.get(made.key) ?? { ...others, seen: 0 }
    adHoc.set(one.key, one)
    const own = { key: one.key, values, aliases }
    lifted.set(operation, own)
    return { ...own, one }
  }

  function planFor(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): Plan | NotCompilable {
    const { conditions, plans } = known.get(operation) ?? remember(document, operation)
    const key = conditions.map((name) => (variables[name] === true ? '1' : '0')).join('')
    const found = plans.get(key)
    if (found) return found
    if (plans.size >= mostPlans) plans.clear()
    const included = Object.fromEntries(conditions.map((name) => [name, variables[name] === true]))
    const plan = orReason(() => planOf(schema, document, operation, included))
    plans.set(key, plan)
    return plan
  }

  function remember(document: DocumentNode, operation: OperationDefinitionNode): Known {
    const entry = { conditions: conditionsOf(document), plans: new Map() }
    known.set(operation, entry)
    return entry
  }

  return {
    compile(request) {
      const asked = request.isRegistered ? request : orReason(() => ofAdHoc(request))
      if (asked instanceof NotCompilable) return asked
      const { document, operation, variables: given, viewer, now, requestId, aliases = {} } = asked
      const { coerced, errors } = getVariableValues(
        schema,
        operation.variableDefinitions ?? [],
        given,
      )
      if (errors) return new NotCompilable('its variables are not what it declares')
      const plan = planFor(document, operation, coerced)
      if (plan instanceof NotCompilable) return plan
      const missing = [...plan.scopes].find((scope) => !viewer.scopes.has(scope))
      if (missing) return new NotCompilable(`the viewer lacks ${missing}`)
      return orReason(() => plan.compile({ viewer, now, requestId, variables: coerced, aliases }))
    },
    check(document, operation) {
      const plan = planFor(document, operation, {})
      return plan instanceof NotCompilable ? plan.message : null
    },
  }
}

/** Whatever is wrong with a request, the interpreter says it in its own words. */
function orReason<T>(work: () => T): T | NotCompilable {
  try {
    return work()
  } catch (error) {
    if (error instanceof NotCompilable) return error
    return new NotCompilable((error as Error).message)
  }
}

/** The variables by which parts of a document are included or left out. */
function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>()
  visit(document, {
    Directive({ arguments: given = [] }) {
      for (const { value } of given) {
        if (value.kind === Kind.VARIABLE) names.add(value.name.value)
      }
    },
  })
  return [...names].sort()
}

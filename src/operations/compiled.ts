import type { ExecutionArgs } from 'graphql'
import type { Viewer } from '../auth/viewer.ts'
import { answerOf } from '../compiler/answer.ts'
import type { Compiler } from '../compiler/compiler.ts'
import type { Compiled } from '../compiler/plan.ts'
import type { RequestScope } from '../context.ts'
import { NotCompilable } from '../rows.ts'
import type { Answer } from './answer.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { PreparedOperation } from './prepare.ts'
import { isIn, isNamedIn, nameOfAnswer, tagOf } from './tag.ts'

export interface Compiling {
  compiler: Compiler
  /** Where answers are kept, if they are. */
  cache: AnswerCache | null
}

/** The answer of one statement; null where the interpreter has to give it. */
export async function compiledAnswer(
  compiling: Compiling,
  args: ExecutionArgs,
  scope: RequestScope,
  prepared: PreparedOperation | undefined,
): Promise<Answer | null> {
  // What was tried for whom the credential meant before is not tried again.
  if (scope.engine?.ran) return null
  const answer = await triedAnswer(compiling, args, scope, prepared)
  if (scope.engine) scope.engine.ran ??= engineOf(answer)
  return answer instanceof NotCompilable ? null : answer
}

async function triedAnswer(
  { compiler, cache }: Compiling,
  { document, variableValues }: ExecutionArgs,
  scope: RequestScope,
  prepared: PreparedOperation | undefined,
): Promise<Answer | NotCompilable> {
  const { viewer, clock, requestId } = scope
  if (!viewer || !prepared?.operation) return new NotCompilable('nobody asks')
  const { operation, isRegistered } = prepared
  const variables = variableValues ?? {}
  const asked = { document, operation, variables, viewer, now: clock(), requestId, isRegistered }
  const compiled = compiler.compile(asked)
  if (compiled instanceof NotCompilable) return compiled
  return answeredOrUnchanged(compiled, { ...scope, viewer }, cache)
}

function engineOf(answer: Answer | NotCompilable): string {
  return answer instanceof NotCompilable ? `interpreted; ${answer.message}` : 'compiled'
}

/** Beside answers of the moment all have a name, by which they are told to be unchanged, or kept. */
async function answeredOrUnchanged(
  compiled: Compiled,
  scope: RequestScope & { viewer: Viewer },
  cache: AnswerCache | null,
): Promise<Answer | NotCompilable> {
  const { isAlone, ifNoneMatch } = scope
  const { access, statements, readsClock } = compiled
  const isWanted = isAlone && (cache || ifNoneMatch !== undefined)
  const isNamed = isWanted && access === 'read' && statements.length > 0 && !readsClock
  if (!isNamed) return answerOf(compiled, scope)
  const { tenantId } = scope.viewer
  const name = nameOfAnswer(compiled, scope.viewer)
  const tagged = (viewer: Viewer) => (ifNoneMatch === undefined ? {} : { tag: tagOf(name, viewer) })
  const kept = cache?.find(tenantId, name)
  if (kept || (ifNoneMatch && isNamedIn(ifNoneMatch, name))) {
    const now = await provenNow(scope)
    if (!now) return new NotCompilable('who asks is not who they were')
    const { tag } = tagged(now)
    if (tag && ifNoneMatch && isIn(ifNoneMatch, tag)) return { tag, isUnchanged: true }
    if (kept?.revision === now.revision) {
      cache?.heard(tenantId, now.revision)
      if (scope.engine) scope.engine.ran = 'compiled; kept'
      return { dataText: kept.dataText, points: kept.points, ...tagged(now) }
    }
  }
  const answer = await answerOf(compiled, scope)
  if (answer instanceof NotCompilable) return answer
  const { dataText, points, viewer } = answer
  cache?.keep(tenantId, name, { dataText, points, revision: viewer.revision })
  return { dataText, points, ...tagged(viewer) }
}

/** The viewer with the revision of now: whoever was just let in has it. */
async function provenNow({
  viewer,
  recalled,
  database,
  deadline,
}: RequestScope & { viewer: Viewer }): Promise<Viewer | null> {
  if (!recalled) return viewer
  const { expression, values } = recalled.proof
  const lookup = database.look({ text: `SELECT ${expression}`, values })
  const [revision] = (await deadline.race(lookup)) ?? []
  return revision ? recalled.proven(revision) : null
}

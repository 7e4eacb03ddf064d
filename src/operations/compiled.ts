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

type Asking = RequestScope & { viewer: Viewer }

async function answeredOrUnchanged(
  compiled: Compiled,
  scope: Asking,
  cache: AnswerCache | null,
): Promise<Answer | NotCompilable> {
  const isNamed = scope.isAlone && (cache || scope.ifNoneMatch !== undefined) && isLasting(compiled)
  if (!isNamed) return answerOf(compiled, scope)
  const name = nameOfAnswer(compiled, scope.viewer)
  const known = await knownAnswer(name, scope, cache)
  if (known) return known
  const answer = await answerOf(compiled, scope)
  if (answer instanceof NotCompilable) return answer
  const { dataText, points, viewer } = answer
  cache?.keep(viewer.tenantId, name, { dataText, points, revision: viewer.revision })
  return { dataText, points, ...tagged(name, viewer, scope) }
}

/** Whether it is right until the next write: what reads nothing needs no looking up. */
function isLasting({ access, statements, readsClock }: Compiled): boolean {
  return access === 'read' && statements.length > 0 && !readsClock
}

/** An answer that the client has, or that was kept, if it is of the revision of now. */
async function knownAnswer(
  name: string,
  scope: Asking,
  cache: AnswerCache | null,
): Promise<Answer | NotCompilable | null> {
  const { ifNoneMatch, viewer, engine } = scope
  const kept = cache?.find(viewer.tenantId, name)
  if (!kept && !(ifNoneMatch && isNamedIn(ifNoneMatch, name))) return null
  const now = await provenNow(scope)
  if (!now) return new NotCompilable('who asks is not who they were')
  const tag = tagOf(name, now)
  if (ifNoneMatch && isIn(ifNoneMatch, tag)) return { tag, isUnchanged: true }
  if (kept?.revision !== now.revision) return null
  cache?.heard(now.tenantId, now.revision)
  if (engine) engine.ran = 'compiled; kept'
  return { dataText: kept.dataText, points: kept.points, ...tagged(name, now, scope) }
}

function tagged(name: string, viewer: Viewer, { ifNoneMatch }: Asking): Pick<Answer, 'tag'> {
  return ifNoneMatch === undefined ? {} : { tag: tagOf(name, viewer) }
}

/** The viewer with the revision of now: whoever was just let in has it. */
async function provenNow({ viewer, recalled, database, deadline }: Asking): Promise<Viewer | null> {
  if (!recalled) return viewer
  const { expression, values } = recalled.proof
  const lookup = database.look({ text: `SELECT ${expression}`, values })
  const [revision] = (await deadline.race(lookup)) ?? []
  return revision ? recalled.proven(revision) : null
}

import type { ExecutionArgs } from 'graphql'
import { answerOf } from '../compiler/answer.ts'
import type { Compiler } from '../compiler/compiler.ts'
import type { Compiled } from '../compiler/plan.ts'
import type { RequestScope } from '../context.ts'
import { NotCompilable } from '../rows.ts'
import type { Answer } from './answer.ts'
import type { PreparedOperation } from './prepare.ts'
import { isIn, isNamedIn, nameOfAnswer, tagOf } from './tag.ts'

/** The answer of one statement; null where the interpreter has to give it. */
export async function compiledAnswer(
  compiler: Compiler,
  args: ExecutionArgs,
  scope: RequestScope,
  prepared: PreparedOperation | undefined,
): Promise<Answer | null> {
  // What was tried for whom the credential meant before is not tried again.
  if (scope.engine?.ran) return null
  const compiled = compiledOf(compiler, args, scope, prepared)
  const answer =
    compiled instanceof NotCompilable ? compiled : await answeredOrUnchanged(compiled, scope)
  if (scope.engine) scope.engine.ran = engineOf(answer)
  return answer instanceof NotCompilable ? null : answer
}

function compiledOf(
  compiler: Compiler,
  { document, variableValues }: ExecutionArgs,
  { viewer, clock, requestId }: RequestScope,
  prepared: PreparedOperation | undefined,
): Compiled | NotCompilable {
  if (!viewer || !prepared?.operation) return new NotCompilable('nobody asks')
  const { operation, isRegistered } = prepared
  const variables = variableValues ?? {}
  const asked = { document, operation, variables, viewer, now: clock(), requestId, isRegistered }
  return compiler.compile(asked)
}

function engineOf(answer: Answer | NotCompilable): string {
  return answer instanceof NotCompilable ? `interpreted; ${answer.message}` : 'compiled'
}

/**
 * Who has the answer of this revision is told so, for which nothing but the revision is read. An
 * answer of the moment, and one to what has no tags, is always given.
 */
async function answeredOrUnchanged(
  compiled: Compiled,
  scope: RequestScope,
): Promise<Answer | NotCompilable> {
  const { viewer, ifNoneMatch } = scope
  if (!viewer) return new NotCompilable('nobody asks')
  const asking = { ...scope, viewer }
  if (ifNoneMatch === undefined || compiled.readsClock) return answerOf(compiled, asking)
  const name = nameOfAnswer(compiled, viewer)
  if (ifNoneMatch && isNamedIn(ifNoneMatch, name)) {
    const now = await provenNow(scope)
    if (!now) return new NotCompilable('who asks is not who they were')
    const tag = tagOf(name, now)
    if (isIn(ifNoneMatch, tag)) return { tag, isUnchanged: true }
  }
  const answer = await answerOf(compiled, asking)
  return answer instanceof NotCompilable ? answer : { ...answer, tag: tagOf(name, answer.viewer) }
}

/** The viewer with the revision of now: whoever was just let in has it. */
async function provenNow({ viewer, recalled, database, deadline }: RequestScope) {
  if (!recalled) return viewer
  const { expression, values } = recalled.proof
  const lookup = database.look({ text: `SELECT ${expression}`, values })
  const [revision] = (await deadline.race(lookup)) ?? []
  return revision ? recalled.proven(revision) : null
}

import { clientClosedRequest } from '../errors.ts'
import { persistOperation } from '../persisted/own-operations.ts'
import { BodyIncomplete, BodyTooLarge, maxBodyBytes } from './body.ts'
import type { Operations } from './operations.ts'

interface Answered {
  data?: { persistOperation: Persisted | null } | null
  errors?: { message: string }[]
}

interface Persisted {
  operationId: string | null
  userErrors: { message: string }[]
}

const defaultClient = 'relay'
/** What tells who asks. */
const credentials = ['authorization', 'x-api-key']

type Answer = (request: Request, requestId: string) => Promise<Response>

/**
 * Answers relay-compiler, which sends each document as a form while it compiles and takes the id
 * that it gets into the code that it makes. It is the mutation `persistOperation` in the shape that
 * the compiler knows, `{ id }` or `{ error: { message } }`, and may do no more.
 */
export function createRelayPersister(answer: Answer, { bodies }: Operations): Answer {
  return async (request, requestId) => {
    try {
      const form = new URLSearchParams(new TextDecoder().decode(await bodies.read(request)))
      const [text, client] = [form.get('text'), form.get('client') ?? defaultClient]
      if (!text) return failed(400, 'Send the document as the form field `text`.')
      return inRelaysShape(await answer(asMutation(request, { client, text }), requestId))
    } catch (error) {
      if (error instanceof BodyIncomplete)
        return new Response(null, { status: clientClosedRequest })
      if (!(error instanceof BodyTooLarge)) throw error
      return failed(413, `A request body has at most ${maxBodyBytes / 1024} KB.`)
    }
  }
}

function asMutation(request: Request, input: { client: string; text: string }): Request {
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json' })
  for (const name of credentials) {
    const value = request.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const body = JSON.stringify({ query: persistOperation, variables: { input } })
  const { signal } = request
  return new Request(new URL('/graphql', request.url), { method: 'POST', headers, body, signal })
}

async function inRelaysShape(response: Response): Promise<Response> {
  const { data, errors = [] } = (await response.json()) as Answered
  const { operationId, userErrors = [] } = data?.persistOperation ?? {}
  if (operationId) return Response.json({ id: operationId })
  const problems = [...errors, ...userErrors].map(({ message }) => message)
  return failed(response.status === 200 ? 400 : response.status, problems.join(' '))
}

function failed(status: number, message: string): Response {
  return Response.json({ error: { message } }, { status, headers: { 'cache-control': 'no-store' } })
}

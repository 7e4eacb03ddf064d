import { codedError, type ErrorCode, errorStatus } from './errors.ts'

/** What a request is answered with, all of which is there: it becomes a Response where one is asked for. */
export interface Reply {
  status: number
  /** By their names in lower case. */
  headers: Record<string, string>
  body: string | null
}

/** The answer to a request that is refused before it reaches GraphQL; its shape is the same. */
export function errorReply(
  code: ErrorCode,
  message: string,
  headers: Record<string, string> = {},
): Reply {
  return {
    status: errorStatus[code],
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ errors: [codedError(code, message).toJSON()] }),
  }
}

export function responseOf(reply: Reply | Response): Response {
  if (reply instanceof Response) return reply
  const { status, headers, body } = reply
  return new Response(body, { status, headers })
}

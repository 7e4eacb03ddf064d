/** What is different in each request; all else stands as it was recorded. */
export interface Fill {
  host: string
  authorization: string
  operationName: string
  id: string
  text: string
  variables: object
}

/** A recorded request for this operation, the places of its first line filled as in a URL. */
export function filled(recorded: string, fill: Fill): string {
  const [head = '', body = ''] = recorded.split('\n\n')
  const [line = '', ...headers] = head.split('\n')
  const sent = filledJson(body, fill)
  const values: Record<string, string> = { ...textsOf(fill), length: `${Buffer.byteLength(sent)}` }
  const first = put(line, (name) => encodeURIComponent(values[name] ?? ''))
  const others = headers.map((header) => put(header, (name) => values[name]))
  return `${[first, ...others].join('\r\n')}\r\n\r\n${sent}`
}

/** A recorded body or message, its places filled as they are in a text of JSON. */
export function filledJson(recorded: string, fill: Fill): string {
  const values: Record<string, string> = textsOf(fill)
  return put(recorded, (name) =>
    name === 'variables' ? values[name] : JSON.stringify(values[name]).slice(1, -1),
  )
}

function textsOf(fill: Fill) {
  return { ...fill, variables: JSON.stringify(fill.variables) }
}

function put(text: string, value: (name: string) => string | undefined): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name) => value(name) ?? '')
}

const iosHeaders = `Accept: multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json
apollographql-client-version: 1.0-7
Authorization: {{authorization}}
Accept-Encoding: gzip, deflate
Accept-Language: en-US,en;q=0.9
User-Agent: Deals/7 CFNetwork/3826.500.131 Darwin/24.5.0
apollographql-client-name: ios
Connection: keep-alive`

/** Apollo iOS 2 on URLSession, which sorts the keys of JSON. */
export const ios = {
  name: 'ios',
  hashed: `POST /graphql HTTP/1.1
Host: {{host}}
Content-Type: application/json
${iosHeaders}
Content-Length: {{length}}

{"extensions":{"clientLibrary":{"name":"apollo-ios","version":"2.0.3"},"persistedQuery":{"sha256Hash":"{{id}}","version":1}},"operationName":"{{operationName}}","variables":{{variables}}}`,
  /** What it sends of a query where `useGETForQueries` is set. */
  hashedByGet: `GET /graphql?extensions=%7B%22clientLibrary%22:%7B%22name%22:%22apollo-ios%22,%22version%22:%222.0.3%22%7D,%22persistedQuery%22:%7B%22sha256Hash%22:%22{{id}}%22,%22version%22:1%7D%7D&operationName={{operationName}}&variables={{variables}} HTTP/1.1
Host: {{host}}
${iosHeaders}`,
  withText: `POST /graphql HTTP/1.1
Host: {{host}}
Content-Type: application/json
${iosHeaders}
Content-Length: {{length}}

{"extensions":{"clientLibrary":{"name":"apollo-ios","version":"2.0.3"},"persistedQuery":{"sha256Hash":"{{id}}","version":1}},"operationName":"{{operationName}}","query":"{{text}}","variables":{{variables}}}`,
}

const kotlinHeaders = `Accept: multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json
Authorization: {{authorization}}
apollographql-client-name: droid
apollographql-client-version: 1.0`

const okHttpHeaders = `Host: {{host}}
Connection: Keep-Alive
Accept-Encoding: gzip
User-Agent: okhttp/5.1.0`

/** Apollo Kotlin 5 on OkHttp, which reads by GET and writes by POST. */
export const kotlin = {
  name: 'droid',
  hashed: `POST /graphql HTTP/1.1
${kotlinHeaders}
Content-Type: application/json
Content-Length: {{length}}
${okHttpHeaders}

{"operationName":"{{operationName}}","variables":{{variables}},"onError":"NULL","extensions":{"persistedQuery":{"version":1,"sha256Hash":"{{id}}"},"clientLibrary":{"name":"apollo-kotlin","version":"5.1.0"}}}`,
  hashedByGet: `GET /graphql?operationName={{operationName}}&variables={{variables}}&onError=NULL&extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22{{id}}%22%7D%2C%22clientLibrary%22%3A%7B%22name%22%3A%22apollo-kotlin%22%2C%22version%22%3A%225.1.0%22%7D%7D HTTP/1.1
Apollo-Require-Preflight: true
${kotlinHeaders}
${okHttpHeaders}`,
  withText: `POST /graphql HTTP/1.1
${kotlinHeaders}
Content-Type: application/json
Content-Length: {{length}}
${okHttpHeaders}

{"operationName":"{{operationName}}","variables":{{variables}},"query":"{{text}}","onError":"NULL","extensions":{"persistedQuery":{"version":1,"sha256Hash":"{{id}}"},"clientLibrary":{"name":"apollo-kotlin","version":"5.1.0"}}}`,
  /** The message of a `graphql-transport-ws` connection. */
  overWebSocket: `{"type":"subscribe","id":"2f1c0bd0-3f52-4f39-9d1c-64b6f4a9a0c1","payload":{"operationName":"{{operationName}}","variables":{{variables}},"onError":"NULL","extensions":{"persistedQuery":{"version":1,"sha256Hash":"{{id}}"},"clientLibrary":{"name":"apollo-kotlin","version":"5.1.0"}}}}`,
}

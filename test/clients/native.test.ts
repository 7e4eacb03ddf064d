import { type IncomingMessage, request } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { isListed, operationModes } from '../../src/persisted/mode.ts'
import { rememberSaid } from '../log-audit.ts'
import { hashOf } from '../persisted-fixtures.ts'
import { connect } from '../websocket-fixtures.ts'
import { type Ask, workOnBoard } from './board.ts'
import { type ClientGateway, clientGateway } from './gateway.ts'
import { filled, filledJson, ios, kotlin } from './native-requests.ts'
import { operations, texts } from './operations.ts'
import { openModes, unregisteredText } from './refusals.ts'

const libraries = { 'Apollo iOS': ios, 'Apollo Kotlin': kotlin }

type Library = keyof typeof libraries
type Form = 'hashed' | 'hashedByGet' | 'withText'

interface Answer {
  status: number
  cacheControl: string | undefined
  body: { data?: unknown; errors?: { message: string; extensions: { code: string } }[] }
}

/** Sends a request as it is written, header by header. */
async function exchange(gateway: ClientGateway, written: string): Promise<Answer> {
  const [head = '', body = ''] = written.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const [method, path] = line.split(' ')
  const headers = lines.flatMap((header) => header.split(/: (.*)/, 2))
  const { hostname, port } = new URL(gateway.url)
  const options = { hostname, port, method, path, headers, agent: false, setHost: false }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(options).once('response', resolve).once('error', reject).end(body)
  })
  const cacheControl = response.headers['cache-control']
  return {
    status: response.statusCode ?? 0,
    cacheControl,
    body: JSON.parse(await textOf(response)),
  }
}

interface Asked {
  operationName: string
  text: string | undefined
  variables: object
}

function fillOf({ url, headers }: ClientGateway, { operationName, text = '', variables }: Asked) {
  rememberSaid(headers, { variables })
  const { host } = new URL(url)
  return { host, ...headers, operationName, id: hashOf(text), text, variables }
}

interface Setting {
  readsByGet?: boolean
  /** What the app has compiled in, by the names of its operations. */
  compiled?: Record<string, string>
}

/** An app that does what the library does with what it is answered. */
function appOf(gateway: ClientGateway, library: Library, setting: Setting = {}) {
  const { readsByGet = false, compiled = texts } = setting
  const answers: (Answer & { form: Form })[] = []
  const send = async (form: Form, operationName: string, variables: object) => {
    const fill = fillOf(gateway, { operationName, text: compiled[operationName], variables })
    const answer = await exchange(gateway, filled(libraries[library][form], fill))
    answers.push({ ...answer, form })
    return answer.body
  }
  const ask: Ask = async (operationName, variables) => {
    const isQuery = compiled[operationName]?.startsWith('query')
    const form = readsByGet && isQuery ? 'hashedByGet' : 'hashed'
    const answer = await send(form, operationName, variables)
    const isMiss = answer.errors?.some(({ message }) => message === 'PersistedQueryNotFound')
    const { data, errors } = isMiss ? await send('withText', operationName, variables) : answer
    if (errors) throw errors[0]?.extensions.code
    return data
  }
  return { ask, answers, forms: () => answers.map(({ form }) => form) }
}

/** Asks on a connection as Apollo Kotlin opens it, which is closed then. */
async function overWebSocket(gateway: ClientGateway, work: (ask: Ask) => Promise<void>) {
  const { authorization } = gateway.headers
  const headers = { 'apollographql-client-name': kotlin.name }
  const client = await connect(gateway.server, { headers })
  client.send(`{"type":"connection_init","payload":{"Authorization":"${authorization}"}}`)
  expect((await client.next()).type).toBe('connection_ack')
  await work(async (operationName, variables) => {
    const fill = fillOf(gateway, { operationName, text: texts[operationName], variables })
    client.send(filledJson(kotlin.overWebSocket, fill))
    const answer = await client.next()
    if (answer.type === 'error') throw answer.payload[0].extensions.code
    expect((await client.next()).type).toBe('complete')
    return answer.payload.data
  })
  client.socket.close()
}

describe.each(operationModes)('in mode %s', (mode) => {
  const gateway = clientGateway(mode, () => operations, [ios.name, kotlin.name])

  it.each([
    ['Apollo iOS', false, 'hashed'],
    ['Apollo iOS', true, 'hashedByGet'],
    ['Apollo Kotlin', false, 'hashed'],
    ['Apollo Kotlin', true, 'hashedByGet'],
  ] as const)('%s works by hashes, reading by GET: %s', async (library, readsByGet, read) => {
    const { ask, answers, forms } = appOf(gateway(), library, { readsByGet })
    await workOnBoard(ask, gateway())
    expect(forms()).toEqual([read, read, 'hashed', 'hashed'])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  it('Apollo Kotlin works by hashes over WebSocket', async () => {
    await overWebSocket(gateway(), (ask) => workOnBoard(ask, gateway()))
  })

  it('Apollo Kotlin is told over WebSocket that a hash is not registered, and goes on', async () => {
    await overWebSocket(gateway(), async (ask) => {
      const code = isListed(mode) ? 'PERSISTED_QUERY_NOT_IN_LIST' : 'PERSISTED_QUERY_NOT_FOUND'
      await expect(ask('Unknown', {})).rejects.toBe(code)
      const { pipeline } = await ask('Board', { pipelineId: gateway().pipelineId, first: 1 })
      expect(pipeline.name).toBe('Sales')
    })
  })

  if (isListed(mode))
    it.each([
      ['Apollo iOS', false],
      ['Apollo Kotlin', true],
    ] as const)('%s is refused at once what nobody has registered', async (library, readsByGet) => {
      const compiled = { Mine: unregisteredText }
      const { ask, answers } = appOf(gateway(), library, { readsByGet, compiled })
      await expect(ask('Mine', {})).rejects.toBe('PERSISTED_QUERY_NOT_IN_LIST')
      expect(answers).toMatchObject([{ status: 200, cacheControl: 'private, no-store' }])
    })
})

describe.each(openModes)('in mode %s, where nothing is registered,', (mode) => {
  const gateway = clientGateway(mode)

  it.each([
    ['Apollo iOS', false, 'hashed'],
    ['Apollo Kotlin', true, 'hashedByGet'],
  ] as const)('%s teaches each operation once', async (library, readsByGet, read) => {
    // Another library’s texts would be known already.
    const compiled = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, `${text} # ${library}`]),
    )
    const { ask, answers, forms } = appOf(gateway(), library, { readsByGet, compiled })
    await workOnBoard(ask, gateway())
    expect(forms()).toEqual([read, 'withText', read, 'withText', 'hashed', 'withText', 'hashed'])
    // The one throws on any other status, and a cache would keep a miss for good.
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ cacheControl }) => cacheControl))).toEqual(
      new Set(['private, no-store']),
    )
  })
})

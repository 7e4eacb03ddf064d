import type { DocumentNode } from 'graphql'
import type { Logger } from 'pino'
import type { Viewer } from '../auth/viewer.ts'
import type { Database } from '../database/database.ts'
import { createRecordUse, type LastUse } from '../database/last-use.ts'
import type { Deadline } from '../deadline.ts'
import { codedError } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { HeaderReader } from '../request-head.ts'
import { withoutKeys } from '../texts.ts'
import type { Ask } from './ask.ts'
import { AutomaticOperations } from './automatic.ts'
import { type Client, clientOf } from './client.ts'
import { createNormalizedHash, sha256Of } from './fingerprint.ts'
import { isListed, looksUpTexts, modeOf, type OperationMode, type OperationModes } from './mode.ts'
import { ownOperations } from './own-operations.ts'
import { mismatch, notFound, notListed, unauthenticated } from './refusals.ts'
import { createFindRegistered, type RegisteredOperation } from './registered.ts'

export interface Sender {
  viewer: Viewer | null
  client: Client
  /** Whether it asks to be served whatever its client's mode is. */
  isBreakingGlass: boolean
  deadline: Deadline
  log: Logger
  requestId: string
}

/** The document that a request means. */
export interface ResolvedOperation {
  text: string
  /** Whether it is one that never changes under its id. */
  isRegistered: boolean
  /** How long anybody's cache may keep an answer; null where none may. */
  maxAgeSeconds: number | null
  /** To be called once the document is known to be valid: its client names it by its hash from then on. */
  learn?: () => void
}

/** From what is asked for to a document, by the one rule for every transport. */
export type ResolveOperation = (ask: Ask, sender: Sender) => Promise<ResolvedOperation | null>

export interface ResolveSettings {
  modes: OperationModes
  /** The tenant whose registered operations are everybody's, or null. */
  sharedTenantId: string | null
  /** Parses a text, within the limits, to find one that is the same but for its layout. */
  parse: (text: string) => DocumentNode
}

/** What a client is in: who it is, what it may send, and as whom. */
interface Case extends Sender {
  viewer: Viewer
  mode: OperationMode
}

/** Who sends a request, by its headers. */
export function senderOf(
  headers: HeaderReader,
  scope: Omit<Sender, 'client' | 'isBreakingGlass'>,
): Sender {
  const { viewer, deadline, log, requestId } = scope
  const isBreakingGlass = headers.get('x-break-glass') === '1'
  return { viewer, deadline, log, requestId, client: clientOf(headers), isBreakingGlass }
}

export const bypass = 'operations:bypass'

/**
 * Finds the document that a request means, if its client may send it: a registered one by its id or
 * its text, one that the client has taught, or the text itself. Null where it says nothing that
 * could mean one. Nothing is registered for the anonymous, of whom the next step refuses what they
 * may not ask.
 */
export function createResolveOperation(
  database: Database,
  { modes, sharedTenantId, parse }: ResolveSettings,
): ResolveOperation {
  const find = createFindRegistered(database, sharedTenantId)
  const record = createRecordUse(database)
  const automatic = new AutomaticOperations()
  const normalizedOf = createNormalizedHash(parse)

  return async (ask, sender) => {
    const { text, id, release } = ask
    const { viewer } = sender
    if (!viewer) {
      if (text === null && id !== null) throw unauthenticated()
      return text === null ? null : adHoc(text)
    }
    const client = release ? { name: release.client, version: release.version } : sender.client
    const mode = modeOf(modes, client.name)
    const { deadline, log, requestId, isBreakingGlass } = sender
    const of: Case = { viewer, client, mode, deadline, log, requestId, isBreakingGlass }
    if (text !== null && ownOperations.has(text)) return registeredAs(text)
    const isLookedUp = id !== null || looksUpTexts(mode)
    const registered = isLookedUp ? await registeredOf(ask, of) : undefined
    if (registered) {
      for (const use of usesOf(registered, client)) record(use)
      return registeredAs(registered.text, registered.maxAgeSeconds)
    }
    return isListed(mode) ? breakGlass(ask, of) : served(ask, of)
  }

  /** By its id; by its text only where that decides something. */
  async function registeredOf(ask: Ask, of: Case): Promise<RegisteredOperation | undefined> {
    const { text, id, release } = ask
    const wanted = { client: of.client.name, version: release?.version ?? null }
    if (id !== null) {
      const found = await find({ ...wanted, by: 'id', value: id }, of)
      if (found && text !== null && !isText(text, found)) throw mismatch()
      if (found) return found
    }
    if (text === null || !looksUpTexts(of.mode)) return undefined
    const same = await find({ ...wanted, by: 'hash', value: sha256Of(text) }, of)
    if (same) return same
    const normalized = normalizedOf(text)
    return normalized ? find({ ...wanted, by: 'normalized', value: normalized }, of) : undefined
  }

  function isText(text: string, { sha256, text: registered }: RegisteredOperation): boolean {
    return sha256Of(text) === sha256 || normalizedOf(text) === normalizedOf(registered)
  }

  function served(ask: Ask, of: Case): ResolvedOperation | null {
    const { text, id, isHash } = ask
    const { viewer, mode } = of
    if (text === null) {
      if (id === null) return null
      const learned = isHash ? automatic.find(viewer.tenantId, id) : undefined
      if (learned === undefined) throw notFound()
      if (mode === 'log') tellUnregistered(learned, of)
      return adHoc(learned)
    }
    if (mode === 'log') tellUnregistered(text, of)
    if (id === null || !isHash) return adHoc(text)
    if (sha256Of(text) !== id) throw mismatch()
    const learn = () => automatic.learn(viewer.tenantId, id, text)
    return { ...adHoc(text), learn }
  }
}

/** That an operation was sent, and a release too where its version is named. */
function usesOf({ tenantId, id }: RegisteredOperation, { name, version }: Client): LastUse[] {
  const row = () => Prisma.sql`id = ${id}::uuid`
  const operation: LastUse = { tenantId, table: 'persisted_operation', key: id, row }
  if (!name || !version) return [operation]
  const release = {
    table: 'client_release' as const,
    key: `${name}~${version}`,
    row: () => Prisma.sql`client = ${name} AND version = ${version}`,
  }
  return [operation, { tenantId, ...release }]
}

function adHoc(text: string): ResolvedOperation {
  return { text, isRegistered: false, maxAgeSeconds: null }
}

function registeredAs(text: string, maxAgeSeconds: number | null = null): ResolvedOperation {
  return { text, isRegistered: true, maxAgeSeconds }
}

/** What is not registered passes with a right of its own, and not without being told. */
function breakGlass({ text, id }: Ask, of: Case): ResolvedOperation | null {
  if (text === null && id === null) return null
  const { isBreakingGlass, viewer, log } = of
  if (text === null || !isBreakingGlass) throw notListed(text, id, of.mode)
  if (!viewer.scopes.has(bypass)) {
    throw codedError('FORBIDDEN', `You may not break the glass: it needs the scope ${bypass}.`)
  }
  const { apiKeyId, memberId, tenantId } = viewer
  log.warn({ ...lineOf(text, of), tenantId, apiKeyId, memberId }, 'the glass was broken')
  return adHoc(text)
}

function tellUnregistered(text: string, of: Case): void {
  of.log.warn(lineOf(text, of), 'an operation that is not registered was served')
}

function lineOf(text: string, { requestId, client }: Case): object {
  const said = (value: string | null) => value && withoutKeys(value)
  return {
    ...{ requestId, sha256: sha256Of(text) },
    ...{ client: said(client.name), clientVersion: said(client.version) },
  }
}

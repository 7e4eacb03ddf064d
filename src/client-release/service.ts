import type { Db } from '../database/database.ts'
import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import {
  checkOperations,
  type GivenOperation,
  mostTold,
  type NewOperation,
  problemsOf,
  withInspections,
} from '../persisted-operation/rules.ts'
import { forgetOperations, registerOperations } from '../persisted-operation/service.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'
import {
  checkMode,
  checkPushed,
  checkReleaseName,
  development,
  hasSameOperations,
  type ReleaseName,
  settled,
} from './rules.ts'

export interface PushedRelease extends ReleaseName {
  operations: NewOperation[]
}

export interface ReleaseResult {
  releaseId: string
}

const path = ['input']

/**
 * Registers a release with all of its operations or none, to be activated later. The same once more
 * changes nothing; while it is pending it can be pushed with others, and nobody is served them yet.
 */
export async function pushOperations(
  tx: Transaction,
  { client, version, operations }: PushedRelease,
): Promise<ReleaseResult> {
  const name = { client, version }
  const errors = [...checkReleaseName(name, path), ...checkPushed(name, path)]
  errors.push(...checkOperations(operations, [...path, 'operations']))
  if (errors.length > 0) refuse(...errors)
  const release = await findRelease(tx, name)
  const { status = '' } = release ?? {}
  if (release && hasSameOperations(status, await operationsOf(tx, release.id), operations)) {
    return { releaseId: release.id }
  }
  if (release && release.status !== 'PENDING') refuse(settled(name, release.status))
  if (release) await clearRelease(tx, release.id, client)
  const releaseId = release?.id ?? (await createRelease(tx, name))
  await addOperations(tx, { releaseId, client, operations })
  const operationCount = new Set(operations.map(({ id }) => id)).size
  const payload = { releaseId, client, version, operationCount }
  tx.emit({ type: 'client_release.pushed', payload })
  return { releaseId }
}

/** Has a release served from the next request on; its operations were found to be valid before. */
export async function activateClientRelease(
  tx: Transaction,
  { name, checkedIds }: { name: ReleaseName; checkedIds: string[] },
): Promise<ReleaseResult> {
  const release = await existing(tx, name)
  if (release.status === 'ACTIVE') return { releaseId: release.id }
  const links = await linksOf(tx, release.id)
  const checked = new Set(checkedIds)
  if (links.length !== checked.size || links.some(({ operationId }) => !checked.has(operationId))) {
    refuse(invalid('The release was pushed again meanwhile: activate it again.', path))
  }
  await setStatus(tx, release.id, { status: 'ACTIVE', activatedAt: tx.now, retiredAt: null })
  tellStatus(tx, 'activated', { ...name, releaseId: release.id, operationCount: links.length })
  return { releaseId: release.id }
}

/** Has a release served no more from the next request on; it can be activated again. */
export async function retireClientRelease(
  tx: Transaction,
  name: ReleaseName,
): Promise<ReleaseResult> {
  const release = await existing(tx, name)
  if (release.status === 'RETIRED') return { releaseId: release.id }
  const operationCount = (await linksOf(tx, release.id)).length
  await setStatus(tx, release.id, { status: 'RETIRED', retiredAt: tx.now })
  tellStatus(tx, 'retired', { ...name, releaseId: release.id, operationCount })
  return { releaseId: release.id }
}

export interface DevelopedOperation {
  client: string
  /** What the client may send. */
  mode: string
  operation: NewOperation
}

/** Registers one operation in the client's release for development, which is active from the start. */
export async function persistOperation(
  tx: Transaction,
  { client, mode, operation }: DevelopedOperation,
): Promise<{ operationId: string }> {
  const name = { client, version: development }
  const problems = problemsOf(operation).map((problem) => invalid(problem, [...path, 'text']))
  const errors = [...checkReleaseName(name, path), ...checkMode(mode, path), ...problems]
  if (errors.length > 0) refuse(...errors)
  const release = await findRelease(tx, name)
  const releaseId = release?.id ?? (await createRelease(tx, name))
  const known = await operationsOf(tx, releaseId)
  const isKnown = known.some(({ id }) => id === operation.id)
  if (!isKnown) await addOperations(tx, { releaseId, client, operations: [operation] })
  const told = { ...name, releaseId, operationCount: known.length + (isKnown ? 0 : 1) }
  if (release?.status !== 'ACTIVE') {
    await setStatus(tx, releaseId, { status: 'ACTIVE', activatedAt: tx.now, retiredAt: null })
    tellStatus(tx, 'activated', told)
  } else if (!isKnown) tx.emit({ type: 'client_release.pushed', payload: told })
  return { operationId: operation.id }
}

type Inspected = Omit<NewOperation, keyof GivenOperation>
type Inspect = (texts: readonly string[]) => Promise<Inspected[]>

/** Operations with what they are to the schema, as the transaction that registers them needs it. */
export async function inspected(
  operations: readonly GivenOperation[],
  inspect: Inspect,
): Promise<NewOperation[]> {
  return withInspections(operations, await inspect(operations.map(({ text }) => text)))
}

/** The same of one text, under the hash of it. */
export async function developed(text: string, inspect: Inspect): Promise<NewOperation> {
  const [inspection] = (await inspect([text])) as [Inspected]
  return { ...inspection, id: inspection.sha256, text }
}

/** The rows of operations that the schema serves; if it does not serve all, they are refused. */
export async function validIds(
  operations: { id: string; text: string }[],
  inspect: Inspect,
): Promise<string[]> {
  const inspections = await inspect(operations.map(({ text }) => text))
  const errors = inspections.flatMap(({ name, sha256, problems }) =>
    problems.map((problem) => invalid(`${name ?? sha256}: ${problem}`, path)),
  )
  if (errors.length > 0) refuse(...errors.slice(0, mostTold))
  return operations.map(({ id }) => id)
}

/** What a release has, to be checked before it is activated; nothing where there is no such release. */
export async function operationsToCheck(
  { db, tenantId }: { db: Db; tenantId: string },
  { client, version }: ReleaseName,
) {
  const release = await db.clientRelease.findFirst({
    where: { tenantId, client, version },
    select: { operations: { select: { operation: { select: { id: true, text: true } } } } },
  })
  return release?.operations.map(({ operation }) => operation) ?? []
}

async function existing(tx: Transaction, name: ReleaseName) {
  return (await findRelease(tx, name)) ?? refuse(notFound('release of this client', path))
}

function findRelease({ db, tenantId }: Transaction, { client, version }: ReleaseName) {
  return db.clientRelease.findFirst({ where: { tenantId, client, version } })
}

function linksOf({ db, tenantId }: Transaction, releaseId: string) {
  return db.clientReleaseOperation.findMany({ where: { tenantId, releaseId } })
}

async function operationsOf({ db, tenantId }: Transaction, releaseId: string) {
  const select = { operationId: true, sha256: true, maxAgeSeconds: true }
  const links = await db.clientReleaseOperation.findMany({
    where: { tenantId, releaseId },
    select: { operation: { select } },
  })
  return links.map(({ operation: { operationId: id, ...values } }) => ({ id, ...values }))
}

async function createRelease({ db, tenantId, now }: Transaction, name: ReleaseName) {
  const data = { ...name, tenantId, id: newId(), status: 'PENDING', createdAt: now }
  return (await db.clientRelease.create({ data })).id
}

async function clearRelease(tx: Transaction, releaseId: string, client: string) {
  const { db, tenantId } = tx
  await db.clientReleaseOperation.deleteMany({ where: { tenantId, releaseId } })
  await forgetOperations(tx, client)
}

interface Added {
  releaseId: string
  client: string
  operations: NewOperation[]
}

async function addOperations(tx: Transaction, { releaseId, client, operations }: Added) {
  const { db, tenantId } = tx
  const at = [...path, 'operations']
  const rows = new Set(await registerOperations(tx, { client, operations, path: at }))
  await db.clientReleaseOperation.createMany({
    data: [...rows].map((operationId) => ({ tenantId, releaseId, operationId })),
  })
}

function setStatus({ db, tenantId }: Transaction, id: string, data: object) {
  return db.clientRelease.update({ where: { tenantId_id: { tenantId, id } }, data })
}

interface Told extends ReleaseName {
  releaseId: string
  operationCount: number
}

function tellStatus(tx: Transaction, what: 'activated' | 'retired', told: Told) {
  const { client, version, operationCount } = told
  tx.emit({ type: `client_release.${what}`, payload: { ...told } })
  const type = what === 'activated' ? 'CLIENT_RELEASE_ACTIVATED' : 'CLIENT_RELEASE_RETIRED'
  tx.audit({ type, details: { client, version, operationCount } })
}

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mutate, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import {
  hashOf,
  operationsRevision,
  type RegisteredRow,
  registeredRows,
} from './persisted-fixtures.ts'

interface Step {
  kind: 'push' | 'activate' | 'retire' | 'persist'
  client: string
  version: string
  operations: { id: string; text: string; maxAgeSeconds: number | null }[]
}

const texts = ['query A { viewer { role } }', '{ viewer { role } }', '{ __typename }']
const ids = ['one', 'two', hashOf(texts[0] as string)]

const operation = fc.record({
  id: fc.constantFrom(...ids),
  text: fc.constantFrom(...texts),
  maxAgeSeconds: fc.constantFrom(null, null, 60),
})
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('push', 'push', 'push', 'activate', 'activate', 'retire', 'persist'),
  client: fc.constantFrom('web', 'web', 'ios'),
  version: fc.constantFrom('1', '2', '3', 'development'),
  operations: fc.uniqueArray(operation, { selector: ({ id }) => id, minLength: 1, maxLength: 3 }),
})

interface Release {
  client: string
  version: string
  status: string
  ids: string[]
}

interface Model {
  releases: Release[]
  operations: Omit<RegisteredRow, 'releases'>[]
}

const sameOperations = (model: Model, release: Release, { client, operations }: Step) => {
  const kept = model.operations
    .filter((row) => row.client === client && release.ids.includes(row.operationId))
    .map(({ operationId, text, maxAgeSeconds }) => [operationId, text, maxAgeSeconds])
  const given = operations.map(({ id, text, maxAgeSeconds }) => [id, text, maxAgeSeconds])
  return JSON.stringify(kept.sort()) === JSON.stringify(given.sort())
}

/** Puts operations into a release; null when an id is that of another text. */
function register(model: Model, release: Release, given: Step['operations'], isSaid = true) {
  const { client } = release
  for (const { id, text, maxAgeSeconds } of given) {
    const known = model.operations.find((row) => row.client === client && row.operationId === id)
    if (known && known.text !== text) return null
    if (known && isSaid) known.maxAgeSeconds = maxAgeSeconds
    if (!known) model.operations.push({ client, operationId: id, text, maxAgeSeconds })
    if (!release.ids.includes(id)) release.ids.push(id)
  }
  return model
}

const isSame =
  ({ client, version }: Release) =>
  (other: { client: string; version: string }) =>
    other.client === client && other.version === version

/** What the rules make of a step; null when they refuse it. */
function after(before: Model, given: Step): Model | null {
  const { kind, client, operations } = given
  const model = structuredClone(before)
  const version = kind === 'persist' ? 'development' : given.version
  const fresh: Release = {
    client,
    version,
    status: kind === 'persist' ? 'ACTIVE' : 'PENDING',
    ids: [],
  }
  const found = model.releases.find(isSame(fresh))
  const release = found ?? fresh
  if (kind === 'activate' || kind === 'retire') {
    release.status = kind === 'activate' ? 'ACTIVE' : 'RETIRED'
    return found ? model : null
  }
  if (!found) model.releases.push(release)
  if (kind === 'persist') {
    release.status = 'ACTIVE'
    const [{ text }] = operations as [Step['operations'][number]]
    return register(model, release, [{ id: hashOf(text), text, maxAgeSeconds: null }], false)
  }
  if (version === 'development') return null
  if (found && sameOperations(model, release, given)) return model
  if (release.status !== 'PENDING') return null
  release.ids = []
  model.operations = model.operations.filter(
    (row) =>
      row.client !== client ||
      model.releases.some((each) => each.client === client && each.ids.includes(row.operationId)),
  )
  return register(model, release, operations)
}

const mutationOf = {
  push: 'pushOperations',
  activate: 'activateClientRelease',
  retire: 'retireClientRelease',
  persist: 'persistOperation',
}

function take(t: TestTenant, { kind, client, version, operations }: Step) {
  const inputs = {
    push: { client, version, operations },
    activate: { client, version },
    retire: { client, version },
    persist: { client, text: operations[0]?.text },
  }
  return mutate(t, mutationOf[kind], inputs[kind])
}

const byName = <T extends { client: string }>(rows: T[], name: (row: T) => string) =>
  rows.toSorted((a, b) => (`${a.client} ${name(a)}` < `${b.client} ${name(b)}` ? -1 : 1))

/** The tables as the model has them. */
async function kept(t: TestTenant): Promise<Model> {
  const rows = await registeredRows(t)
  const releases = await t.read((db) =>
    db.clientRelease.findMany({ include: { operations: true } }),
  )
  const found = releases.map(({ client, version, status }) => {
    const own = rows.filter((row) => row.client === client)
    const ofIt = own.filter((row) => row.releases.some(([name]) => name === version))
    return { client, version, status, ids: ofIt.map(({ operationId }) => operationId).sort() }
  })
  return {
    releases: byName(found, ({ version }) => version),
    operations: byName(
      rows.map(({ releases: _, ...row }) => row),
      ({ operationId }) => operationId,
    ),
  }
}

const sorted = ({ releases, operations }: Model): Model => ({
  releases: byName(
    releases.map((release) => ({ ...release, ids: release.ids.toSorted() })),
    ({ version }) => version,
  ),
  operations: byName(operations, ({ operationId }) => operationId),
})

async function run(steps: Step[]): Promise<void> {
  const t = await testTenant()
  let model: Model = { releases: [], operations: [] }
  for (const given of steps) {
    const next = after(model, given)
    const isChange = next !== null && JSON.stringify(next) !== JSON.stringify(model)
    const revision = await operationsRevision(t)
    const work = () => take(t, given)
    const { userErrors } = isChange ? await work() : await untouched([t], work)
    expect(userErrors.length > 0).toBe(next === null)
    model = next ?? model
    expect(await kept(t)).toEqual(sorted(model))
    expect((await operationsRevision(t)) > revision).toBe(isChange)
  }
}

it('any sequence of pushes, activations and retirements comes to what the rules say', () =>
  fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }), run), {
    ...{ numRuns: 12, unbiased: true, interruptAfterTimeLimit: 25_000, seed: 20261126 },
  }))

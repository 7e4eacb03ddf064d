import { expect } from 'vitest'
import { keyOfMember, memberFixture } from '../fixtures.ts'
import { type TestTenant, testTenant } from '../harness.ts'
import { type Payload, Picks, told } from './command.ts'
import { commands } from './commands.ts'
import { compare } from './compare.ts'
import { type Actor, found, Refused, refuse, type State } from './state.ts'

/** A mutation to try: plain data, so that a sequence that fails can be made smaller. */
export interface Step {
  /** A mutation, `retry` for an earlier one once more, or `wait` for the next day. */
  command: string
  by: 'ADMIN' | 'MEMBER'
  picks: number[]
}

interface Asked {
  idempotencyKey?: string
  expectedVersion?: number
}

/** A request with an idempotencyKey. */
interface Keyed {
  field: string
  by: Actor
  input: Asked & { idempotencyKey: string }
  doneAt: string | null
  /** What it came to. */
  made?: object
}

interface World {
  t: TestTenant
  keys: Record<Step['by'], { key: string }>
  actors: Record<Step['by'], Actor>
  state: State
  keyed: Keyed[]
  /** What was asked after the beginning, for who has to understand a failure. */
  sent: string[]
}

const minuteMs = 60_000
const dayMs = 86_400_000
const keptMs = dayMs

const stages = [
  ...[
    { name: 'Lead', kind: 'OPEN', probability: 10 },
    { name: 'Talk', kind: 'OPEN', probability: 40 },
    { name: 'Offer', kind: 'OPEN' },
  ],
  ...[
    { name: 'Won', kind: 'WON' },
    { name: 'Lost', kind: 'LOST', reasonRequired: true },
    { name: 'Dropped', kind: 'LOST' },
  ],
]
const options = ['North', 'South']
const rules = { noSkipping: true, noMovingBack: true, reasonToClose: true }
const inStrict = ({ pipelines }: State) => ({ pipelineId: pipelines[1]?.id })
const withContact = ({ contacts }: State) => ({ contactIds: [contacts[0]?.id] })

/** What there is before the steps, so that few of them find nothing to change. */
const beginning: [command: string, input: (state: State) => object][] = [
  ['createPipeline', () => ({ name: 'Pipeline 1', stages })],
  ['createPipeline', () => ({ name: 'Pipeline 2', stages, rules })],
  ['createOrganization', () => ({ name: 'Acme' })],
  ['createContact', () => ({ name: 'Ada' })],
  ['createContact', () => ({ name: 'Bob' })],
  ['createTag', () => ({ name: 'Hot' })],
  ['createSource', () => ({ name: 'Referral' })],
  ['createCustomField', () => ({ key: 'cf_region', label: 'Region', type: 'SELECT', options })],
  ['createMember', () => ({ name: 'Cleo', role: 'MEMBER' })],
  ['createDeal', () => ({ name: 'Gone' })],
  ['deleteDeal', ({ deals }) => ({ dealId: deals[0]?.id, expectedVersion: 1 })],
  ['createDeal', (state) => ({ name: 'Rocket', amount: '100', ...withContact(state) })],
  ['createDeal', () => ({ name: 'Engine' })],
  ['createDeal', (state) => ({ name: 'Fuel', ...inStrict(state) })],
  ['createDeal', (state) => ({ name: 'Tower', ...inStrict(state), ...withContact(state) })],
]

/** Does the steps in a new tenant and in the model, and compares the two after each. */
export async function run(steps: Step[]): Promise<void> {
  const world = await newWorld()
  for (const [field, input] of beginning) {
    pass(world, minuteMs)
    await ask(world, { field, by: world.actors.ADMIN, input: input(world.state) })
  }
  world.sent = []
  await compare(world.t, world.state)
  try {
    for (const step of steps) {
      await take(world, step)
      await compare(world.t, world.state)
    }
  } catch (error) {
    if (error instanceof Error) error.message += `, after\n${world.sent.join('\n')}\n`
    throw error
  }
}

async function newWorld(): Promise<World> {
  const t = await testTenant()
  const [ada, bob] = [await memberFixture(t, 'Ada'), await memberFixture(t, 'Bob')]
  const keys = { ADMIN: await keyOfMember(t, ada, 'ADMIN'), MEMBER: await keyOfMember(t, bob) }
  const members = [ada, bob].map(({ id }, at) => ({
    ...{ id, number: at + 1, name: ['Ada', 'Bob'][at] as string, role: 'MEMBER' },
    email: ['ada@example.com', 'bob@example.com'][at] as string,
    ...{ externalId: null, deactivatedAt: null, deletedAt: null },
  }))
  const actors = {
    ADMIN: { role: 'ADMIN', member: ada.id },
    MEMBER: { role: 'MEMBER', member: bob.id },
  } as const
  const state: State = {
    ...{ now: '2030-01-01T00:00:00.000Z', members },
    tenant: { name: t.slug, defaultCurrency: 'USD', timeZone: 'UTC', membersMayReopen: false },
    ...{ pipelines: [], organizations: [], contacts: [], deals: [], sources: [], reasons: [] },
    ...{ tags: [], customFields: [], currencies: ['USD'] },
    numbers: { member: 2 },
  }
  return { t, keys, actors, state, keyed: [], sent: [] }
}

async function take(world: World, step: Step): Promise<void> {
  const { state, keyed } = world
  const pick = new Picks(step.picks)
  const forAdministrators = commands[step.command]?.role === 'ADMIN' && !pick.once(8)
  const by = world.actors[forAdministrators ? 'ADMIN' : step.by]
  pass(world, step.command === 'wait' ? dayMs : minuteMs)
  if (step.command === 'wait') return
  if (step.command === 'retry') {
    if (keyed.length === 0) return
    const { field, input } = pick.from(keyed)
    const other = { name: 'Ada', idempotencyKey: input.idempotencyKey }
    const again = pick.once(5)
      ? { field: 'createContact', input: other }
      : { field, input: pick.once(3) ? readAnew(input) : input }
    return ask(world, { ...again, by })
  }
  const input = commands[step.command]?.input(state, pick, by) ?? {}
  if (!pick.once(3)) return ask(world, { field: step.command, by, input })
  const request = {
    ...{ field: step.command, by, doneAt: null },
    input: { ...input, idempotencyKey: `key ${keyed.length}` },
  }
  keyed.push(request)
  return ask(world, request)
}

/** The input of who has seen the deal at its next version. */
function readAnew<Input extends Asked>({ expectedVersion, ...input }: Input) {
  return { ...input, ...(expectedVersion && { expectedVersion: expectedVersion + 1 }) }
}

function pass({ t, state }: World, ms: number): void {
  const now = new Date(Date.parse(state.now) + ms)
  state.now = now.toISOString()
  t.setNow(now)
}

interface Request {
  field: string
  by: Actor
  input: Asked
}

/** Sends a mutation, and does and expects what the model says. */
async function ask(world: World, request: Request): Promise<void> {
  const { field, by, input } = request
  world.sent.push(`${by.role} ${field} ${JSON.stringify(input)}`)
  const command = commands[field]
  if (!command) throw new Error(`there is no command ${field}`)
  const pascal = `${field[0]?.toUpperCase()}${field.slice(1)}`
  const document = `mutation ($input: ${pascal}Input!) { ${field}(input: $input) { ${command.selection} ${errorsOf} } }`
  const { data, errors } = await world.t.graphql(document, { input }, world.keys[by.role])
  const asking = found(world.state.members, by.member)
  if (asking.deactivatedAt) {
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    return
  }
  if (command.role && command.role !== by.role) {
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    return
  }
  expect(errors).toEqual([])
  const payload = data[field]
  const outcome = expected(world, request, payload)
  const answer = { replayed: payload.replayed, errors: payload.userErrors.map(told) }
  expect({ field, input, ...answer }).toEqual({ field, input, ...outcome.told })
  if (outcome.shows) expect(payload).toMatchObject(outcome.shows)
}

const errorsOf = `replayed userErrors { code path ... on VersionConflict { currentVersion } ... on ReasonRequired { knownReasons }
  ... on TransitionNotAllowed { rule } ... on FieldsRequired { fields } ... on StillInUse { count deals { id } } }`

interface Outcome {
  told: { replayed: boolean; errors: string[] }
  shows?: object | undefined
}

/** What the model says of a request. It is changed only when nothing is refused. */
function expected(world: World, request: Request, payload: Payload): Outcome {
  const next = structuredClone(world.state)
  const { idempotencyKey: key, ...input } = request.input
  try {
    const first = key === undefined ? undefined : firstWith(world, key)
    if (first && isSame(first, request))
      return { told: { replayed: true, errors: [] }, shows: first.made }
    if (first) refuse('IDEMPOTENCY_KEY_REUSED idempotencyKey')
    const shows = commands[request.field]?.apply(next, input, { by: request.by, payload })
    world.state = next
    if (key !== undefined) remember(world, { request, key, payload })
    return { told: { replayed: false, errors: [] }, shows }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { told: { replayed: false, errors: error.errors }, shows: error.shows }
  }
}

/** The request that was done with the key within a day. */
function firstWith({ keyed, state }: World, key: string): Keyed | undefined {
  return keyed.find(
    ({ input, doneAt }) =>
      input.idempotencyKey === key &&
      doneAt !== null &&
      Date.parse(state.now) - Date.parse(doneAt) < keptMs,
  )
}

function isSame(first: Keyed, { field, by, input }: Request): boolean {
  return (
    first.field === field &&
    first.by.member === by.member &&
    JSON.stringify(atNoVersion(first.input)) === JSON.stringify(atNoVersion(input))
  )
}

function atNoVersion({ expectedVersion: _, ...asked }: Asked): object {
  return asked
}

interface Done {
  request: Request
  key: string
  payload: Payload
}

/** Keeps a request with what does not change in its answer. */
function remember({ keyed, state }: World, { request, key, payload }: Done): void {
  const { field, by, input } = request
  const { deal, stageChange } = payload
  const made = { ...(deal?.id && { deal: { id: deal.id } }), ...(stageChange && { stageChange }) }
  keyed.push({ field, by, made, input: { ...input, idempotencyKey: key }, doneAt: state.now })
}

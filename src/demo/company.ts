import { v7 } from 'uuid'
import type { StageKind } from '../pipeline/rules.ts'
import * as words from './words.ts'

const foundedDays = 400
const contactCount = 90
const dayMs = 86_400_000

/**
 * Ids count from a fixed instant, so that an id in the README or in an example is the same
 * everywhere.
 */
const idsFrom = Date.UTC(2026, 0, 5, 9)

/**
 * A row but for what its writing adds: the tenant, and the number, which follows the order of the
 * rows.
 */
export type Row<T> = Omit<T, 'tenantId' | 'number'>
export type Chance = ReturnType<typeof createChance>
export type Company = ReturnType<typeof createCompany>
export type DemoPipeline = Company['pipelines'][number]
export type Stage = DemoPipeline['stages'][number]

/** Chance that always goes the same way: Mulberry32, from a seed. */
export function createChance(seed: number) {
  let state = seed
  let ids = 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  const shuffled = <T>(list: readonly T[]): T[] => {
    const keyed = list.map((item) => ({ item, key: next() }))
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
  }
  return {
    next,
    between,
    shuffled,
    often: (percent: number) => next() * 100 < percent,
    pick: <T>(list: readonly T[]) => list[between(0, list.length - 1)] as T,
    id() {
      const random = Uint8Array.from({ length: 16 }, () => between(0, 255))
      return v7({ random, msecs: idsFrom + ids++ * 1000 })
    },
  }
}

/** The instant at which the UTC day of another began. */
export function startOfDay(now: Date): Date {
  return new Date(Math.floor(now.getTime() / dayMs) * dayMs)
}

/** The instant so many days and minutes of a day before the start of `day`. */
export function daysBefore(day: Date, days: number, minutes = 0): Date {
  return new Date(day.getTime() - days * dayMs + minutes * 60_000)
}

/** When the tenant and all that deals refer to were made: before the oldest deal. */
export function foundedOn(day: Date): Date {
  return daysBefore(day, foundedDays)
}

/** Who sells, how, and to whom. */
export function createCompany(chance: Chance, day: Date) {
  const createdAt = foundedOn(day)
  const members = words.members.map(([name = '', role = '']) => {
    const email = emailOf(name, 'northwind-robotics.example')
    return { id: chance.id(), name, role, email, createdAt }
  })
  const tags = words.tags.map(([name = '', color = '']) => ({
    id: chance.id(),
    name,
    color,
    createdAt,
  }))
  const pipelines = words.pipelines.map((plan, position) =>
    createPipeline(chance, plan, { position, createdAt }),
  )
  const accounts = words.organizations.map(([name = '', region = 'AMER', site = '']) => ({
    region: region as words.Region,
    site,
    organization: createOrganization(chance, name, region as words.Region, createdAt),
  }))
  const contacts = createContacts(chance, accounts, createdAt)
  const sellers = members.filter(({ role }) => role !== 'READ_ONLY')
  return { members, sellers, tags, pipelines, accounts, contacts }
}

function createPipeline(
  chance: Chance,
  plan: words.PipelineWords,
  { position, createdAt }: { position: number; createdAt: Date },
) {
  const times = { createdAt, updatedAt: createdAt }
  const pipelineId = chance.id()
  const stage = (name: string, place: number, kind: StageKind, probability: number) => ({
    id: chance.id(),
    pipelineId,
    name,
    position: place,
    kind,
    probability,
    rottingDays: plan.open[place]?.rottingDays ?? null,
    reasonRequired: kind === 'LOST',
    ...times,
  })
  const { length } = plan.open
  const open = plan.open.map(({ name, probability }, place) =>
    stage(name, place, 'OPEN', probability),
  )
  const stages = [
    ...open,
    stage(plan.won, length, 'WON', 100),
    stage(plan.lost, length + 1, 'LOST', 0),
  ]
  const pipeline = {
    id: pipelineId,
    name: plan.name,
    position,
    isDefault: position === 0,
    ...times,
  }
  return { plan, pipeline, stages }
}

function createOrganization(chance: Chance, name: string, region: words.Region, createdAt: Date) {
  const domain = `${slugOf(name)}.example`
  const email = `office@${domain}`
  const phone = phoneIn(region, chance)
  return { id: chance.id(), name, domain, email, phone, createdAt, updatedAt: createdAt }
}

/** Two contacts for each organization and a third for some. No two have the same name. */
function createContacts(
  chance: Chance,
  accounts: { region: words.Region; organization: ReturnType<typeof createOrganization> }[],
  createdAt: Date,
) {
  const employers = [...accounts, ...accounts, ...chance.shuffled(accounts)].slice(0, contactCount)
  const firstNames = chance.shuffled(words.firstNames)
  const lastNames = chance.shuffled(words.lastNames)
  return employers.map(({ region, organization }, index) => {
    const first = firstNames[index % firstNames.length]
    const last = lastNames[(index * 2) % lastNames.length]
    const name = `${first} ${last}`
    return {
      id: chance.id(),
      name,
      email: emailOf(name, organization.domain),
      phone: chance.often(70) ? phoneIn(region, chance) : null,
      jobTitle: chance.pick(words.jobTitles),
      organizationId: organization.id,
      createdAt,
      updatedAt: createdAt,
    }
  })
}

function phoneIn(region: words.Region, chance: Chance): string {
  return words.phones[region].replace('{nn}', String(chance.between(10, 99)))
}

function emailOf(name: string, domain: string): string {
  return `${slugOf(name).replaceAll('-', '.')}@${domain}`
}

function slugOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z]+/g, '-')
}

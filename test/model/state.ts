import type { CustomField } from './custom-values.ts'

/** The rules of the product as plain code over plain objects. Nothing here comes from src. */

export type Kind = 'OPEN' | 'WON' | 'LOST'

export interface Actor {
  role: 'ADMIN' | 'MEMBER'
  member: string
}

export interface Stage {
  id: string
  pipeline: string
  name: string
  kind: Kind
  position: number
  probability: number
  rottingDays: number | null
  reasonRequired: boolean
  requiredFields: string[]
  archivedAt: string | null
  /** The live deals in their order. */
  board: string[]
}

export interface Pipeline {
  id: string
  name: string
  position: number
  isDefault: boolean
  rules: { noSkipping: boolean; noMovingBack: boolean; reasonToClose: boolean }
  archivedAt: string | null
  stages: Stage[]
}

export interface OnDeal {
  id: string
  contact: string
  role: string | null
  isPrimary: boolean
  introducedBy: string | null
  metadata: object
}

export interface StageChange {
  seq: number
  direction: string
  from: string | null
  fromName: string | null
  to: string
  toName: string
  amount: string | null
  currency: string
  probability: number
  expectedCloseDate: string | null
  reason: string | null
  note: string | null
  override: boolean
  by: string
  at: string
}

export interface FieldChange {
  field: string
  from: string | null
  to: string | null
  /** The ids of what has some. */
  fromId: string | null
  toId: string | null
  by: string
  at: string
}

/** What updateDeal can write, as it is written. */
export interface Values {
  name: string
  description: string | null
  amount: string | null
  currency: string
  valuePeriod: string
  confidence: number | null
  priority: string | null
  organization: string | null
  owner: string | null
  source: Named | null
  nextStep: string | null
  expectedCloseDate: string | null
  leadRef: string | null
  externalId: string | null
  metadata: object
  customFields: Record<string, unknown>
}

export interface Deal extends Values {
  id: string
  number: number
  stage: string
  lastOpen: string | null
  reason: Named | null
  version: number
  createdAt: string
  updatedAt: string
  stageEnteredAt: string
  closedAt: string | null
  deletedAt: string | null
  contacts: OnDeal[]
  tags: string[]
  assignees: string[]
  history: StageChange[]
  changes: FieldChange[]
}

/** A source or a reason for closing; its id is read back, since a name joins the catalogue by use. */
export interface Named {
  id: string | null
  name: string
  kind: Kind | null
  archivedAt: string | null
}

export interface Organization {
  id: string
  number: number
  name: string
  domain: string | null
  email: string | null
  phone: string | null
}

export interface Contact {
  id: string
  number: number
  name: string
  email: string | null
  phone: string | null
  jobTitle: string | null
  organization: string | null
}

export interface Member {
  id: string
  number: number
  name: string
  email: string | null
  role: string
  externalId: string | null
  deactivatedAt: string | null
  deletedAt: string | null
}

export interface Tag {
  id: string
  number: number
  name: string
  color: string | null
}

export interface State {
  now: string
  tenant: { name: string; defaultCurrency: string; timeZone: string; membersMayReopen: boolean }
  members: Member[]
  pipelines: Pipeline[]
  organizations: Organization[]
  contacts: Contact[]
  tags: Tag[]
  customFields: CustomField[]
  deals: Deal[]
  sources: Named[]
  reasons: Named[]
  /** The codes that were used, in that order. */
  currencies: string[]
  /** The last number given to each noun. */
  numbers: Record<string, number>
}

/** Why a mutation does nothing: each as its code, where in the input, and what else it tells. */
export class Refused extends Error {
  readonly errors: string[]
  /** What the payload shows all the same. */
  readonly shows: object | undefined
  constructor(errors: string[], shows?: object) {
    super(errors.join('; '))
    this.errors = errors
    this.shows = shows
  }
}

export function refuse(...errors: string[]): never {
  throw new Refused(errors)
}

export function refuseAny(errors: string[]): void {
  if (errors.length > 0) refuse(...errors)
}

export function nextNumber(state: State, noun: string): number {
  state.numbers[noun] = (state.numbers[noun] ?? 0) + 1
  return state.numbers[noun]
}

export function stagesOf(state: State): Stage[] {
  return state.pipelines.flatMap((pipeline) => pipeline.stages)
}

export function stageOf(state: State, id: string): Stage {
  return found(stagesOf(state), id)
}

export function pipelineOf(state: State, id: string): Pipeline {
  return found(state.pipelines, id)
}

export function found<T extends { id: string | null }>(list: T[], id: string): T {
  const item = list.find((one) => one.id === id)
  if (!item) throw new Error(`the model has no ${id}`)
  return item
}

/** The live stages of a pipeline in their order. */
export function liveStages({ stages }: Pipeline): Stage[] {
  return stages.filter(({ archivedAt }) => !archivedAt).sort((a, b) => a.position - b.position)
}

interface Joining {
  name: string
  kind: Kind | null
  path: string
  /** What the deal has already, and keeps when it is archived. */
  present?: Named | null
}

/** The entry of a catalogue with this name in any case, which is added where there is none. */
export function named(catalogue: Named[], { name, kind, path, present = null }: Joining): Named {
  const same = (one: Named) =>
    one.kind === kind && one.name.toLowerCase() === name.trim().toLowerCase()
  const known = catalogue.find(same)
  if (known?.archivedAt && known !== present) refuse(`VALIDATION_ERROR ${path}`)
  if (known) return known
  const added = { id: null, name: name.trim(), kind, archivedAt: null }
  catalogue.push(added)
  return added
}

/** Has the tenant use a currency, which joins those that it knows. */
export function useCurrency({ currencies }: State, code: string): void {
  if (!currencies.includes(code)) currencies.push(code)
}

export function statusOf(state: State, deal: Deal): Kind {
  return stageOf(state, deal.stage).kind
}

export function probabilityIn(stage: Stage, confidence: number | null): number {
  if (stage.kind === 'OPEN') return confidence ?? stage.probability
  return stage.kind === 'WON' ? 100 : 0
}

/** Ten-thousandths of an amount, which has at most four decimals. */
function tenThousandths(amount: string | null): number {
  return Math.round(Number(amount ?? 0) * 10_000)
}

/** A count of parts, each a power of ten of the whole, as a decimal without zeros at its end. */
function decimal(parts: number, decimals: number): string {
  const digits = String(parts).padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, '')
}

export function weighted(amount: string | null, probability: number): string | null {
  return amount === null ? null : decimal(tenThousandths(amount) * probability, 6)
}

/** What those of the deals that are live come to, one total for each currency. */
export function totalsOf(state: State, deals: Deal[]): object[] {
  const live = deals.filter(({ deletedAt }) => deletedAt === null)
  const currencies = [...new Set(live.map(({ currency }) => currency))].sort()
  return currencies.map((currency) => {
    const of = live.filter((deal) => deal.currency === currency)
    const sum = (value: (deal: Deal) => number) => of.reduce((all, deal) => all + value(deal), 0)
    const share = ({ amount, confidence, stage }: Deal) =>
      tenThousandths(amount) * probabilityIn(stageOf(state, stage), confidence)
    const amount = sum((deal) => tenThousandths(deal.amount))
    const [whole, weighted] = [decimal(amount, 4), decimal(sum(share), 6)]
    return { currency, count: of.length, amount: whole, weightedAmount: weighted }
  })
}

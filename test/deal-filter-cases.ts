import { instant, type Row } from './deal-filter-rows.ts'
import type { PipelineFixture } from './fixtures.ts'

const at = (hour: number) => instant(hour).toISOString()

export interface Known {
  pipelines: [PipelineFixture, PipelineFixture]
  organizations: string[]
  members: string[]
  contacts: string[]
  tags: string[]
}

const has = (value: number | undefined, holds: (value: number) => boolean) =>
  value !== undefined && holds(value)
const onDay = (row: Row, holds: (day: string) => boolean) => row.day !== undefined && holds(row.day)

/** A filter, and which deals it lets through. */
type Case = [filter: string, of: (k: Known) => object, holds: (row: Row) => boolean]

export const cases: Case[] = [
  ['pipelineId eq', (k) => ({ pipelineId: { eq: k.pipelines[1].id } }), (r) => r.other === true],
  ['pipelineId in', (k) => ({ pipelineId: { in: k.pipelines.map(({ id }) => id) } }), () => true],
  ['pipelineId isNull', () => ({ pipelineId: { isNull: true } }), () => false],
  ['pipelineId not isNull', () => ({ pipelineId: { isNull: false } }), () => true],
  [
    'stageId eq',
    (k) => ({ stageId: { eq: k.pipelines[0].stage('Won') } }),
    (r) => r.stage === 'Won',
  ],
  [
    'stageId in',
    (k) => ({ stageId: { in: [k.pipelines[0].stage('Won'), k.pipelines[0].stage('Lost')] } }),
    (r) => ['Won', 'Lost'].includes(r.stage),
  ],
  ['stageId in nothing', () => ({ stageId: { in: [] } }), () => false],
  ['stageId isNull', () => ({ stageId: { isNull: true } }), () => false],
  ['status eq', () => ({ status: { eq: 'LOST' } }), (r) => r.stage === 'Lost'],
  [
    'status in',
    () => ({ status: { in: ['WON', 'LOST'] } }),
    (r) => ['Won', 'Lost'].includes(r.stage),
  ],
  ['priority eq', () => ({ priority: { eq: 'LOW' } }), (r) => r.priority === 'LOW'],
  [
    'priority in',
    () => ({ priority: { in: ['LOW', 'HIGH'] } }),
    (r) => r.priority === 'LOW' || r.priority === 'HIGH',
  ],
  ['priority isNull', () => ({ priority: { isNull: true } }), (r) => !r.priority],
  ['priority not isNull', () => ({ priority: { isNull: false } }), (r) => Boolean(r.priority)],
  ['ownerId eq', (k) => ({ ownerId: { eq: k.members[0] } }), (r) => r.owner === 0],
  ['ownerId in', (k) => ({ ownerId: { in: k.members } }), (r) => r.owner !== undefined],
  ['ownerId isNull', () => ({ ownerId: { isNull: true } }), (r) => r.owner === undefined],
  [
    'organizationId eq',
    (k) => ({ organizationId: { eq: k.organizations[1] } }),
    (r) => r.organization === 1,
  ],
  [
    'organizationId in',
    (k) => ({ organizationId: { in: [k.organizations[0]] } }),
    (r) => r.organization === 0,
  ],
  [
    'organizationId isNull',
    () => ({ organizationId: { isNull: true } }),
    (r) => r.organization === undefined,
  ],
  [
    'contactId eq',
    (k) => ({ contactId: { eq: k.contacts[0] } }),
    (r) => r.contacts?.includes(0) ?? false,
  ],
  ['contactId in', (k) => ({ contactId: { in: k.contacts } }), (r) => r.contacts !== undefined],
  ['contactId isNull', () => ({ contactId: { isNull: true } }), (r) => !r.contacts],
  ['contactId not isNull', () => ({ contactId: { isNull: false } }), (r) => Boolean(r.contacts)],
  ['tagId eq', (k) => ({ tagId: { eq: k.tags[1] } }), (r) => r.tags?.includes(1) ?? false],
  ['tagId in', (k) => ({ tagId: { in: k.tags } }), (r) => r.tags !== undefined],
  ['tagId isNull', () => ({ tagId: { isNull: true } }), (r) => !r.tags],
  ['externalId eq', () => ({ externalId: { eq: 'x-2' } }), (r) => r.externalId === 'x-2'],
  ['externalId in', () => ({ externalId: { in: ['x-1', 'x-9'] } }), (r) => r.externalId === 'x-1'],
  ['externalId isNull', () => ({ externalId: { isNull: true } }), (r) => !r.externalId],
  ['name eq', () => ({ name: { eq: 'Atlas' } }), (r) => r.name === 'Atlas'],
  [
    'name in',
    () => ({ name: { in: ['Atlas', 'Echo'] } }),
    (r) => r.name === 'Atlas' || r.name === 'Echo',
  ],
  ['name contains', () => ({ name: { contains: 'ATLA' } }), (r) => /atla/i.test(r.name)],
  ['name contains %', () => ({ name: { contains: '%' } }), (r) => r.name.includes('%')],
  ['name contains _', () => ({ name: { contains: 'f_1' } }), (r) => r.name === 'Golf_1'],
  ['name isNull', () => ({ name: { isNull: true } }), () => false],
  ['name not isNull', () => ({ name: { isNull: false } }), () => true],
  ['description eq', () => ({ description: { eq: '' } }), (r) => r.description === ''],
  [
    'description contains',
    () => ({ description: { contains: 'atlas' } }),
    (r) => /atlas/i.test(r.description ?? ''),
  ],
  [
    'description isNull',
    () => ({ description: { isNull: true } }),
    (r) => r.description === undefined,
  ],
  ['amount eq', () => ({ amount: { eq: '100.00' } }), (r) => r.amount === 100],
  ['amount gt', () => ({ amount: { gt: '0' } }), (r) => has(r.amount, (n) => n > 0)],
  ['amount gte', () => ({ amount: { gte: 0 } }), (r) => has(r.amount, (n) => n >= 0)],
  ['amount lt', () => ({ amount: { lt: '0.0001' } }), (r) => has(r.amount, (n) => n < 0.0001)],
  ['amount lte', () => ({ amount: { lte: '-5' } }), (r) => has(r.amount, (n) => n <= -5)],
  [
    'amount between',
    () => ({ amount: { gt: '0', lte: '100' } }),
    (r) => has(r.amount, (n) => n > 0 && n <= 100),
  ],
  ['amount isNull', () => ({ amount: { isNull: true } }), (r) => r.amount === undefined],
  ['amount not isNull', () => ({ amount: { isNull: false } }), (r) => r.amount !== undefined],
  [
    'expectedCloseDate eq',
    () => ({ expectedCloseDate: { eq: '2026-01-01' } }),
    (r) => onDay(r, (d) => d === '2026-01-01'),
  ],
  [
    'expectedCloseDate gt',
    () => ({ expectedCloseDate: { gt: '2026-01-01' } }),
    (r) => onDay(r, (d) => d > '2026-01-01'),
  ],
  [
    'expectedCloseDate gte',
    () => ({ expectedCloseDate: { gte: '2026-01-01' } }),
    (r) => onDay(r, (d) => d >= '2026-01-01'),
  ],
  [
    'expectedCloseDate lt',
    () => ({ expectedCloseDate: { lt: '2026-01-01' } }),
    (r) => onDay(r, (d) => d < '2026-01-01'),
  ],
  [
    'expectedCloseDate lte',
    () => ({ expectedCloseDate: { lte: '1970-01-01' } }),
    (r) => onDay(r, (d) => d <= '1970-01-01'),
  ],
  [
    'expectedCloseDate isNull',
    () => ({ expectedCloseDate: { isNull: true } }),
    (r) => r.day === undefined,
  ],
  ['createdAt gt', () => ({ createdAt: { gt: at(3) } }), (r) => r.created > 3],
  ['createdAt gte', () => ({ createdAt: { gte: at(3) } }), (r) => r.created >= 3],
  ['createdAt lt', () => ({ createdAt: { lt: at(3) } }), (r) => r.created < 3],
  ['createdAt lte', () => ({ createdAt: { lte: at(3) } }), (r) => r.created <= 3],
  [
    'createdAt in another zone',
    () => ({ createdAt: { lte: '2026-03-01T05:00:00+02:00' } }),
    (r) => r.created <= 3,
  ],
  ['createdAt isNull', () => ({ createdAt: { isNull: true } }), () => false],
  ['closedAt gt', () => ({ closedAt: { gt: at(20) } }), (r) => has(r.closed, (n) => n > 20)],
  ['closedAt lte', () => ({ closedAt: { lte: at(20) } }), (r) => has(r.closed, (n) => n <= 20)],
  ['closedAt isNull', () => ({ closedAt: { isNull: true } }), (r) => r.closed === undefined],
  ['assigneeId eq', (k) => ({ assigneeId: { eq: k.members[0] } }), (r) => r.name === 'Delta'],
  ['assigneeId in', (k) => ({ assigneeId: { in: k.members } }), (r) => Boolean(r.assignees)],
  ['assigneeId isNull', () => ({ assigneeId: { isNull: true } }), (r) => !r.assignees],
  ['source eq', () => ({ source: { eq: 'COLD call' } }), (r) => r.source === 'Cold call'],
  ['source eq _', () => ({ source: { eq: 'Cold_call' } }), () => false],
  [
    'source in',
    () => ({ source: { in: ['cold call', '100% trade_FAIR', 'Fax'] } }),
    (r) => Boolean(r.source),
  ],
  ['source in nothing', () => ({ source: { in: [] } }), () => false],
  ['source contains', () => ({ source: { contains: 'E_F' } }), (r) => r.name === 'Delta'],
  ['source isNull', () => ({ source: { isNull: true } }), (r) => !r.source],
  ['source not isNull', () => ({ source: { isNull: false } }), (r) => Boolean(r.source)],
  [
    'source eq and not isNull',
    () => ({ source: { eq: 'cold call', isNull: false } }),
    (r) => r.source === 'Cold call',
  ],
  ['source eq and isNull', () => ({ source: { eq: 'cold call', isNull: true } }), () => false],
  ['reason eq', () => ({ reason: { eq: 'price' } }), (r) => r.reason === 'Price'],
  ['reason contains', () => ({ reason: { contains: 'FIT' } }), (r) => r.reason === 'Good fit'],
  ['reason isNull', () => ({ reason: { isNull: true } }), (r) => !r.reason],
  ['leadRef eq', () => ({ leadRef: { eq: 'L-1' } }), (r) => r.leadRef === 'L-1'],
  ['leadRef in', () => ({ leadRef: { in: ['L-2', 'l-1'] } }), (r) => r.leadRef === 'L-2'],
  ['leadRef isNull', () => ({ leadRef: { isNull: true } }), (r) => !r.leadRef],
  ['currency eq', () => ({ currency: { eq: 'EUR' } }), (r) => r.currency === 'EUR'],
  ['currency in', () => ({ currency: { in: ['USD', 'CHF'] } }), (r) => r.currency !== 'EUR'],
  ['valuePeriod eq', () => ({ valuePeriod: { eq: 'ONE_TIME' } }), (r) => !r.period],
  [
    'valuePeriod in',
    () => ({ valuePeriod: { in: ['MONTHLY', 'ANNUAL', 'QUARTERLY'] } }),
    (r) => Boolean(r.period),
  ],
  ['confidence eq', () => ({ confidence: { eq: 0 } }), (r) => r.confidence === 0],
  ['confidence gt', () => ({ confidence: { gt: 50 } }), (r) => has(r.confidence, (n) => n > 50)],
  ['confidence gte', () => ({ confidence: { gte: 50 } }), (r) => has(r.confidence, (n) => n >= 50)],
  ['confidence lt', () => ({ confidence: { lt: 50 } }), (r) => has(r.confidence, (n) => n < 50)],
  ['confidence lte', () => ({ confidence: { lte: 50 } }), (r) => has(r.confidence, (n) => n <= 50)],
  [
    'confidence isNull',
    () => ({ confidence: { isNull: true } }),
    (r) => r.confidence === undefined,
  ],
  ['updatedAt gt', () => ({ updatedAt: { gt: at(29) } }), (r) => r.updated === 30],
  ['updatedAt isNull', () => ({ updatedAt: { isNull: true } }), () => false],
  ['stageEnteredBefore', () => ({ stageEnteredBefore: at(5) }), (r) => r.created < 5],
  ['rotting', () => ({ rotting: true }), (r) => r.name === 'Castor'],
  ['not rotting', () => ({ rotting: false }), (r) => r.name !== 'Castor'],
  [
    'closingBefore',
    () => ({ closingBefore: '2026-01-02' }),
    (r) => r.closed === undefined && onDay(r, (d) => d < '2026-01-02'),
  ],
  ['hasNoNextStep', () => ({ hasNoNextStep: true }), (r) => !r.nextStep],
  ['hasNoNextStep false', () => ({ hasNoNextStep: false }), (r) => Boolean(r.nextStep)],
  [
    'questions that are null',
    () => ({ rotting: null, closingBefore: null, stageEnteredBefore: null, hasNoNextStep: null }),
    () => true,
  ],
  [
    'two fields',
    () => ({ status: { eq: 'OPEN' }, amount: { gt: '0' } }),
    (r) => r.closed === undefined && has(r.amount, (n) => n > 0),
  ],
  [
    'two conditions of a field',
    () => ({ externalId: { eq: 'x-1', isNull: false } }),
    (r) => r.externalId === 'x-1',
  ],
  ['no condition', () => ({}), () => true],
  [
    'conditions that are null',
    () => ({ status: null, name: { eq: null, contains: null }, amount: { gt: null }, and: null }),
    () => true,
  ],
  [
    'and',
    () => ({ and: [{ amount: { gte: 100 } }, { status: { eq: 'OPEN' } }] }),
    (r) => has(r.amount, (n) => n >= 100) && !r.closed,
  ],
  ['and of nothing', () => ({ and: [] }), () => true],
  [
    'or',
    () => ({ or: [{ amount: { lt: 0 } }, { name: { eq: 'Echo' } }] }),
    (r) => has(r.amount, (n) => n < 0) || r.name === 'Echo',
  ],
  [
    'or of texts',
    () => ({ or: [{ name: { contains: 'atlas' } }, { description: { contains: 'atlas' } }] }),
    (r) => /atlas/i.test(`${r.name} ${r.description}`),
  ],
  ['or of nothing', () => ({ or: [] }), () => false],
  [
    'or beside a field',
    () => ({ status: { eq: 'WON' }, or: [{ amount: { lt: 1 } }, { name: { contains: 'fox' } }] }),
    (r) => r.name === 'Fox 100%',
  ],
  [
    'not of not',
    () => ({ not: { not: { priority: { eq: 'LOW' } } } }),
    (r) => r.priority === 'LOW',
  ],
]

export interface Row {
  name: string
  stage: string
  other?: boolean
  description?: string
  amount?: number
  priority?: 'LOW' | 'MEDIUM' | 'HIGH'
  externalId?: string
  day?: string
  created: number
  closed?: number
  organization?: number
  owner?: number
  contacts?: number[]
  tags?: number[]
  assignees?: number[]
  source?: string
  reason?: string
  leadRef?: string
  currency?: string
  period?: string
  confidence?: number
  nextStep?: string
  updated?: number
  entered?: number
}

/** When they are asked for: the instant at which Castor begins to rot, after 7 days in its stage. */
export const askedAt = 4 + 7 * 24

/** The deals that the cases find or do not find; `created`, `closed` and the like are hours. */
export const rows: Row[] = [
  { name: 'Atlas', confidence: 0, stage: 'Lead', created: 1 },
  {
    name: 'atlas',
    currency: 'EUR',
    source: 'Cold call',
    stage: 'Lead',
    created: 2,
    amount: -5,
    priority: 'LOW',
    organization: 0,
    contacts: [0],
  },
  {
    name: 'Boreas',
    nextStep: 'Call',
    leadRef: 'L-1',
    stage: 'Lead',
    created: 3,
    amount: 0,
    day: '2026-01-01',
    owner: 0,
    tags: [0],
  },
  {
    name: 'Castor',
    confidence: 50,
    period: 'MONTHLY',
    nextStep: '',
    stage: 'Qualified',
    created: 4,
    amount: 0.0001,
    priority: 'MEDIUM',
    day: '1969-12-31',
    externalId: 'x-1',
  },
  {
    name: 'Delta',
    entered: 5 + 24,
    updated: 30,
    source: '100% Trade_fair',
    assignees: [0, 1],
    stage: 'Qualified',
    created: 5,
    amount: 100,
    description: 'about atlas',
    contacts: [0, 1],
    tags: [0, 1],
  },
  {
    name: 'Echo',
    confidence: 100,
    nextStep: 'Visit',
    assignees: [1],
    stage: 'Proposal',
    created: 6,
    amount: 100,
    priority: 'HIGH',
    day: '2026-01-02',
    organization: 1,
    owner: 1,
  },
  {
    name: 'Fox 100%',
    reason: 'Price',
    stage: 'Won',
    created: 7,
    closed: 20,
    amount: 100.5,
    organization: 0,
    externalId: 'x-2',
  },
  {
    name: 'Golf_1',
    source: 'Cold call',
    reason: 'Good fit',
    stage: 'Won',
    created: 8,
    closed: 21,
    amount: 899_999_999_999_999,
    priority: 'HIGH',
    tags: [1],
  },
  {
    name: 'Hotel',
    reason: 'Price',
    stage: 'Lost',
    created: 9,
    closed: 21,
    description: '',
    day: '2026-01-01',
    owner: 0,
    contacts: [1],
  },
  {
    name: 'Golf 1',
    leadRef: 'L-2',
    period: 'ANNUAL',
    stage: 'Lead',
    other: true,
    created: 10,
    amount: 7,
    description: 'Atlas again',
    priority: 'LOW',
  },
]

export const instant = (hour: number) => new Date(Date.UTC(2026, 2, 1, hour))

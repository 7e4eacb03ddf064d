import { parseArgs } from 'node:util'
import { type OperationName, operationNames } from './operations.ts'

export const candidateNames = [
  'dealgraph',
  'uncached',
  'interpreted',
  'postgraphile',
  'apollo',
  'floor',
] as const
export type CandidateName = (typeof candidateNames)[number]

export const scales = { '20k': 20_000, '1m': 1_000_000 } as const
export type Scale = keyof typeof scales

export interface Options {
  only: OperationName[]
  candidates: CandidateName[]
  connections: number[]
  rounds: number
  seconds: number
  warmUp: number
  scale: Scale
  seed: number
  fresh: boolean
  afterUpdates: boolean
  json: string | undefined
}

export const help = `npm run bench -- [options]

Measures Dealgraph against PostGraphile 5, Apollo Server with Prisma, and one hand-written statement per operation, all on
one PostgreSQL: that of BENCH_DATABASE_URL, whose login must be a superuser, or one that it starts for itself.

  --only Q1,Q2          of the operations ${operationNames.join(', ')}
  --candidates a,b      of ${candidateNames.join(', ')}
  --connections 1,16    at these numbers of connections (default 1,16,64)
  --rounds N            rounds of each candidate, which take turns (default 5)
  --seconds S           how long a round is (default 2)
  --quick               2 rounds of a second and a short warm-up, to see that it works
  --scale 20k|1m        10 tenants of 20,000 deals, or one of 1,000,000 beside nine of them (default 20k)
  --seed N              of the data and of the order of requests (default 1)
  --fresh               makes the database anew
  --after-updates       Q3 after a third of the deals were updated, and Q4 beside Q2, instead of the ratios
  --json FILE           writes all figures
`

/** What the command line asks for; nothing where it asks for help. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      candidates: { type: 'string' },
      connections: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      scale: { type: 'string', default: '20k' },
      seed: { type: 'string', default: '1' },
      fresh: { type: 'boolean', default: false },
      'after-updates': { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const { quick } = values
  // Kept answers would tell nothing of the database after updates that nobody told the gateway of.
  const usual = values['after-updates'] ? 'uncached,postgraphile,floor' : undefined
  return {
    only: among('--only', values.only, operationNames),
    candidates: among('--candidates', values.candidates ?? usual, candidateNames),
    connections: (values.connections ?? '1,16,64')
      .split(',')
      .map((n) => positive('connections', n)),
    rounds: positive('rounds', values.rounds ?? (quick ? '2' : '5')),
    seconds: positive('seconds', values.seconds ?? (quick ? '1' : '2')),
    warmUp: quick ? 50 : 2_000,
    scale: among('--scale', values.scale, Object.keys(scales) as Scale[])[0] as Scale,
    seed: positive('seed', values.seed),
    fresh: values.fresh,
    afterUpdates: values['after-updates'],
    json: values.json,
  }
}

function among<T extends string>(option: string, list: string | undefined, all: readonly T[]): T[] {
  if (list === undefined) return [...all]
  const named = list.split(',').map((name) => name.trim())
  const strange = named.filter((name) => !all.includes(name as T))
  if (strange.length > 0) {
    throw new Error(`${option} knows no ${strange.join(', ')}, only ${all.join(', ')}`)
  }
  return all.filter((name) => named.includes(name))
}

function positive(option: string, value: string): number {
  const number = Number(value)
  if (number > 0) return number
  throw new Error(`--${option} must be numbers above zero, and ${value} is none`)
}

import os from 'node:os'
import type { Measured, Round, Series } from './measure.ts'
import type { OperationName } from './operations.ts'
import type { Options } from './options.ts'

export type Ratios = Partial<Record<OperationName, Record<string, number>>>

export interface Machine {
  cpu: string
  cores: number
  memoryGigabytes: number
  platform: string
  node: string
  recentNode: string
  postgres: string
}

/** At how many connections the candidates are compared: 16, or the first number where that is not among them. */
export function comparedAt(connections: number[]): number {
  return connections.includes(16) ? 16 : (connections[0] as number)
}

/** The rate of the first candidate over that of each other one, as the median of the rounds that they had beside each other. */
export function ratiosOf(series: Series[], connections: number): Ratios {
  const ratios: Ratios = {}
  const compared = series.filter((one) => one.connections === connections)
  const first = compared[0]?.candidate
  for (const own of compared.filter(({ candidate }) => candidate === first)) {
    const others = compared.filter(
      ({ operation, candidate }) => operation === own.operation && candidate !== first,
    )
    ratios[own.operation] = Object.fromEntries(
      others.map(({ candidate, rounds }) => [
        candidate,
        median(rounds.map((round, index) => rateOf(own.rounds[index]) / round.perSecond)),
      ]),
    )
  }
  return ratios
}

function rateOf(round: Round | undefined): number {
  return round?.perSecond ?? Number.NaN
}

export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

export function machine(recentNode: string, postgres: string): Machine {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGigabytes: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.release()}`,
    node: process.version,
    recentNode,
    postgres,
  }
}

/** Both tables of the report, as Markdown. */
export function report(
  measured: Measured,
  titles: Record<string, string>,
  options: Options,
  on: Machine,
): string {
  const at = comparedAt(options.connections)
  const names = Object.keys(titles)
  const [first = '', ...others] = names
  const ratios = ratiosOf(measured.series, at)
  const ofOperation = (operation: OperationName) =>
    others.map((name) => figure(ratios[operation]?.[name]))
  return [
    `${titles[first]} on ${on.cores} cores (${on.cpu}), Node.js ${on.node}, PostgreSQL ${on.postgres} on the same machine, scale ${options.scale}:`,
    `its rate over that of each other one at ${at} connections (median of ${options.rounds} rounds of ${options.seconds} s in turns).`,
    '',
    table(
      ['operation', ...others.map((name) => titles[name] ?? name)],
      options.only.map((operation) => [operation, ...ofOperation(operation)]),
    ),
    '',
    table(
      detailHead,
      options.only.flatMap((operation) => details(operation, measured, titles)),
    ),
    '',
    table(
      ['candidate', `RSS at ${Math.max(...options.connections)} connections, MB`],
      names.map((name) => [titles[name] ?? name, figure(measured.residentMegabytes[name], 0)]),
    ),
    '',
    'SQL is the number of statements that PostgreSQL completed for an operation, BEGIN and COMMIT among them, counted on the',
    'wire in a run of its own. Spread is that of the rounds’ rates, (highest - lowest) / median. CPU is of one operation.',
    `PostGraphile runs on Node.js ${on.recentNode}. A1 of the floor is its Q2. Who makes no ETag answers E1 in full.`,
  ].join('\n')
}

const detailHead = [
  'operation',
  'connections',
  'candidate',
  'per second',
  'spread',
  'p50 ms',
  'p99 ms',
  'CPU node ms',
  'CPU PostgreSQL ms',
  'SQL',
]

function details(
  operation: OperationName,
  { series, statements }: Measured,
  titles: Record<string, string>,
): string[][] {
  const ofOperation = series.filter((one) => one.operation === operation)
  return ofOperation.map(({ connections, candidate, rounds }) => {
    const rates = rounds.map(({ perSecond }) => perSecond)
    const spread = (Math.max(...rates) - Math.min(...rates)) / median(rates)
    const of = (key: keyof Round) => {
      const known = rounds.map((round) => round[key]).filter((value) => value !== null)
      return known.length > 0 ? median(known) : null
    }
    return [
      operation,
      String(connections),
      titles[candidate] ?? candidate,
      figure(of('perSecond'), 0),
      `${figure(spread * 100, 0)} %`,
      figure(of('p50Ms')),
      figure(of('p99Ms')),
      figure(of('nodeCpuMs')),
      figure(of('postgresCpuMs')),
      figure(statements[candidate]?.[operation], 1),
    ]
  })
}

export function figure(value: number | null | undefined, digits = 2): string {
  return value == null || Number.isNaN(value) ? '-' : value.toFixed(digits)
}

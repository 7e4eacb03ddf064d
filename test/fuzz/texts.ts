import type { Random } from './random.ts'

/** Texts that have broken programs before; U+0000 and half a surrogate pair cannot be stored. */
export const oddTexts = [
  ...['', ' ', '\t\n', '%', '_', '%%%', '\\', '\\\\%', '"', "'", "'; DROP TABLE deal; --", '$1'],
  ...[
    '🚀',
    '👩‍👩‍👧‍👦',
    'e\u0301\u0327',
    'مرحبا بالعالم',
    '\u202eabc',
    '\u200b',
    '\ufeff',
    '\u2028',
  ],
  ...['İstanbul', 'ß', 'ﬃ', '\u0001\u001f\u007f', '\ufffe', 'null', 'undefined', '__proto__'],
  ...[
    'constructor',
    '{{7*7}}',
    '$'.concat('{x}'),
    '<b>&amp;',
    '=1+1',
    '-0',
    '1e999',
    'NaN',
    '[',
    '{"a":1}',
  ],
  ...['toString', 'true', '0', 'a'.repeat(255), 'ä'.repeat(256), '🚀'.repeat(255)],
]

const unstorable = ['\0', 'a\0b', '\ud800', 'x\udfff', '\udc00\ud800']
const lengths = [1_001, 10_000, 10_001, 20_000, 20_001, 70_000]

export function oddText(random: Random): string {
  if (random.chance(0.03)) return random.pick(unstorable)
  if (random.chance(0.03))
    return random.pick(['a', 'ü', '%', ' a']).repeat(random.pick(lengths) / 2)
  if (random.chance(0.02)) return 'x'.repeat(random.pick(lengths))
  return random.pick(oddTexts)
}

export function oddInt(random: Random): number {
  const edges = [0, 1, -1, 2, 50, 99, 100, 101, 255, 500, 32_767, 32_768, 36_500, 36_501]
  const extremes = [2_147_483_647, -2_147_483_648, 1_000_000_000, -1_000]
  return random.pick([...edges, ...edges, ...extremes, random.below(1_000)])
}

export function decimal(random: Random): unknown {
  const edges = ['0', '-0', '0.0001', '-0.0001', '899999999999999.9999', '-899999999999999.9999']
  const wrong = ['900000000000000', '1e3', 'NaN', 'Infinity', '', '0.00001', '１２']
  if (random.chance(0.05)) return random.pick(wrong)
  if (random.chance(0.3)) return random.pick(edges)
  return random.chance(0.2)
    ? random.below(10_000)
    : `${random.below(1_000_000)}.${random.below(99)}`
}

export function day(random: Random): string {
  if (random.chance(0.04)) return random.pick(['2026-02-30', '0000-01-01', '10000-01-01', '', 'x'])
  if (random.chance(0.2))
    return random.pick(['0001-01-01', '9999-12-31', '1582-10-10', '2024-02-29'])
  return `20${10 + random.below(40)}-0${1 + random.below(9)}-${10 + random.below(18)}`
}

export function instant(random: Random): string {
  if (random.chance(0.04)) return random.pick(['2026-03-31', 'now', '-271821-04-20T00:00:00Z', ''])
  const edges = ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '1970-01-01T00:00:00+14:00']
  if (random.chance(0.2)) return random.pick([...edges, '2026-06-30T23:59:60Z'])
  return `${day(random).padStart(10, '2')}T0${random.below(10)}:30:00${random.pick(['Z', '.123Z', '+05:30', '-11:00'])}`
}

export const currencies = ['USD', 'EUR', 'JPY', 'KWD', 'XXX', 'CHF']
export const timeZones = [
  ...['UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Kiritimati', 'Asia/Kathmandu'],
  ...['Mars/Olympus', '+05:30', 'europe/berlin', 'Etc/GMT+12', 'GMT0'],
]
export const addresses = ['ada@example.com', 'A@B.co', 'acme.example', 'x@y', '@', 'ü@exämple.org']
export const colors = ['#ff0000', '#FF00AA', 'red', '#12345', '#1234567']

/** Stands for a number that JSON can write and JavaScript cannot hold. */
export const infinity = '(infinity)'

/** Any JSON, sometimes deeper than is allowed. */
export function json(random: Random, depth = 0): unknown {
  if (depth === 0 && random.chance(0.03)) {
    return JSON.parse(`${'[{"a":'.repeat(40)}1${'}]'.repeat(40)}`)
  }
  const kind = random.below(depth > 3 ? 5 : 8)
  const inside = () => Array.from({ length: random.below(4) }, () => json(random, depth + 1))
  if (kind === 0) return null
  if (kind === 1) return random.pick([0, -1, 1.5, 1e21, 1e-9, 2 ** 53, -0, 5e-324, infinity])
  if (kind === 2) return random.chance(0.5)
  if (kind <= 4) return oddText(random)
  if (kind === 5) return inside()
  return Object.fromEntries(inside().map((value) => [random.pick(['a', 'b', ...oddTexts]), value]))
}

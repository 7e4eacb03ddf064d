import { z } from 'zod'
import { type Format, textFault } from '../import-format/rules.ts'
import { Json } from '../scalars.ts'

/** JSON of a shape; what is wrong with it is told by its path. */
export function jsonOf<T>(name: string, shape: z.ZodType<T>): Format<T> {
  return {
    parse(cell) {
      const value = parsed(cell)
      if (value === undefined || faultIn(value)) return undefined
      const { data, success } = shape.safeParse(value)
      return success ? data : undefined
    },
    otherwise(cell) {
      const value = parsed(cell)
      if (value === undefined) return 'is no JSON of at most 64 levels'
      const issue = shape.safeParse(value).error?.issues[0]
      const reason = faultIn(value) ?? (issue && `${placeOf(issue.path)}${issue.message}`)
      return `is no ${name}: ${reason}`
    },
  }
}

/** A list of names: JSON, or parted by semicolons. */
export function namesOf(longest: number): Format<string[]> {
  const fits = (name: string) => [...name].length <= longest && !textFault(name)
  return {
    otherwise: `is no list of names of at most ${longest} characters, parted by semicolons or as JSON`,
    parse(cell) {
      const items = cell.startsWith('[') ? parsed(cell) : cell.split(';')
      if (!Array.isArray(items) || items.some((item) => typeof item !== 'string')) return undefined
      const names = items.map((item: string) => item.trim()).filter((name) => name !== '')
      return names.every(fits) ? [...new Set(names)] : undefined
    },
  }
}

/** A text or number inside JSON, read as a cell is. */
export function cellAs<T>({ parse, otherwise, verbatim }: Format<T>) {
  return z.union([z.string(), z.number()]).transform((value, context): T => {
    const cell = verbatim ? String(value) : String(value).trim()
    const read = parse(cell)
    if (read !== undefined) return read
    const message = typeof otherwise === 'string' ? otherwise : otherwise(cell)
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

function parsed(cell: string): unknown {
  try {
    return Json.parseValue(JSON.parse(cell))
  } catch {
    return undefined
  }
}

function faultIn(value: unknown): string | undefined {
  if (typeof value === 'string') return textFault(value)
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, item] of Object.entries(value)) {
    const fault = textFault(key) ?? faultIn(item)
    if (fault) return fault
  }
  return undefined
}

function placeOf(path: PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
  return path.length > 0 ? `${steps.join('').replace(/^\./, '')} ` : ''
}

import { hasValue, isCustomField } from '../custom-field-filter.ts'
import type { Db } from '../database/database.ts'
import { codedError } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Containing } from '../list-inputs.ts'
import { containing } from '../search.ts'
import { type DealFilterInput, dealWhere } from './filters.ts'

/** The deals that contain the text in their name or description. */
export function dealsContaining(db: Db, text: string): Promise<object> {
  return containing(
    db,
    (pattern, most) => Prisma.sql`search_deals(${pattern}, true, true, ${most})`,
    ['name', 'description'],
    text,
  )
}

/** Each text is a statement of its own. */
const mostTexts = 10

/** Looks up what each `contains` of a filter matches, before the list itself is read. */
export async function matchTexts(
  db: Db,
  filter: DealFilterInput | null | undefined,
): Promise<Containing> {
  const wanted = new Map<string, [column: string, text: string]>()
  dealWhere(filter, (column, text) => {
    wanted.set(`${column} ${text}`, [column, text])
    return {}
  })
  if (wanted.size > mostTexts) {
    throw codedError(
      'BAD_USER_INPUT',
      `\`filter\` takes at most ${mostTexts} different \`contains\`.`,
    )
  }
  const matches = new Map<string, object>()
  for (const [key, [column, text]] of wanted) {
    matches.set(key, await matchText(db, column, text))
  }
  return (column, text) => matches.get(`${column} ${text}`) ?? {}
}

async function matchText(db: Db, column: string, text: string): Promise<object> {
  if (isCustomField(column)) {
    const call = (pattern: string, most: number) =>
      Prisma.sql`search_custom_values(${column}, ${pattern}, ${most})`
    const found = await containing(db, call, ['textValue'], text)
    return 'id' in found ? found : hasValue(column, found)
  }
  const inName = column === 'name'
  const call = (pattern: string, most: number) =>
    Prisma.sql`search_deals(${pattern}, ${inName}, ${!inName}, ${most})`
  return containing(db, call, [column], text)
}

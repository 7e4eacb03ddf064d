export interface NumberedPage {
  /** Counts from 1. */
  page: number
  pageSize: number
}

/** What is read for a page, and where in it the page begins. */
export interface PageWindow {
  skip: number
  take: number
  start: number
}

const mostPassedOver = 100_000

/**
 * Prisma compiles a statement for each `skip` and `take`, so that all pages share these few: what
 * is read beyond a page is ids, which cost less than a statement.
 */
const skipStep = 1_000
const takes = [25, 50, 100, 200, 500, 1_100]

/** Why there is no such page, or nothing. */
export function pageProblem({ page, pageSize }: NumberedPage, largest: number): string | null {
  if (page < 1) return `\`page\` must be at least 1, not ${page}.`
  if (pageSize < 1 || pageSize > largest) {
    return `\`pageSize\` must be between 1 and ${largest}, not ${pageSize}.`
  }
  const passedOver = (page - 1) * pageSize
  if (passedOver <= mostPassedOver) return null
  return `\`page\` must not pass over more than ${mostPassedOver} deals, and ${page} passes over ${passedOver}: read on with \`deals(after:)\`, or narrow them with \`filter\`.`
}

export function windowOf({ page, pageSize }: NumberedPage): PageWindow {
  const passedOver = (page - 1) * pageSize
  const start = passedOver % skipStep
  const needed = start + pageSize
  return { skip: passedOver - start, take: takes.find((most) => most >= needed) ?? needed, start }
}

export function pageCountOf(totalCount: number, { pageSize }: NumberedPage): number {
  return Math.ceil(totalCount / pageSize)
}

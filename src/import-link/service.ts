import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import {
  isEmail,
  type Link,
  type Links,
  memberNames,
  missing,
  type Names,
  organizationNames,
} from './rules.ts'

/** What the names of rows stand for. */
export interface Lookup {
  linksOf(row: Names): Links
  organization(name: string): Link | undefined
  member(name: string): Link | undefined
}

/**
 * Looks up names in any case, as PostgreSQL folds them. A member with an @ is an email address.
 * Names that are the same but for their case are one link.
 */
export async function findLinks(tx: Transaction, rows: Names[]): Promise<Lookup> {
  const organizations = await find(tx, byName('organization'), rows.flatMap(organizationNames))
  const member = await findMembers(tx, rows.flatMap(memberNames))
  const sources = await find(
    tx,
    Prisma.sql`SELECT tenant_id, id, created_at AS number, lower(name) AS folded FROM source`,
    rows.flatMap(({ source }) => source ?? []),
  )
  const tags = await find(
    tx,
    byName('tag'),
    rows.flatMap((row) => row.tags ?? []),
  )
  const won = await findReasons(tx, 'WON', rows)
  const lost = await findReasons(tx, 'LOST', rows)
  const reasonOf = ({ stage: { kind }, reason = '' }: Names): Links['reason'] => {
    const link = kind === 'OPEN' ? undefined : (kind === 'WON' ? won : lost).get(reason)
    return link && kind !== 'OPEN' ? Object.assign(link, { kind }) : undefined
  }
  return {
    organization: (name) => organizations.get(name),
    member,
    linksOf: (row) => ({
      organization: organizations.get(row.organization ?? ''),
      owner: member(row.owner ?? ''),
      source: sources.get(row.source ?? ''),
      reason: reasonOf(row),
      tags: row.tags && allOf(row.tags, (name) => tags.get(name)),
      assignees: row.assignees && allOf(row.assignees, member),
    }),
  }
}

function byName(table: 'organization' | 'tag'): Prisma.Sql {
  return Prisma.sql`SELECT tenant_id, id, number, lower(name) AS folded FROM ${Prisma.raw(table)}`
}

async function findMembers(tx: Transaction, names: string[]) {
  const foldedBy = (text: string) =>
    Prisma.sql`SELECT tenant_id, id, number, lower(${Prisma.raw(text)}) AS folded FROM member WHERE deleted_at IS NULL`
  const named = await find(
    tx,
    foldedBy('name'),
    names.filter((name) => !isEmail(name)),
  )
  const addressed = await find(tx, foldedBy('coalesce(email, name)'), names.filter(isEmail))
  return (name: string) => named.get(name) ?? addressed.get(name)
}

function findReasons(tx: Transaction, kind: 'WON' | 'LOST', rows: Names[]) {
  const closed = rows.filter(({ stage }) => stage.kind === kind)
  return find(
    tx,
    Prisma.sql`SELECT tenant_id, id, created_at AS number, lower(name) AS folded FROM close_reason WHERE kind = ${kind}`,
    closed.flatMap(({ reason }) => reason ?? []),
  )
}

function allOf(names: string[], linkOf: (name: string) => Link | undefined): Link[] {
  return [...new Set(names.map(linkOf))].filter((link) => link !== undefined)
}

async function find(
  { db, tenantId }: Transaction,
  candidates: Prisma.Sql,
  wanted: string[],
): Promise<Map<string, Link>> {
  const names = [...new Set(wanted)]
  if (names.length === 0) return new Map()
  const found = await db.$queryRaw<{ name: string; folded: string; ids: string[] }[]>`
    SELECT w.name, lower(w.name) AS folded, array_remove(array_agg(c.id::text ORDER BY c.number), NULL) AS ids
    FROM unnest(${names}::text[]) WITH ORDINALITY AS w(name, place)
    LEFT JOIN (${candidates}) AS c ON c.tenant_id = ${tenantId}::uuid AND c.folded = lower(w.name)
    GROUP BY w.name, w.place
    ORDER BY w.place DESC`
  const links = new Map(found.map(({ folded, name, ids }) => [folded, { name, ids }]))
  return new Map(found.map(({ name, folded }) => [name, links.get(folded) ?? { name, ids: [] }]))
}

/**
 * Creates the organizations, members, sources, reasons and tags that the links name and nothing has
 * yet; each then stands for the new one.
 */
export async function createMissing(tx: Transaction, links: Links[]): Promise<void> {
  const { now: createdAt } = tx
  const members = links.flatMap(({ owner, assignees = [] }) => [owner, ...assignees])
  await create(tx, 'organization', missing(links.map(({ organization }) => organization)), () => ({
    createdAt,
    updatedAt: createdAt,
  }))
  const newMembers = missing(members)
  const role = 'MEMBER'
  await create(tx, 'member', newMembers, ({ name }) => ({
    email: isEmail(name) ? name : null,
    role,
    createdAt,
  }))
  for (const memberId of newMembers.flatMap(({ ids }) => ids)) {
    tx.audit({ type: 'MEMBER_CREATED', memberId, details: { role, externalId: null } })
  }
  await create(tx, 'source', missing(links.map(({ source }) => source)), () => ({ createdAt }))
  await create(tx, 'close_reason', missing(links.map(({ reason }) => reason)), ({ kind }) => ({
    kind,
    createdAt,
  }))
  await create(tx, 'tag', missing(links.flatMap(({ tags = [] }) => tags)), () => ({ createdAt }))
}

/** What events call the ids of new rows. */
const idNames = {
  organization: 'organizationId',
  member: 'memberId',
  source: 'sourceId',
  close_reason: 'closeReasonId',
  tag: 'tagId',
}

async function create<Named extends Link>(
  tx: Transaction,
  table: keyof typeof idNames,
  links: Named[],
  valuesOf: (link: Named) => object,
): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId } = tx
  const isNumbered = table !== 'source' && table !== 'close_reason'
  const first = isNumbered ? await takeNumbers(tx, table, links.length) : 0
  const rows = links.map((link, index) => {
    const id = idFor(link)
    tx.emit({ type: `${table}.created`, payload: { [idNames[table]]: id } })
    const number = isNumbered && { number: first + index }
    return { tenantId, id, ...number, name: link.name, ...valuesOf(link) }
  })
  await bulkInsert(db, table, rows)
}

function idFor({ ids }: Link): string {
  const id = newId()
  ids.push(id)
  return id
}

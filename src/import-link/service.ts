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
  const members = links.flatMap(({ owner, assignees = [] }) => [owner, ...assignees])
  await createOrganizations(tx, missing(links.map(({ organization }) => organization)))
  await createMembers(tx, missing(members))
  await createSources(tx, missing(links.map(({ source }) => source)))
  await createReasons(tx, missing(links.map(({ reason }) => reason)))
  await createTags(tx, missing(links.flatMap(({ tags = [] }) => tags)))
}

async function createOrganizations(tx: Transaction, links: Link[]): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'organization', links.length)
  const times = { createdAt: now, updatedAt: now }
  await db.organization.createMany({
    data: links.map((link, index) => {
      const id = idFor(link)
      tx.emit({ type: 'organization.created', payload: { organizationId: id } })
      return { tenantId, id, number: firstNumber + index, name: link.name, ...times }
    }),
  })
}

async function createMembers(tx: Transaction, links: Link[]): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'member', links.length)
  await db.member.createMany({
    data: links.map((link, index) => {
      const id = idFor(link)
      const { name } = link
      tx.emit({ type: 'member.created', payload: { memberId: id } })
      const values = { name, email: isEmail(name) ? name : null, role: 'MEMBER', createdAt: now }
      return { tenantId, id, number: firstNumber + index, ...values }
    }),
  })
}

async function createSources(tx: Transaction, links: Link[]): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  await db.source.createMany({
    data: links.map((link) => {
      const id = idFor(link)
      tx.emit({ type: 'source.created', payload: { sourceId: id } })
      return { tenantId, id, name: link.name, createdAt: now }
    }),
  })
}

async function createReasons(tx: Transaction, links: NonNullable<Links['reason']>[]) {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  await db.closeReason.createMany({
    data: links.map((link) => {
      const id = idFor(link)
      tx.emit({ type: 'close_reason.created', payload: { closeReasonId: id } })
      return { tenantId, id, kind: link.kind, name: link.name, createdAt: now }
    }),
  })
}

async function createTags(tx: Transaction, links: Link[]): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'tag', links.length)
  await db.tag.createMany({
    data: links.map((link, index) => {
      const id = idFor(link)
      tx.emit({ type: 'tag.created', payload: { tagId: id } })
      return { tenantId, id, number: firstNumber + index, name: link.name, createdAt: now }
    }),
  })
}

function idFor({ ids }: Link): string {
  const id = newId()
  ids.push(id)
  return id
}

import { createServer, type IncomingMessage } from 'node:http'
import { ApolloServer, HeaderMap } from '@apollo/server'
import { PrismaPg } from '@prisma/adapter-pg'
import { type Prisma, PrismaClient } from '../../src/generated/prisma/client.ts'
import { type Loaders, loadersOf } from './apollo-loaders.ts'
import { moveDeal } from './apollo-move.ts'

// Apollo Server 5 as it is commonly written over Prisma: one resolver for each relation, behind dataloaders. A request is
// one transaction, which tells PostgreSQL the tenant that a header names.

export interface Context {
  db: Prisma.TransactionClient
  tenantId: string
  loaders: Loaders
}

const typeDefs = `
  type Query { deal(id: ID!): Deal deals(pipelineId: ID!, first: Int!, after: String): DealPage! pipeline(id: ID!): Pipeline }
  type Mutation { moveDeal(dealId: ID!, stageId: ID!, expectedVersion: Int!): MovePayload! }
  type Deal {
    id: ID! number: Int! externalId: String name: String! description: String amount: Float currency: String! valuePeriod: String!
    confidence: Int status: String! priority: String rank: String! stageEnteredAt: String! nextStep: String
    expectedCloseDate: String closedAt: String leadRef: String version: Int! createdAt: String! updatedAt: String!
    pipeline: Pipeline! stage: Stage! organization: Organization primaryContact: Contact contacts: [DealContact!]!
  }
  type DealContact { id: ID! role: String contact: Contact! }
  type Contact { id: ID! name: String! email: String }
  type Organization { id: ID! name: String! }
  type Pipeline { id: ID! name: String! stages: [Stage!]! }
  type Stage { id: ID! name: String! kind: String! totals: [Total!]! deals(first: Int!): DealPage! }
  type Total { currency: String! count: Int! amount: Float! }
  type DealPage { nodes: [Deal!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type MovePayload { deal: Deal stageChange: StageChange userErrors: [UserError!]! }
  type StageChange { seq: Int! toStageName: String! }
  type UserError { code: String! }
`

type DealRow = Prisma.DealGetPayload<object>

function pageOf(rows: DealRow[], first: number) {
  const nodes = rows.slice(0, first)
  const last = nodes.at(-1)
  const endCursor = last ? cursorOf(last.createdAt.toISOString(), last.id) : null
  return { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor } }
}

function cursorOf(createdAt: string, id: string): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url')
}

interface PageArguments {
  pipelineId: string
  first: number
  after?: string | null
}

async function deals(_: unknown, { pipelineId, first, after }: PageArguments, context: Context) {
  const where: Prisma.DealWhereInput = { tenantId: context.tenantId, pipelineId, deletedAt: null }
  if (after) {
    const [createdAt, id] = JSON.parse(Buffer.from(after, 'base64url').toString())
    where.createdAt = { lte: createdAt }
    where.OR = [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }]
  }
  const orderBy: Prisma.DealOrderByWithRelationInput[] = [{ createdAt: 'desc' }, { id: 'desc' }]
  return pageOf(await context.db.deal.findMany({ where, orderBy, take: first + 1 }), first)
}

const iso = (date: Date | null) => date?.toISOString() ?? null

const resolvers = {
  Query: {
    deal: (_: unknown, { id }: { id: string }, { db, tenantId }: Context) =>
      db.deal.findUnique({ where: { tenantId_id: { tenantId, id } } }),
    deals,
    pipeline: (_: unknown, { id }: { id: string }, { db, tenantId }: Context) =>
      db.pipeline.findUnique({ where: { tenantId_id: { tenantId, id } } }),
  },
  Mutation: { moveDeal },
  Deal: {
    amount: (deal: DealRow) => deal.amount?.toNumber() ?? null,
    stageEnteredAt: (deal: DealRow) => iso(deal.stageEnteredAt),
    expectedCloseDate: (deal: DealRow) => iso(deal.expectedCloseDate)?.slice(0, 10),
    closedAt: (deal: DealRow) => iso(deal.closedAt),
    createdAt: (deal: DealRow) => iso(deal.createdAt),
    updatedAt: (deal: DealRow) => iso(deal.updatedAt),
    pipeline: (deal: DealRow, _: unknown, { loaders }: Context) =>
      loaders.pipeline.load(deal.pipelineId),
    stage: (deal: DealRow, _: unknown, { loaders }: Context) => loaders.stage.load(deal.stageId),
    organization: (deal: DealRow, _: unknown, { loaders }: Context) =>
      deal.organizationId && loaders.organization.load(deal.organizationId),
    primaryContact: (deal: DealRow, _: unknown, { loaders }: Context) =>
      deal.primaryContactId && loaders.contact.load(deal.primaryContactId),
    contacts: (deal: DealRow, _: unknown, { loaders }: Context) => loaders.contacts.load(deal.id),
  },
  DealContact: {
    contact: (row: { contactId: string }, _: unknown, { loaders }: Context) =>
      loaders.contact.load(row.contactId),
  },
  Pipeline: {
    stages: (pipeline: { id: string }, _: unknown, { loaders }: Context) =>
      loaders.stages.load(pipeline.id),
  },
  Stage: {
    totals: (stage: { id: string }, _: unknown, { loaders }: Context) =>
      loaders.totals.load(stage.id),
    async deals(stage: { id: string }, { first }: { first: number }, { db, tenantId }: Context) {
      const where = { tenantId, stageId: stage.id, deletedAt: null }
      const orderBy = [{ rank: 'asc' as const }, { id: 'asc' as const }]
      return pageOf(await db.deal.findMany({ where, orderBy, take: first + 1 }), first)
    },
  },
}

const adapter = new PrismaPg({
  connectionString: process.env.DATABASE_URL as string,
  max: 10,
  options: '-c role=dealgraph_app -c jit=off',
})
const prisma = new PrismaClient({ adapter })
const apollo = new ApolloServer<Context>({ typeDefs, resolvers, introspection: false })
await apollo.start()

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
}

async function answer(request: IncomingMessage) {
  const tenantId = String(request.headers['x-tenant'])
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
  const { search } = new URL(request.url ?? '', 'http://localhost')
  const body = await bodyOf(request)
  const work = async (db: Prisma.TransactionClient) => {
    await db.$executeRaw`SELECT set_config('app.tenant_id', ${tenantId}, true), set_config('app.deals_of', 'all', true)`
    const context = { db, tenantId, loaders: loadersOf(db, tenantId) }
    return apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: request.method ?? '', headers, search, body },
      context: async () => context,
    })
  }
  return prisma.$transaction(work, { maxWait: 60_000, timeout: 60_000 })
}

const server = createServer(async (request, response) => {
  try {
    const { status = 200, headers, body } = await answer(request)
    const text = body.kind === 'complete' ? body.string : ''
    headers.set('content-length', String(Buffer.byteLength(text)))
    response.writeHead(status, Object.fromEntries(headers)).end(text)
  } catch (error) {
    process.stderr.write(`${error}\n`)
    response.writeHead(500).end('{"errors":[{}]}')
  }
})
server.listen(Number(process.env.PORT), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))

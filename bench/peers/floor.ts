import { createServer, type IncomingMessage } from 'node:http'
import pg from 'pg'

// As little as can be between a request and PostgreSQL: node:http, one prepared statement for each operation that makes the
// JSON, and BEGIN, the tenant, the statement and COMMIT in one flush. The tenant is told by a header.

interface Statement {
  name: string
  text: string
}

const scalars = [
  'id',
  'number',
  'external_id',
  'name',
  'description',
  'amount',
  'currency',
  'value_period',
  'confidence',
  'status',
]
const others = [
  'priority',
  'rank',
  'stage_entered_at',
  'next_step',
  'expected_close_date',
  'closed_at',
  'lead_ref',
  'version',
]
const row = ['id', 'number', 'name', 'amount', 'currency', 'status', 'priority', 'created_at']

/** The arguments of json_build_object for columns of d, by the names that the API has for them. */
function fields(columns: string[]): string {
  const named = (column: string) => column.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
  return columns.map((column) => `'${named(column)}', d.${column}`).join(', ')
}

const names = `'pipelineName', p.name, 'stageName', s.name`
const places = `JOIN pipeline p ON p.tenant_id = d.tenant_id AND p.id = d.pipeline_id
  JOIN stage s ON s.tenant_id = d.tenant_id AND s.id = d.stage_id`
const organization = `LEFT JOIN organization o ON o.tenant_id = d.tenant_id AND o.id = d.organization_id`

function page(condition: string): string {
  return `SELECT json_build_object('deals', json_build_object(
      'nodes', coalesce(json_agg(node ORDER BY created_at DESC, id DESC) FILTER (WHERE n <= 50), '[]'),
      'pageInfo', json_build_object('hasNextPage', count(*) > 50,
        'endCursor', (array_agg(created_at || ' ' || id ORDER BY n DESC) FILTER (WHERE n <= 50))[1])))::text AS body
    FROM (
      SELECT row_number() OVER (ORDER BY d.created_at DESC, d.id DESC) AS n, d.created_at, d.id, json_build_object(${fields(row)}, ${names},
        'organization', CASE WHEN o.id IS NOT NULL THEN json_build_object('id', o.id, 'name', o.name) END,
        'primaryContact', CASE WHEN c.id IS NOT NULL THEN json_build_object('id', c.id, 'name', c.name, 'email', c.email) END) AS node
      FROM (
        SELECT * FROM deal WHERE pipeline_id = $1 AND deleted_at IS NULL ${condition}
        ORDER BY created_at DESC, id DESC LIMIT 51
      ) d ${places} ${organization}
        LEFT JOIN contact c ON c.tenant_id = d.tenant_id AND c.id = d.primary_contact_id
    ) AS page`
}

const statements: Record<string, Statement> = {
  Q1: {
    name: 'q1',
    text: `SELECT json_build_object('deal', json_build_object(${fields(scalars)}, ${fields(others)},
        ${fields(['created_at', 'updated_at'])}, ${names}, 'contacts', (
          SELECT coalesce(json_agg(json_build_object('role', dc.role,
            'contact', json_build_object('id', c.id, 'name', c.name, 'email', c.email)) ORDER BY dc.is_primary DESC, dc.created_at, dc.id), '[]')
          FROM deal_contact dc JOIN contact c ON c.tenant_id = dc.tenant_id AND c.id = dc.contact_id
          WHERE dc.tenant_id = d.tenant_id AND dc.deal_id = d.id)))::text AS body
      FROM deal d ${places} WHERE d.id = $1`,
  },
  Q2: { name: 'q2', text: page('') },
  Q4: {
    name: 'q4',
    text: page(
      'AND created_at <= $2::timestamptz AND (created_at, id) < ($2::timestamptz, $3::uuid)',
    ),
  },
  Q3: {
    name: 'q3',
    text: `SELECT json_build_object('pipeline', json_build_object('id', p.id, 'name', p.name, 'stages', (
        SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'kind', s.kind,
          'totals', (SELECT coalesce(json_agg(json_build_object('currency', t.currency, 'count', t.count, 'amount', t.amount)
            ORDER BY t.currency), '[]') FROM stage_total t WHERE t.tenant_id = s.tenant_id AND t.stage_id = s.id AND t.count > 0),
          'deals', json_build_object('nodes', (
            SELECT coalesce(json_agg(json_build_object('id', d.id, 'name', d.name, 'amount', d.amount, 'currency', d.currency,
              'organization', CASE WHEN o.id IS NOT NULL THEN json_build_object('id', o.id, 'name', o.name) END) ORDER BY d.rank, d.id), '[]')
            FROM (
              SELECT * FROM deal WHERE tenant_id = s.tenant_id AND stage_id = s.id AND deleted_at IS NULL ORDER BY rank, id LIMIT 20
            ) d ${organization}))) ORDER BY s.position)
        FROM stage s WHERE s.tenant_id = p.tenant_id AND s.pipeline_id = p.id AND s.archived_at IS NULL)))::text AS body
      FROM pipeline p WHERE p.id = $1`,
  },
  M1: {
    name: 'm1',
    text: 'SELECT row_to_json(moved)::text AS body FROM bench.move_deal($1, $2, $3) AS moved',
  },
}
const nothing: Record<string, string> = { Q1: '{"deal":null}', Q3: '{"pipeline":null}' }

const options: pg.PoolConfig & { pipeline: boolean } = {
  connectionString: process.env.DATABASE_URL as string,
  max: 10,
  pipeline: true,
  onConnect: async (client) => {
    await client.query("SET ROLE dealgraph_app; SET TimeZone = 'UTC'; SET jit = off")
  },
}
const pool = new pg.Pool(options)

async function answer(tenant: string, operation: string, values: unknown[]): Promise<string> {
  if (!/^[0-9a-f-]{36}$/.test(tenant)) throw new Error('a request names its tenant')
  const statement = statements[operation]
  if (!statement) throw new Error('there is no such operation')
  const client = await pool.connect()
  try {
    const mode = operation === 'M1' ? '' : ' READ ONLY'
    const sent = [
      client.query(
        `BEGIN${mode}; SELECT set_config('app.tenant_id', '${tenant}', true), set_config('app.deals_of', 'all', true)`,
      ),
      client.query({ ...statement, values }),
      client.query('COMMIT'),
    ] as const
    const [, result] = await Promise.all(sent)
    return `{"data":${result.rows[0]?.body ?? nothing[operation]}}`
  } finally {
    client.release()
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const server = createServer(async (request, response) => {
  try {
    const url = new URL(request.url ?? '', 'http://localhost')
    const asked = request.method === 'GET' ? url.searchParams.get('request') : await bodyOf(request)
    const { operation, values } = JSON.parse(asked ?? '')
    const body = await answer(String(request.headers['x-tenant']), operation, values)
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  } catch (error) {
    process.stderr.write(`${error}\n`)
    response.writeHead(500).end('{"errors":[{}]}')
  }
})
server.listen(Number(process.env.PORT), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))

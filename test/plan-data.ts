import type pg from 'pg'

/**
 * A tenant whose rows have ids that tell their number: the deal 7 of tenant `a` is
 * `aaaaaaaa-0004-7000-8000-000000000007`.
 */
export interface BulkTenant {
  letter: 'a' | 'b'
  deals: number
}

const kinds = [
  'tenant',
  'pipeline',
  'stage',
  'organization',
  'deal',
  'member',
  'contact',
  'tag',
  'link',
  'field',
  'source',
  'release',
  'operation',
  'currency',
] as const
type Kind = (typeof kinds)[number]

/**
 * How many of each there are, and how many of them have deals: an index is of use only on tables
 * that are not small.
 */
const sizes = {
  pipelines: 2,
  stagesOfEach: 6,
  organizations: { all: 5_000, withDeals: 200 },
  contacts: { all: 10_000, withDeals: 2_000 },
  members: { all: 1_000, withDeals: 50 },
  tags: 20,
  sources: 12,
  clients: 5,
  releases: 1_000,
  operations: 5_000,
}

export function bulkId(letter: string, kind: Kind, number: number): string {
  const hex = number.toString(16).padStart(12, '0')
  return `${letter.repeat(8)}-000${kinds.indexOf(kind).toString(16)}-7000-8000-${hex}`
}

/**
 * Fills a tenant with deals in two pipelines of six stages, three in ten of them open. Many are
 * equal in what they can be ordered by, some have no amount, date, owner or description, one in 25
 * has no next step, and every 97th is deleted.
 */
export async function plantBulkTenant(
  client: pg.Client,
  { letter, deals }: BulkTenant,
): Promise<void> {
  const id = (kind: Kind, number: string) =>
    `('${bulkId(letter, kind, 0).slice(0, -12)}' || lpad(to_hex(${number}), 12, '0'))::uuid`
  const tenant = `'${bulkId(letter, 'tenant', 0)}'::uuid`
  const now = `'2026-03-01T00:00:00Z'::timestamptz`
  const { pipelines, stagesOfEach, organizations, members, contacts, tags, sources } = sizes
  const { clients, releases, operations } = sizes
  // The rows are right as they are: keys and triggers would only take their time.
  await client.query(`
    BEGIN;
    SET LOCAL session_replication_role = replica;
    INSERT INTO tenant VALUES (${tenant}, 'bulk-${letter}', 'Bulk', 'USD', 'UTC', ${now});
    INSERT INTO currency VALUES (${tenant}, ${id('currency', '1')}, 1, 'USD', ${now});
    INSERT INTO pipeline (tenant_id, id, number, name, position, is_default, created_at, updated_at)
      SELECT ${tenant}, ${id('pipeline', 'n')}, n + 1, 'Pipeline ' || n, n, n = 0, ${now}, ${now} FROM generate_series(0, ${pipelines - 1}) n;
    INSERT INTO stage (tenant_id, id, pipeline_id, number, name, position, kind, probability, reason_required, created_at, updated_at)
      SELECT ${tenant}, ${id('stage', 'n')}, ${id('pipeline', `n / ${stagesOfEach}`)}, n + 1, 'Stage ' || n, n,
        CASE n % ${stagesOfEach} WHEN 4 THEN 'WON' WHEN 5 THEN 'LOST' ELSE 'OPEN' END,
        CASE n % ${stagesOfEach} WHEN 4 THEN 100 WHEN 5 THEN 0 ELSE 50 END, false, ${now}, ${now}
      FROM generate_series(0, ${pipelines * stagesOfEach - 1}) n;
    INSERT INTO member (tenant_id, id, number, name, role, created_at)
      SELECT ${tenant}, ${id('member', 'n')}, n + 1, 'Member ' || n % 700, 'MEMBER', ${now} - n * interval '1 hour' FROM generate_series(0, ${members.all - 1}) n;
    INSERT INTO tag SELECT ${tenant}, ${id('tag', 'n')}, n + 1, 'Tag ' || n, NULL, ${now} FROM generate_series(0, ${tags - 1}) n;
    INSERT INTO source SELECT ${tenant}, ${id('source', 'n')}, 'Source ' || n, NULL, ${now} FROM generate_series(0, ${sources - 1}) n;
    INSERT INTO organization (tenant_id, id, number, name, domain, created_at, updated_at)
      SELECT ${tenant}, ${id('organization', 'n')}, n + 1, 'Company ' || n % 4000, 'company' || n || '.example', ${now} - n * interval '1 hour', ${now}
      FROM generate_series(0, ${organizations.all - 1}) n;
    INSERT INTO contact (tenant_id, id, number, name, email, organization_id, created_at, updated_at)
      SELECT ${tenant}, ${id('contact', 'n')}, n + 1, 'Person ' || n % 8000, 'person' || n || '@mail.example',
        ${id('organization', `n % ${organizations.withDeals}`)}, ${now} - n / 2 * interval '1 hour', ${now}
      FROM generate_series(0, ${contacts.all - 1}) n;
    INSERT INTO deal (tenant_id, id, number, external_id, name, description, amount, currency, value_period, priority, status, closed_at,
        pipeline_id, stage_id, rank, stage_entered_at, organization_id, owner_id, primary_contact_id, expected_close_date, version,
        created_at, updated_at, deleted_at, rotting_at, next_step, source_id, custom_fields)
      SELECT ${tenant}, ${id('deal', 'n')}, n, 'deal-' || n,
        (ARRAY['Solar', 'Wind', 'Tidal', 'Hydro', 'Solar'])[n % 5 + 1] || ' plant ' || n * 7919 % ${deals},
        CASE WHEN n % 3 > 0 THEN 'Described by ' || md5(n::text) END,
        CASE WHEN n % 11 > 0 THEN (n * 7919 % 100000 - 500)::numeric / 8 END, 'USD', 'ONE_TIME',
        CASE n % 4 WHEN 1 THEN 'HIGH' WHEN 2 THEN 'LOW' END,
        place.status, CASE WHEN place.status <> 'OPEN' THEN ${now} - n * interval '1 minute' END,
        ${id('pipeline', 'n % 2')}, ${id('stage', `n % 2 * ${stagesOfEach} + place.step`)},
        'a' || lpad(to_hex(n * 7919 % 65536), 5, '0'), ${now} - n * 31 % 9973 * interval '1 minute',
        CASE WHEN n % 7 > 0 THEN ${id('organization', `n % ${organizations.withDeals}`)} END,
        CASE WHEN n % 13 > 0 THEN ${id('member', `n % ${members.withDeals}`)} END, ${id('contact', `n % ${contacts.withDeals}`)},
        CASE WHEN n % 5 > 0 THEN DATE '2026-01-01' + n * 31 % 700 END, 1,
        ${now} - n / 3 * interval '1 minute', ${now} - n * 7919 % 9973 * interval '1 minute', CASE WHEN n % 97 = 0 THEN ${now} END,
        CASE WHEN place.status = 'OPEN' THEN CASE WHEN n % 300 = 1 THEN ${now} ELSE '2099-01-01' END END,
        CASE n % 50 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'Call' END, CASE WHEN n % 9 > 0 THEN ${id('source', `n % ${sources}`)} END,
        jsonb_build_object('cf_code', 'code ' || n * 7919 % ${deals}, 'cf_region', (ARRAY['EMEA', 'APAC'])[n % 2 + 1],
          'cf_seats', n * 7919 % 10000, 'cf_renewal', DATE '2020-01-01' + n * 7919 % 3000,
          'cf_budget', jsonb_build_object('amount', (n * 7919 % 20000)::text, 'currency', 'USD'))
      FROM generate_series(1, ${deals}) n, LATERAL (
        SELECT CASE WHEN n % 10 < 3 THEN n / 10 % 4 WHEN n % 10 < 7 THEN 4 ELSE 5 END AS step,
          CASE WHEN n % 10 < 3 THEN 'OPEN' WHEN n % 10 < 7 THEN 'WON' ELSE 'LOST' END AS status) place;
    INSERT INTO deal_contact (tenant_id, id, deal_id, contact_id, is_primary, created_at, updated_at)
      SELECT ${tenant}, ${id('link', 'n * 2 + k')}, ${id('deal', 'n')}, ${id('contact', `(n + k * 7) % ${contacts.withDeals}`)}, k = 0, ${now}, ${now}
      FROM generate_series(1, ${deals}) n, generate_series(0, 1) k;
    INSERT INTO deal_tag SELECT ${tenant}, ${id('deal', 'n')}, ${id('tag', `n % ${tags}`)} FROM generate_series(1, ${deals}) n;
    INSERT INTO custom_field_definition (tenant_id, id, key, label, type, required, options, position, created_at, updated_at)
      SELECT ${tenant}, ${id('field', 'n')}, (ARRAY['cf_code', 'cf_region', 'cf_seats', 'cf_budget', 'cf_renewal'])[n], 'Field ' || n,
        (ARRAY['TEXT', 'SELECT', 'NUMBER', 'MONEY', 'DATE'])[n], false, '{}', n, ${now}, ${now} FROM generate_series(1, 5) n;
    INSERT INTO deal_custom_value (tenant_id, deal_id, key, ordinal, text_value, number_key)
      SELECT deal.tenant_id, deal.id, key, 1,
        CASE jsonb_typeof(value) WHEN 'object' THEN value ->> 'currency' WHEN 'string' THEN value #>> '{}' END,
        CASE jsonb_typeof(value) WHEN 'object' THEN (value ->> 'amount')::bigint WHEN 'number' THEN value::bigint END * 10000
      FROM deal, jsonb_each(custom_fields) WHERE tenant_id = ${tenant};
    INSERT INTO deal_assignee SELECT ${tenant}, ${id('deal', 'n')}, ${id('member', `n % ${members.all}`)} FROM generate_series(1, ${deals}) n;
    INSERT INTO client_release (tenant_id, id, client, version, status, created_at, activated_at, retired_at)
      SELECT ${tenant}, ${id('release', 'n')}, 'app ' || n % ${clients}, '1.' || n, status, ${now} - n / 2 * interval '1 hour',
        CASE WHEN status <> 'PENDING' THEN ${now} END, CASE WHEN status = 'RETIRED' THEN ${now} END
      FROM generate_series(0, ${releases - 1}) n, LATERAL (
        SELECT CASE WHEN n < 10 THEN 'PENDING' WHEN n < 60 THEN 'ACTIVE' ELSE 'RETIRED' END AS status) place;
    INSERT INTO persisted_operation (tenant_id, id, client, operation_id, sha256, normalized_sha256, text, name, type, cost, created_at, last_used_at)
      SELECT ${tenant}, ${id('operation', 'n')}, 'app ' || n % ${clients}, 'operation ' || n, hash, hash, text, 'Q' || n, 'QUERY', 1,
        ${now} - n / 2 * interval '1 hour', CASE WHEN n % 3 > 0 THEN ${now} - n % 1000 * interval '1 hour' END
      FROM generate_series(0, ${operations - 1}) n, LATERAL (SELECT 'query Q' || n || ' { viewer { role } }' AS text) given,
        LATERAL (SELECT encode(sha256(convert_to(text, 'UTF8')), 'hex') AS hash) hashed;
    INSERT INTO client_release_operation
      SELECT ${tenant}, ${id('release', 'r')}, ${id('operation', `(r + k * ${clients}) % ${operations}`)}
      FROM generate_series(0, ${releases - 1}) r, generate_series(0, 39) k;
    COMMIT`)
}

-- The generator: everything follows from the seed, the tenant's number and a row's number.

CREATE FUNCTION bench.id(kind integer, tenant integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ('019' || to_hex(kind) || lpad(to_hex(tenant), 4, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
$$;
CREATE FUNCTION bench.pick(seed bigint, tenant integer, n bigint, salt integer, below integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ((hashint8extended(n * 64 + salt, seed * 1000 + tenant) & 9007199254740991) % below)::integer;
$$;
-- The n-th rank from zero, all of one length.
CREATE FUNCTION bench.rank(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 'd' || substr(s, (n / 238328 % 62)::integer + 1, 1) || substr(s, (n / 3844 % 62)::integer + 1, 1)
    || substr(s, (n / 62 % 62)::integer + 1, 1) || substr(s, (n % 62)::integer + 1, 1)
  FROM (VALUES ('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')) AS digits(s);
$$;

CREATE FUNCTION bench.load_tenant(seed bigint, t integer, deals integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  tenant uuid := bench.id(1, t, 0);
  since constant timestamptz := '2024-01-01T00:00:00Z';
  step interval := interval '700 days' / deals;
BEGIN
  INSERT INTO tenant (id, slug, name, default_currency, time_zone, created_at)
  VALUES (tenant, 'bench-' || t, 'Bench ' || t, 'USD', 'UTC', since);
  INSERT INTO tenant_revision VALUES (tenant, 0);
  INSERT INTO currency (tenant_id, id, number, code, created_at)
  VALUES (tenant, bench.id(2, t, 1), 1, 'USD', since), (tenant, bench.id(2, t, 2), 2, 'EUR', since);
  INSERT INTO pipeline (tenant_id, id, number, name, position, is_default, created_at, updated_at)
  SELECT tenant, bench.id(3, t, n), n, (ARRAY['Sales', 'Renewals'])[n], n - 1, n = 1, since, since FROM generate_series(1, 2) n;
  INSERT INTO stage (tenant_id, id, pipeline_id, number, name, position, kind, probability, rotting_days, reason_required,
    created_at, updated_at)
  SELECT tenant, bench.id(4, t, p * 10 + n), bench.id(3, t, p), (p - 1) * 6 + n,
    (ARRAY['Lead', 'Qualified', 'Proposal', 'Negotiation', 'Won', 'Lost'])[n], n - 1,
    CASE n WHEN 5 THEN 'WON' WHEN 6 THEN 'LOST' ELSE 'OPEN' END, CASE n WHEN 5 THEN 100 WHEN 6 THEN 0 ELSE n * 20 END,
    CASE WHEN n < 5 THEN n * 10 END, false, since, since
  FROM generate_series(1, 2) p, generate_series(1, 6) n;
  INSERT INTO member (tenant_id, id, number, name, email, role, created_at)
  SELECT tenant, bench.id(5, t, n), n, 'Member ' || n, 'member' || n || '@bench.example', 'MEMBER', since FROM generate_series(1, 20) n;
  INSERT INTO organization (tenant_id, id, number, name, domain, email, created_at, updated_at)
  SELECT tenant, bench.id(6, t, n), n, 'Organization ' || n, 'organization' || n || '.example', NULL,
    since + n * interval '1 minute', since + n * interval '1 minute'
  FROM generate_series(1, 2000) n;
  INSERT INTO contact (tenant_id, id, number, name, email, phone, job_title, organization_id, created_at, updated_at)
  SELECT tenant, bench.id(7, t, n), n, 'Contact ' || n, 'contact' || n || '@organization' || (n % 2000 + 1) || '.example',
    '+1 555 ' || lpad(n::text, 6, '0'), (ARRAY['Buyer', 'Engineer', 'Director'])[n % 3 + 1], bench.id(6, t, n % 2000 + 1),
    since + n * interval '1 minute', since + n * interval '1 minute'
  FROM generate_series(1, 4000) n;

  CREATE TEMPORARY TABLE drawn ON COMMIT DROP AS
  SELECT n, p, k, row_number() OVER (PARTITION BY p, k ORDER BY bench.pick(seed, t, n, 9, 1000000), n) AS place,
    since + n * step AS created, since + n * step + bench.pick(seed, t, n, 10, 30) * interval '1 day' AS entered
  FROM (
    SELECT n, CASE WHEN bench.pick(seed, t, n, 1, 100) < 85 THEN 1 ELSE 2 END AS p,
      1 + width_bucket(bench.pick(seed, t, n, 2, 100), ARRAY[22, 40, 54, 64, 84]) AS k
    FROM generate_series(1, deals) n
  ) AS stages;
  ANALYZE drawn;
  INSERT INTO deal (tenant_id, id, number, external_id, name, description, amount, currency, value_period, confidence, status,
    priority, pipeline_id, stage_id, rank, stage_entered_at, rotting_at, last_open_stage_id, organization_id, owner_id,
    primary_contact_id, next_step, expected_close_date, closed_at, lead_ref, version, created_at, updated_at)
  SELECT tenant, bench.id(8, t, n), n, CASE n % 3 WHEN 0 THEN 'crm-' || n END,
    (ARRAY['Robots', 'Shelves', 'Sorters', 'Scanners', 'Cranes'])[bench.pick(seed, t, n, 3, 5) + 1] || ' for organization ' || n,
    'Asked for a quote of ' || bench.pick(seed, t, n, 4, 90) || ' units with delivery and training on site.',
    bench.pick(seed, t, n, 5, 500000) + 0.5, CASE WHEN bench.pick(seed, t, n, 6, 10) = 0 THEN 'EUR' ELSE 'USD' END, 'ONE_TIME',
    CASE WHEN n % 4 = 0 THEN bench.pick(seed, t, n, 7, 101) END, s.kind, (ARRAY['LOW', 'MEDIUM', 'HIGH', NULL])[n % 4 + 1],
    s.pipeline_id, s.id, bench.rank(place), entered,
    CASE WHEN s.kind = 'OPEN' THEN entered::timestamptz(3) + s.rotting_days * interval '24 hours' END,
    CASE WHEN s.kind = 'OPEN' THEN s.id ELSE bench.id(4, t, p * 10 + 1) END, bench.id(6, t, bench.pick(seed, t, n, 8, 2000) + 1),
    bench.id(5, t, n % 20 + 1), bench.id(7, t, bench.pick(seed, t, n, 11, 4000) + 1), CASE WHEN n % 2 = 0 THEN 'Call back' END,
    (entered + interval '60 days')::date, CASE WHEN s.kind <> 'OPEN' THEN entered END, CASE n % 5 WHEN 0 THEN 'lead-' || n END, CASE k WHEN 1 THEN 1 ELSE 2 END, created,
    entered
  FROM drawn JOIN stage s ON s.tenant_id = tenant AND s.id = bench.id(4, t, p * 10 + k)
  ORDER BY n;
  INSERT INTO deal_contact (tenant_id, id, deal_id, contact_id, role, is_primary, created_at, updated_at)
  SELECT tenant, bench.id(9, t, n * 4::bigint + c), bench.id(8, t, n), bench.id(7, t, (bench.pick(seed, t, n, 11, 4000) + c * 997) % 4000 + 1),
    (ARRAY['Decision maker', 'Champion', 'User', NULL])[c + 1], c = 0, created + c * interval '1 second', created + c * interval '1 second'
  FROM drawn, generate_series(0, bench.pick(seed, t, n, 12, 4)) c;
  INSERT INTO stage_change (tenant_id, id, deal_id, seq, from_pipeline_id, from_stage_id, from_stage_name, to_pipeline_id, to_stage_id,
    to_stage_name, direction, amount, currency, probability, expected_close_date, actor_kind, actor_member_id, request_id, occurred_at)
  SELECT tenant, bench.id(10, t, n * 2::bigint + seq), d.id, seq, came.pipeline_id, came.id, came.name, d.pipeline_id, goes.id, goes.name,
    CASE WHEN seq = 1 THEN 'CREATED' WHEN goes.kind = 'OPEN' THEN 'FORWARD' ELSE goes.kind END, d.amount, d.currency, goes.probability,
    d.expected_close_date, 'MEMBER', d.owner_id, 'bench', CASE seq WHEN 1 THEN created ELSE entered END
  FROM drawn JOIN deal d ON d.tenant_id = tenant AND d.id = bench.id(8, t, n)
    CROSS JOIN generate_series(1, CASE k WHEN 1 THEN 1 ELSE 2 END) seq
    JOIN stage goes ON goes.tenant_id = tenant AND goes.id = bench.id(4, t, p * 10 + CASE seq WHEN 1 THEN 1 ELSE k END)
    LEFT JOIN stage came ON seq = 2 AND came.tenant_id = tenant AND came.id = bench.id(4, t, p * 10 + 1);
  INSERT INTO stage_total
  SELECT tenant_id, stage_id, currency, count(*), coalesce(sum(amount), 0),
    coalesce(sum(amount) FILTER (WHERE confidence IS NOT NULL), 0), coalesce(sum(amount * confidence), 0)
  FROM deal WHERE tenant_id = tenant AND deleted_at IS NULL
  GROUP BY tenant_id, stage_id, currency;
  INSERT INTO tenant_counter (tenant_id, noun, last_number)
  VALUES (tenant, 'deal', deals), (tenant, 'pipeline', 2), (tenant, 'stage', 12), (tenant, 'organization', 2000),
    (tenant, 'contact', 4000), (tenant, 'member', 20), (tenant, 'currency', 2);
  DROP TABLE drawn;
END $$;

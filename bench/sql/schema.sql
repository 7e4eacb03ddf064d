-- What the bench adds to a database of Dealgraph, beside its tables: a note of what was loaded, and the move of a deal as one
-- function, for the peers that are given no gateway.

DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO dealgraph_app;

CREATE TABLE bench.state (name text PRIMARY KEY, value text NOT NULL);

-- The rank directly behind another one: its integer part plus one, in the form of fractional-indexing.
CREATE FUNCTION bench.rank_after(last text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  digits constant text COLLATE "C" := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  head integer := ascii(last);
  size integer := CASE WHEN ascii(last) >= 97 THEN ascii(last) - 96 ELSE 91 - ascii(last) END;
  whole text := substr(last, 2, size);
  place integer;
BEGIN
  IF last IS NULL THEN RETURN 'a0'; END IF;
  FOR i IN REVERSE size..1 LOOP
    place := strpos(digits, substr(whole, i, 1));
    IF place < 62 THEN
      RETURN chr(head) || overlay(whole PLACING substr(digits, place + 1, 1) FROM i FOR 1);
    END IF;
    whole := overlay(whole PLACING '0' FROM i FOR 1);
  END LOOP;
  IF head = 90 THEN RETURN 'a0'; END IF;
  RETURN chr(head + 1) || CASE WHEN head >= 97 THEN whole || '0' ELSE left(whole, -1) END;
END $$;

CREATE TYPE bench.moved AS (
  deal_id uuid, version integer, stage_name text, seq integer, to_stage_name text, error_code text);

-- What moveDeal writes: the tenant's revision, the deal at its next version and the end of the stage, its audit and an event.
CREATE FUNCTION bench.move_deal(deal_id uuid, stage_id uuid, expected_version integer) RETURNS bench.moved
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  tenant uuid := current_setting('app.tenant_id')::uuid;
  next_revision bigint;
  moving deal;
  came stage;
  goes stage;
  last_rank text;
  next_seq integer;
  change uuid := gen_random_uuid();
  at timestamptz(3) := clock_timestamp();
BEGIN
  UPDATE tenant_revision SET revision = revision + 1 WHERE tenant_id = tenant RETURNING revision INTO next_revision;
  SELECT * INTO moving FROM deal d WHERE d.tenant_id = tenant AND d.id = $1 AND d.deleted_at IS NULL;
  IF NOT FOUND THEN RETURN (NULL, NULL, NULL, NULL, NULL, 'NOT_FOUND')::bench.moved; END IF;
  IF moving.version <> $3 THEN
    RETURN (moving.id, moving.version, NULL, NULL, NULL, 'VERSION_CONFLICT')::bench.moved;
  END IF;
  SELECT * INTO came FROM stage s WHERE s.tenant_id = tenant AND s.id = moving.stage_id;
  SELECT * INTO goes FROM stage s WHERE s.tenant_id = tenant AND s.id = $2 AND s.archived_at IS NULL;
  IF goes.pipeline_id IS DISTINCT FROM moving.pipeline_id THEN
    RETURN (moving.id, moving.version, NULL, NULL, NULL, 'STAGE_NOT_IN_PIPELINE')::bench.moved;
  END IF;
  SELECT d.rank INTO last_rank FROM deal d
  WHERE d.tenant_id = tenant AND d.stage_id = goes.id AND d.deleted_at IS NULL ORDER BY d.rank DESC, d.id DESC LIMIT 1;
  UPDATE deal d SET stage_id = goes.id, status = goes.kind, rank = bench.rank_after(last_rank), stage_entered_at = at,
    last_open_stage_id = goes.id, version = moving.version + 1, updated_at = at
  WHERE d.tenant_id = tenant AND d.id = moving.id;
  SELECT coalesce(max(c.seq), 0) + 1 INTO next_seq FROM stage_change c WHERE c.tenant_id = tenant AND c.deal_id = moving.id;
  INSERT INTO stage_change (tenant_id, id, deal_id, seq, from_pipeline_id, from_stage_id, from_stage_name, to_pipeline_id,
    to_stage_id, to_stage_name, direction, amount, currency, probability, expected_close_date, actor_kind, request_id, occurred_at)
  VALUES (tenant, change, moving.id, next_seq, came.pipeline_id, came.id, came.name, goes.pipeline_id, goes.id, goes.name,
    CASE WHEN goes.position >= came.position THEN 'FORWARD' ELSE 'BACKWARD' END, moving.amount, moving.currency,
    coalesce(moving.confidence, goes.probability), moving.expected_close_date, 'API_KEY', change::text, at);
  INSERT INTO event (tenant_id, revision, position, type, deal_id, payload, occurred_at)
  VALUES (tenant, next_revision, 0, 'deal.moved', moving.id, jsonb_build_object('stageChangeId', change, 'fromStageId', came.id,
    'toStageId', goes.id, 'fromPipelineId', came.pipeline_id, 'toPipelineId', goes.pipeline_id), at);
  RETURN (moving.id, moving.version + 1, goes.name, next_seq, goes.name, NULL)::bench.moved;
END $$;
GRANT EXECUTE ON FUNCTION bench.move_deal, bench.rank_after TO dealgraph_app;

-- A move of a deal as it usually goes, in one statement. src/transition/rules.ts and the services say what a move is: what
-- stands here agrees with them, and does nothing at all where it cannot tell that they would let the deal go. They are asked
-- then, and refuse or do what is left. All of it is under row level security, but for where the last deal of a stage stands.

-- The shortest rank behind another one, as generateKeyBetween(last, null) of fractional-indexing makes it. Null where that one
-- is none of its own, or where the next would be longer than 24 characters.
CREATE FUNCTION rank_after(last text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  heads CONSTANT text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  digits CONSTANT text := '0123456789' || heads;
  head integer := strpos(heads, left(last, 1));
  -- A rank is a head that says how many digits its whole number has, those digits, and a fraction that ends with no zero.
  size integer := CASE WHEN head <= 26 THEN 28 - head ELSE head - 25 END;
  grown text := rtrim(substr(last, 2, size - 1), 'z');
BEGIN
  IF last IS NULL THEN
    RETURN 'a0';
  END IF;
  IF last COLLATE "C" !~ '^[A-Za-z][0-9A-Za-z]+$' OR length(last) < size OR (length(last) > size AND right(last, 1) = '0') THEN
    RETURN NULL;
  END IF;
  IF grown <> '' THEN
    RETURN CASE WHEN size <= 24 THEN left(last, 1) || left(grown, -1) || substr(digits, strpos(digits, right(grown, 1)) + 1, 1)
      || repeat('0', size - 1 - length(grown)) END;
  END IF;
  head := head + 1;
  size := CASE WHEN head <= 26 THEN 28 - head ELSE head - 25 END;
  RETURN CASE WHEN size <= 24 THEN substr(heads, head, 1) || repeat('0', size - 1) END;
END $$;

-- Where the last live deal of a stage stands, seen or not.
CREATE FUNCTION last_rank(in_stage uuid, but_not uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (
    SELECT rank FROM deal
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND stage_id = in_stage AND deleted_at IS NULL
      AND id <> but_not
    ORDER BY rank DESC, id DESC
    LIMIT 1);
END $$;
REVOKE ALL ON FUNCTION last_rank FROM PUBLIC;
GRANT EXECUTE ON FUNCTION last_rank TO dealgraph_app;

-- Whether the deal lacks something that the stage requires.
CREATE FUNCTION lacks_required(moved deal, target stage) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  field text;
BEGIN
  FOREACH field IN ARRAY target.required_fields LOOP
    IF NOT coalesce(CASE field
      WHEN 'amount' THEN moved.amount IS NOT NULL
      WHEN 'expectedCloseDate' THEN moved.expected_close_date IS NOT NULL
      WHEN 'organization' THEN moved.organization_id IS NOT NULL
      WHEN 'owner' THEN moved.owner_id IS NOT NULL
      WHEN 'primaryContact' THEN moved.primary_contact_id IS NOT NULL
      WHEN 'source' THEN moved.source_id IS NOT NULL
      WHEN 'nextStep' THEN moved.next_step <> ''
      WHEN 'description' THEN moved.description <> ''
      WHEN 'priority' THEN moved.priority <> ''
      WHEN 'confidence' THEN moved.confidence IS NOT NULL
      WHEN 'leadRef' THEN moved.lead_ref <> ''
      ELSE starts_with(field, 'cf_') AND jsonb_typeof(moved.custom_fields -> field) <> 'null'
    END, false) THEN
      RETURN true;
    END IF;
  END LOOP;
  RETURN false;
END $$;

-- Whether the rules of the pipeline let a deal go from one of its stages to another.
CREATE FUNCTION may_enter(moved deal, origin stage, target stage, has_reason boolean, by_admin boolean) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
  -- What a rule might mean by anything but true and false is left to the service.
  off CONSTANT jsonb[] := ARRAY['null', 'false'];
  ruled jsonb := (SELECT rules FROM pipeline WHERE tenant_id = target.tenant_id AND id = target.pipeline_id);
  reason_to_close boolean := coalesce(ruled -> 'reasonToClose', 'null') <> ALL (off);
  no_skipping boolean := coalesce(ruled -> 'noSkipping', 'null') <> ALL (off);
  no_moving_back boolean := coalesce(ruled -> 'noMovingBack', 'null') <> ALL (off);
BEGIN
  IF NOT has_reason AND (target.reason_required OR (reason_to_close AND target.kind <> 'OPEN')) THEN
    RETURN false;
  END IF;
  IF origin.kind <> 'OPEN' THEN
    IF target.kind = 'OPEN' AND NOT by_admin
      AND NOT (SELECT members_may_reopen FROM tenant WHERE id = target.tenant_id) THEN
      RETURN false;
    END IF;
    -- Where it was open last counts instead, as long as that stage has a place in the order.
    SELECT * INTO origin FROM stage
    WHERE tenant_id = target.tenant_id AND id = moved.last_open_stage_id AND pipeline_id = target.pipeline_id AND kind = 'OPEN'
      AND archived_at IS NULL;
  END IF;
  IF origin.id IS NOT NULL AND target.kind <> 'LOST' THEN
    IF no_moving_back AND target.kind = 'OPEN' AND target.position < origin.position THEN
      RETURN false;
    END IF;
    IF no_skipping AND EXISTS (
      SELECT FROM stage s
      WHERE s.tenant_id = target.tenant_id AND s.pipeline_id = target.pipeline_id AND s.archived_at IS NULL AND s.kind = 'OPEN'
        AND s.position > origin.position AND (target.kind = 'WON' OR s.position < target.position)) THEN
      RETURN false;
    END IF;
  END IF;
  RETURN NOT lacks_required(moved, target);
END $$;

-- Moves a deal to the end of another stage of its pipeline and writes its audit: what the event of it says, or null where
-- nothing was done. Whoever calls it holds the revision of the tenant.
CREATE FUNCTION move_usual(
  deal_key uuid, seen_version integer, stage_key uuid, change_key uuid, given_reason text, given_note text,
  by_kind text, by_member uuid, by_key uuid, by_admin boolean, by_request text, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  of_tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
  moved deal;
  origin stage;
  target stage;
  reason_key uuid;
  place text;
BEGIN
  SELECT * INTO moved FROM deal
  WHERE tenant_id = of_tenant AND id = deal_key AND version = seen_version AND deleted_at IS NULL;
  SELECT * INTO target FROM stage
  WHERE tenant_id = of_tenant AND id = stage_key AND pipeline_id = moved.pipeline_id AND id <> moved.stage_id AND archived_at IS NULL;
  IF NOT FOUND OR char_length(given_note) > 10000 THEN
    RETURN NULL;
  END IF;
  SELECT * INTO origin FROM stage WHERE tenant_id = of_tenant AND id = moved.stage_id;
  IF NOT may_enter(moved, origin, target, given_reason IS NOT NULL, by_admin) THEN
    RETURN NULL;
  END IF;
  IF target.kind <> 'OPEN' AND given_reason IS NOT NULL THEN
    SELECT id INTO reason_key FROM close_reason
    WHERE tenant_id = of_tenant AND kind = target.kind AND lower(name) = lower(given_reason) AND archived_at IS NULL;
    IF NOT FOUND OR char_length(given_reason) > 255 THEN
      RETURN NULL;
    END IF;
  END IF;
  place := rank_after(last_rank(stage_key, deal_key));
  IF place IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE deal SET stage_id = stage_key, status = target.kind, rank = place, stage_entered_at = moment,
    closed_at = CASE WHEN target.kind <> 'OPEN' THEN moment END, close_reason_id = reason_key,
    last_open_stage_id = CASE 'OPEN' WHEN target.kind THEN stage_key WHEN origin.kind THEN origin.id ELSE last_open_stage_id END,
    version = version + 1, updated_at = moment
  WHERE tenant_id = of_tenant AND id = deal_key;
  INSERT INTO stage_change (tenant_id, id, deal_id, seq, from_pipeline_id, from_stage_id, from_stage_name, to_pipeline_id,
    to_stage_id, to_stage_name, direction, amount, currency, probability, expected_close_date, actor_kind, actor_member_id,
    actor_api_key_id, reason, note, override, request_id, occurred_at)
  VALUES (of_tenant, change_key, deal_key,
    coalesce((SELECT max(seq) FROM stage_change WHERE tenant_id = of_tenant AND deal_id = deal_key), 0) + 1,
    origin.pipeline_id, origin.id, origin.name, target.pipeline_id, stage_key, target.name,
    CASE WHEN target.kind <> 'OPEN' THEN target.kind WHEN origin.kind <> 'OPEN' THEN 'REOPENED'
      WHEN target.position >= origin.position THEN 'FORWARD' ELSE 'BACKWARD' END,
    moved.amount, moved.currency,
    CASE target.kind WHEN 'WON' THEN 100 WHEN 'LOST' THEN 0 ELSE coalesce(moved.confidence, target.probability) END,
    moved.expected_close_date, by_kind, by_member, by_key, given_reason, given_note, false, by_request, moment);
  RETURN jsonb_build_object('stageChangeId', change_key, 'fromStageId', origin.id, 'toStageId', stage_key,
    'fromPipelineId', origin.pipeline_id, 'toPipelineId', target.pipeline_id);
END $$;

-- The whole write of one usual move: the standing of who makes it, the move, the revision and its event. No row where nothing
-- was done; the revision is held then until the transaction ends.
CREATE FUNCTION move_deal(
  deal_key uuid, seen_version integer, stage_key uuid, change_key uuid, given_reason text, given_note text,
  by_kind text, by_member uuid, by_key uuid, by_admin boolean, by_request text, moment timestamptz, by_role text)
RETURNS TABLE (at_revision bigint, moved jsonb) LANGUAGE plpgsql ROWS 1 AS $$
DECLARE
  of_tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
BEGIN
  PERFORM FROM tenant_revision WHERE tenant_id = of_tenant FOR NO KEY UPDATE;
  IF NOT FOUND
    OR by_key IS NOT NULL AND NOT EXISTS (
      SELECT FROM api_key WHERE tenant_id = of_tenant AND id = by_key AND revoked_at IS NULL)
    OR by_member IS NOT NULL AND NOT EXISTS (
      SELECT FROM member
      WHERE tenant_id = of_tenant AND id = by_member AND role = by_role AND deactivated_at IS NULL AND deleted_at IS NULL) THEN
    RETURN;
  END IF;
  moved := move_usual(deal_key, seen_version, stage_key, change_key, given_reason, given_note,
    by_kind, by_member, by_key, by_admin, by_request, moment);
  IF moved IS NULL THEN
    RETURN;
  END IF;
  UPDATE tenant_revision SET revision = revision + 1 WHERE tenant_id = of_tenant RETURNING revision INTO at_revision;
  INSERT INTO event (tenant_id, revision, position, type, deal_id, payload, occurred_at)
  VALUES (of_tenant, at_revision, 0, 'deal.moved', deal_key, moved, moment);
  RETURN NEXT;
END $$;

-- The moves of a write that holds the revision, one after the other, up to the first that is not usual: what their events say.
CREATE FUNCTION move_deals(
  moves jsonb, by_kind text, by_member uuid, by_key uuid, by_admin boolean, by_request text, moment timestamptz)
RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
  wanted record;
  moved jsonb;
BEGIN
  FOR wanted IN
    SELECT * FROM jsonb_to_recordset(moves) AS m(
      "dealId" uuid, "expectedVersion" integer, "stageId" uuid, "stageChangeId" uuid, reason text, note text)
  LOOP
    moved := move_usual(wanted."dealId", wanted."expectedVersion", wanted."stageId", wanted."stageChangeId", wanted.reason,
      wanted.note, by_kind, by_member, by_key, by_admin, by_request, moment);
    EXIT WHEN moved IS NULL;
    RETURN NEXT moved;
  END LOOP;
END $$;

-- The lookups of who asks. In PL/pgSQL a connection keeps their plans, which in SQL are made again for every request.

CREATE OR REPLACE FUNCTION authenticate_api_key(key_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, role text, scopes text[], member_id uuid, member_role text,
  member_deactivated boolean, members_see_only_their_deals boolean, operations_revision integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT k.tenant_id, k.id, k.name, k.role, k.scopes, k.member_id, m.role, coalesce(m.deactivated_at IS NOT NULL, false),
      t.members_see_only_their_deals, t.operations_revision
    FROM api_key k JOIN tenant t ON t.id = k.tenant_id LEFT JOIN member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id
    WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
END $$;
CREATE OR REPLACE FUNCTION authenticate_member(wanted_id uuid, wanted_slug text, wanted_external_id text)
RETURNS TABLE (tenant_id uuid, member_id uuid, role text, member_deactivated boolean, members_see_only_their_deals boolean,
  operations_revision integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT t.id, m.id, m.role, m.deactivated_at IS NOT NULL OR m.deleted_at IS NOT NULL, t.members_see_only_their_deals,
      t.operations_revision
    FROM (
      SELECT id, members_see_only_their_deals, operations_revision FROM tenant WHERE id = wanted_id OR slug = wanted_slug
      ORDER BY (id = wanted_id) DESC NULLS LAST LIMIT 1
    ) t
    LEFT JOIN member m ON m.tenant_id = t.id AND m.external_id = wanted_external_id
    ORDER BY m.deleted_at DESC NULLS FIRST LIMIT 1;
END $$;

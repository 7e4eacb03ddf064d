-- Who asks is told at which revision their tenant is: an answer that was right at a revision is right until the next one.

DROP FUNCTION authenticate_api_key(bytea);
CREATE FUNCTION authenticate_api_key(key_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, role text, scopes text[], member_id uuid, member_role text,
  member_deactivated boolean, members_see_only_their_deals boolean, operations_revision integer, revision bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT k.tenant_id, k.id, k.name, k.role, k.scopes, k.member_id, m.role, coalesce(m.deactivated_at IS NOT NULL, false),
      t.members_see_only_their_deals, t.operations_revision, r.revision
    FROM api_key k JOIN tenant t ON t.id = k.tenant_id JOIN tenant_revision r ON r.tenant_id = k.tenant_id
    LEFT JOIN member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id
    WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
END $$;
DROP FUNCTION authenticate_member(uuid, text, text);
CREATE FUNCTION authenticate_member(wanted_id uuid, wanted_slug text, wanted_external_id text)
RETURNS TABLE (tenant_id uuid, member_id uuid, role text, member_deactivated boolean, members_see_only_their_deals boolean,
  operations_revision integer, revision bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT t.id, m.id, m.role, m.deactivated_at IS NOT NULL OR m.deleted_at IS NOT NULL, t.members_see_only_their_deals,
      t.operations_revision, r.revision
    FROM (
      SELECT id, members_see_only_their_deals, operations_revision FROM tenant WHERE id = wanted_id OR slug = wanted_slug
      ORDER BY (id = wanted_id) DESC NULLS LAST LIMIT 1
    ) t
    JOIN tenant_revision r ON r.tenant_id = t.id
    LEFT JOIN member m ON m.tenant_id = t.id AND m.external_id = wanted_external_id
    ORDER BY m.deleted_at DESC NULLS FIRST LIMIT 1;
END $$;
DO $$
DECLARE
  reader regprocedure;
BEGIN
  FOREACH reader IN ARRAY ARRAY['authenticate_api_key(bytea)', 'authenticate_member(uuid, text, text)']::regprocedure[]
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', reader);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO dealgraph_app', reader);
  END LOOP;
END $$;

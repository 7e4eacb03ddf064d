-- A member that is deleted keeps the id of their sign-in service: it lets nobody back in, and is left to who is created
-- with it on purpose.
DROP INDEX "member_tenant_id_external_id_key";
CREATE INDEX "member_tenant_id_external_id_idx" ON "member"("tenant_id", "external_id");
CREATE UNIQUE INDEX member_external_id_key ON member (tenant_id, external_id) WHERE deleted_at IS NULL;

-- The member that a token is about, looked up before a tenant is known: one row where the tenant exists, whose member is
-- null where it has none with this id. It answers only to one who has a signed token. A tenant's id is stronger than the
-- slug of another one.
CREATE FUNCTION authenticate_member(wanted_id uuid, wanted_slug text, wanted_external_id text)
RETURNS TABLE (tenant_id uuid, member_id uuid, role text, member_deactivated boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT t.id, m.id, m.role, m.deactivated_at IS NOT NULL OR m.deleted_at IS NOT NULL
  FROM (
    SELECT id FROM tenant WHERE id = wanted_id OR slug = wanted_slug
    ORDER BY (id = wanted_id) DESC NULLS LAST LIMIT 1
  ) t
  LEFT JOIN member m ON m.tenant_id = t.id AND m.external_id = wanted_external_id
  ORDER BY m.deleted_at DESC NULLS FIRST LIMIT 1;
$$;
REVOKE ALL ON FUNCTION authenticate_member FROM PUBLIC;
GRANT EXECUTE ON FUNCTION authenticate_member TO dealgraph_app;

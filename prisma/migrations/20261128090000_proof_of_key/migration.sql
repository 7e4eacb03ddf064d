-- The revision of the tenant as long as a key is what it was to whoever asks by it again, and null as soon as anything that
-- decides on an answer is another. Compared one by one: to make a text of them would take longer than all the rest.
CREATE FUNCTION prove_api_key(
  key_hash bytea, of_tenant uuid, key uuid, known_role text, known_scopes text[], for_member uuid, known_member_role text,
  only_their_deals boolean, known_operations integer)
RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (
    SELECT r.revision
    FROM api_key k JOIN tenant t ON t.id = k.tenant_id JOIN tenant_revision r ON r.tenant_id = k.tenant_id
    LEFT JOIN member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id
    WHERE k.hash = key_hash AND k.tenant_id = of_tenant AND k.id = key AND k.revoked_at IS NULL
      AND (k.expires_at IS NULL OR k.expires_at > now()) AND k.role = known_role AND k.scopes = known_scopes
      AND k.member_id IS NOT DISTINCT FROM for_member AND m.role IS NOT DISTINCT FROM known_member_role
      AND m.deactivated_at IS NULL AND t.members_see_only_their_deals = only_their_deals
      AND t.operations_revision = known_operations);
END $$;
REVOKE ALL ON FUNCTION prove_api_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prove_api_key TO dealgraph_app;

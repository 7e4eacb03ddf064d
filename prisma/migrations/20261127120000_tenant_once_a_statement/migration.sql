-- Whose rows a statement sees is worked out once for it. What is wrapped in SELECT is no more worked out for each row that is
-- looked at, which had taken most of the time of joining small tables.
DO $$
DECLARE
  tenant_table text;
  key text;
BEGIN
  FOR tenant_table IN SELECT tablename FROM pg_policies WHERE policyname = 'tenant_rows' AND schemaname = current_schema() LOOP
    key := CASE tenant_table WHEN 'tenant' THEN 'id' ELSE 'tenant_id' END;
    EXECUTE format($policy$
      ALTER POLICY tenant_rows ON %I
      USING (%I = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
      WITH CHECK (%I = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
    $policy$, tenant_table, key, key);
  END LOOP;
END $$;

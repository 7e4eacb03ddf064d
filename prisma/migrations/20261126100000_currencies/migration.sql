-- Gateways may write while this runs: what they have begun is waited for, and read below with all else.
LOCK TABLE tenant, deal IN SHARE ROW EXCLUSIVE MODE;

-- CreateTable
CREATE TABLE "currency" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "currency_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "currency_tenant_id_number_key" ON "currency"("tenant_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "currency_tenant_id_code_key" ON "currency"("tenant_id", "code");

-- AddForeignKey
ALTER TABLE "currency" ADD CONSTRAINT "currency_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE currency
  ADD CONSTRAINT currency_number CHECK (number > 0),
  ADD CONSTRAINT currency_code CHECK (code ~ '^[A-Z]{3}$');

-- What tenants use already: the default of each is its first, then come those of its deals as they were first used.
INSERT INTO currency (tenant_id, id, number, code, created_at)
SELECT tenant_id, gen_random_uuid(), row_number() OVER (PARTITION BY tenant_id ORDER BY is_other, used_at, deal_id), code, since
FROM (
  SELECT id AS tenant_id, default_currency AS code, created_at AS since, created_at AS used_at, NULL::uuid AS deal_id,
    false AS is_other
  FROM tenant
  UNION ALL
  -- Deals that were imported may be older than their tenant.
  (SELECT DISTINCT ON (d.tenant_id, d.currency) d.tenant_id, d.currency, greatest(d.created_at, t.created_at), d.created_at,
    d.id, true
  FROM deal d JOIN tenant t ON t.id = d.tenant_id AND t.default_currency <> d.currency
  ORDER BY d.tenant_id, d.currency, d.created_at, d.id)
) AS used;
INSERT INTO tenant_counter (tenant_id, noun, last_number)
SELECT tenant_id, 'currency', max(number) FROM currency GROUP BY tenant_id;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_currency_fkey" FOREIGN KEY ("tenant_id", "currency") REFERENCES "currency"("tenant_id", "code") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- A new tenant comes before its currency, which refers to it: what the tenant itself refers to is asked when it commits.
-- AddForeignKey
ALTER TABLE "tenant" ADD CONSTRAINT "tenant_id_default_currency_fkey" FOREIGN KEY ("id", "default_currency") REFERENCES "currency"("tenant_id", "code") ON DELETE RESTRICT ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED;

-- Whatever brings a tenant a currency that it has not used yet adds it, with the next number. All writes of a tenant hold its
-- revision; should two that do not hold it bring the same one, the second waits for the counter and finds it there. Only here is
-- it known that a currency is new, so that its id is not the gateway's but a random one.
CREATE FUNCTION currency_is_known() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_tenant uuid;
  used text;
  next_number integer;
BEGIN
  IF TG_TABLE_NAME = 'tenant' THEN
    of_tenant := NEW.id;
    used := NEW.default_currency;
  ELSE
    of_tenant := NEW.tenant_id;
    used := NEW.currency;
  END IF;
  IF EXISTS (SELECT FROM currency WHERE tenant_id = of_tenant AND code = used) THEN
    RETURN NEW;
  END IF;
  INSERT INTO tenant_counter AS c VALUES (of_tenant, 'currency', 1)
  ON CONFLICT (tenant_id, noun) DO UPDATE SET last_number = c.last_number + 1
  RETURNING c.last_number INTO next_number;
  INSERT INTO currency (tenant_id, id, number, code, created_at) VALUES (of_tenant, gen_random_uuid(), next_number, used, now())
  ON CONFLICT (tenant_id, code) DO NOTHING;
  RETURN NEW;
END $$;
CREATE TRIGGER tenant_has_currency AFTER INSERT ON tenant
  FOR EACH ROW EXECUTE FUNCTION currency_is_known();
CREATE TRIGGER tenant_keeps_currency AFTER UPDATE OF default_currency ON tenant
  FOR EACH ROW WHEN (OLD.default_currency <> NEW.default_currency) EXECUTE FUNCTION currency_is_known();
CREATE TRIGGER deal_has_currency BEFORE INSERT ON deal
  FOR EACH ROW EXECUTE FUNCTION currency_is_known();
CREATE TRIGGER deal_keeps_currency BEFORE UPDATE OF currency ON deal
  FOR EACH ROW WHEN (OLD.currency <> NEW.currency) EXECUTE FUNCTION currency_is_known();

-- Row level security and what the application role may do. A currency keeps its number and code for ever.

ALTER TABLE currency ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON currency
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT ON currency TO dealgraph_app;

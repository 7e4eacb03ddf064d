-- NOT NULL lets the JSON value null pass, with which no field could answer.
UPDATE deal SET metadata = '{}' WHERE metadata = 'null';
UPDATE deal_contact SET metadata = '{}' WHERE metadata = 'null';
ALTER TABLE deal
  DROP CONSTRAINT deal_metadata,
  ADD CONSTRAINT deal_metadata CHECK (metadata <> 'null');
ALTER TABLE deal_contact ADD CONSTRAINT deal_contact_metadata CHECK (metadata <> 'null');

-- Why an operation is not compiled is told by the gateway that serves it, which may be newer than its record.
ALTER TABLE "persisted_operation" DROP COLUMN "execution_note";

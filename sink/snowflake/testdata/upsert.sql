EXECUTE IMMEDIATE $$
DECLARE
  id VARCHAR;
  short INTEGER;
  detail VARCHAR;
  comment VARCHAR;
  lo0_0 NUMBER(38,0);
  hi0_0 NUMBER(38,0);
  lo0_1 DATE;
  hi0_1 DATE;
BEGIN
  CREATE OR REPLACE TEMPORARY TABLE "DB"."PUBLIC"."_FLOE_WORK_<id>" ("K" NUMBER(38,0), "DAY" DATE, "a""b" VARCHAR(16777216), "_FLOE_ORDINAL" NUMBER(38,0));
  COPY INTO "DB"."PUBLIC"."_FLOE_WORK_<id>"
    FROM '@"DB"."PUBLIC"."_FLOE_STAGE"/floe/EVENTS-7b069e232bf13289/'
    FILES = ('p-af63ed4c8602096f/part_0-e90d66d83b904544/0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet')
    FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE REPLACE_INVALID_CHARACTERS = FALSE TRIM_SPACE = FALSE NULL_IF = ())
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = ABORT_STATEMENT;
  id := SQLID;
  SELECT COUNT(*), LISTAGG(e.name || ': ' || COALESCE(r."status", 'not loaded') || ', ' || COALESCE(r."rows_loaded", 0) || ' of ' || e.n || ' rows' || COALESCE(': ' || r."first_error", ''), '; ')
    INTO :short, :detail
    FROM (SELECT column1 AS name, column2 AS n FROM VALUES ('0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet', 100)) e
    LEFT JOIN TABLE(RESULT_SCAN(:id)) r ON SPLIT_PART(r."file", '/', -1) = e.name
    WHERE COALESCE(r."status", '') <> 'LOADED' OR r."rows_loaded" <> e.n;
  IF (short > 0) THEN
    ROLLBACK;
    DROP TABLE IF EXISTS "DB"."PUBLIC"."_FLOE_WORK_<id>";
    RETURN 'SHORT ' || detail;
  END IF;
  SELECT MIN("K"), MAX("K"), MIN("DAY"), MAX("DAY") INTO :lo0_0, :hi0_0, :lo0_1, :hi0_1 FROM "DB"."PUBLIC"."_FLOE_WORK_<id>";
  BEGIN TRANSACTION;
  MERGE INTO "DB"."PUBLIC"."EVENTS" t
    USING (SELECT "K", "DAY", "a""b" FROM "DB"."PUBLIC"."_FLOE_WORK_<id>"
      QUALIFY ROW_NUMBER() OVER (PARTITION BY "K", "DAY" ORDER BY "_FLOE_ORDINAL" DESC) = 1) s
    ON t."K" = s."K" AND t."K" BETWEEN :lo0_0 AND :hi0_0 AND t."DAY" = s."DAY" AND t."DAY" BETWEEN :lo0_1 AND :hi0_1
    WHEN MATCHED THEN UPDATE SET "a""b" = s."a""b", "MADE" = CURRENT_TIMESTAMP(), "NOTE" = NULL
    WHEN NOT MATCHED THEN INSERT ("K", "DAY", "a""b") VALUES (s."K", s."DAY", s."a""b");
  SHOW TABLES IN SCHEMA "DB"."PUBLIC" STARTS WITH 'EVENTS';
  id := SQLID;
  SELECT COALESCE(MAX("comment"), '') INTO :comment FROM TABLE(RESULT_SCAN(:id)) WHERE "name" = 'EVENTS';
  IF (POSITION('[floe:<id>]', comment) = 0) THEN
    ROLLBACK;
    DROP TABLE IF EXISTS "DB"."PUBLIC"."_FLOE_WORK_<id>";
    RETURN 'SWAPPED';
  END IF;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET committed = 'floe1//100/0/100' WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = 'part 0' AND epoch = 1 AND committed = '';
  IF (SQLROWCOUNT = 0) THEN
    ROLLBACK;
    RETURN 'MOVED 0';
  END IF;
  COMMIT;
  DROP TABLE IF EXISTS "DB"."PUBLIC"."_FLOE_WORK_<id>";
  RETURN 'LOADED';
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    DROP TABLE IF EXISTS "DB"."PUBLIC"."_FLOE_WORK_<id>";
    RAISE;
END;
$$
;

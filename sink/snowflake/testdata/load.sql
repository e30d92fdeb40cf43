EXECUTE IMMEDIATE $$
DECLARE
  id VARCHAR;
  short INTEGER;
  detail VARCHAR;
  comment VARCHAR;
BEGIN
  BEGIN TRANSACTION;
  COPY INTO "DB"."PUBLIC"."EVENTS"
    FROM '@"DB"."PUBLIC"."_FLOE_STAGE"/floe/EVENTS-7b069e232bf13289/'
    FILES = ('p-af63ed4c8602096f/part_0-e90d66d83b904544/0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet', 'p-af63ed4c8602096f/part_0-e90d66d83b904544/0-100-9f86d0819f86d0819f86d0819f86d081-2.parquet')
    FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE REPLACE_INVALID_CHARACTERS = FALSE TRIM_SPACE = FALSE NULL_IF = ())
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = ABORT_STATEMENT;
  id := SQLID;
  SELECT COUNT(*), LISTAGG(e.name || ': ' || COALESCE(r."status", 'not loaded') || ', ' || COALESCE(r."rows_loaded", 0) || ' of ' || e.n || ' rows' || COALESCE(': ' || r."first_error", ''), '; ')
    INTO :short, :detail
    FROM (SELECT column1 AS name, column2 AS n FROM VALUES ('0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet', 60), ('0-100-9f86d0819f86d0819f86d0819f86d081-2.parquet', 40)) e
    LEFT JOIN TABLE(RESULT_SCAN(:id)) r ON SPLIT_PART(r."file", '/', -1) = e.name
    WHERE COALESCE(r."status", '') <> 'LOADED' OR r."rows_loaded" <> e.n;
  IF (short > 0) THEN
    ROLLBACK;
    RETURN 'SHORT ' || detail;
  END IF;
  SHOW TABLES IN SCHEMA "DB"."PUBLIC" STARTS WITH 'EVENTS';
  id := SQLID;
  SELECT COALESCE(MAX("comment"), '') INTO :comment FROM TABLE(RESULT_SCAN(:id)) WHERE "name" = 'EVENTS';
  IF (POSITION('[floe:<id>]', comment) = 0) THEN
    ROLLBACK;
    RETURN 'SWAPPED';
  END IF;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET committed = 'floe1//100/0/100' WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = 'part 0' AND epoch = 1 AND committed = '';
  IF (SQLROWCOUNT = 0) THEN
    ROLLBACK;
    RETURN 'MOVED 0';
  END IF;
  COMMIT;
  RETURN 'LOADED';
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
;
EXECUTE IMMEDIATE $$
DECLARE
  id VARCHAR;
  short INTEGER;
  detail VARCHAR;
  comment VARCHAR;
BEGIN
  BEGIN TRANSACTION;
  COPY INTO "DB"."PUBLIC"."EVENTS"
    FROM '@"DB"."PUBLIC"."_FLOE_STAGE"/floe/EVENTS-7b069e232bf13289/'
    FILES = ('p-af63ed4c8602096f/part_0-e90d66d83b904544/0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet', 'p-af63ed4c8602096f/part_0-e90d66d83b904544/0-100-9f86d0819f86d0819f86d0819f86d081-2.parquet')
    FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE REPLACE_INVALID_CHARACTERS = FALSE TRIM_SPACE = FALSE NULL_IF = ())
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = ABORT_STATEMENT;
  id := SQLID;
  SELECT COUNT(*), LISTAGG(e.name || ': ' || COALESCE(r."status", 'not loaded') || ', ' || COALESCE(r."rows_loaded", 0) || ' of ' || e.n || ' rows' || COALESCE(': ' || r."first_error", ''), '; ')
    INTO :short, :detail
    FROM (SELECT column1 AS name, column2 AS n FROM VALUES ('0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet', 60), ('0-100-9f86d0819f86d0819f86d0819f86d081-2.parquet', 40)) e
    LEFT JOIN TABLE(RESULT_SCAN(:id)) r ON SPLIT_PART(r."file", '/', -1) = e.name
    WHERE COALESCE(r."status", '') <> 'LOADED' OR r."rows_loaded" <> e.n;
  IF (short > 0) THEN
    ROLLBACK;
    RETURN 'SHORT ' || detail;
  END IF;
  COPY INTO "DB"."PUBLIC"."EVENTS"
    FROM '@"DB"."PUBLIC"."_FLOE_STAGE"/floe/EVENTS-7b069e232bf13289/'
    FILES = ('p-af63ed4c8602096f/part_0-e90d66d83b904544/100-150-9f86d0819f86d0819f86d0819f86d081-1.parquet', 'p-af63ed4c8602096f/part_1-e90d67d83b9046f7/5-9-9f86d0819f86d0819f86d0819f86d081-1.parquet')
    FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE REPLACE_INVALID_CHARACTERS = FALSE TRIM_SPACE = FALSE NULL_IF = ())
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = ABORT_STATEMENT;
  id := SQLID;
  SELECT COUNT(*), LISTAGG(e.name || ': ' || COALESCE(r."status", 'not loaded') || ', ' || COALESCE(r."rows_loaded", 0) || ' of ' || e.n || ' rows' || COALESCE(': ' || r."first_error", ''), '; ')
    INTO :short, :detail
    FROM (SELECT column1 AS name, column2 AS n FROM VALUES ('100-150-9f86d0819f86d0819f86d0819f86d081-1.parquet', 50), ('5-9-9f86d0819f86d0819f86d0819f86d081-1.parquet', 3)) e
    LEFT JOIN TABLE(RESULT_SCAN(:id)) r ON SPLIT_PART(r."file", '/', -1) = e.name
    WHERE COALESCE(r."status", '') <> 'LOADED' OR r."rows_loaded" <> e.n;
  IF (short > 0) THEN
    ROLLBACK;
    RETURN 'SHORT ' || detail;
  END IF;
  COPY INTO "DB"."PUBLIC"."EVENTS_REJECTS"
    FROM '@"DB"."PUBLIC"."_FLOE_STAGE"/floe/EVENTS-7b069e232bf13289/'
    FILES = ('p-af63ed4c8602096f/part_1-e90d67d83b9046f7/5-9-9f86d0819f86d0819f86d0819f86d081-2.parquet')
    FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE REPLACE_INVALID_CHARACTERS = FALSE TRIM_SPACE = FALSE NULL_IF = ())
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = ABORT_STATEMENT;
  id := SQLID;
  SELECT COUNT(*), LISTAGG(e.name || ': ' || COALESCE(r."status", 'not loaded') || ', ' || COALESCE(r."rows_loaded", 0) || ' of ' || e.n || ' rows' || COALESCE(': ' || r."first_error", ''), '; ')
    INTO :short, :detail
    FROM (SELECT column1 AS name, column2 AS n FROM VALUES ('5-9-9f86d0819f86d0819f86d0819f86d081-2.parquet', 1)) e
    LEFT JOIN TABLE(RESULT_SCAN(:id)) r ON SPLIT_PART(r."file", '/', -1) = e.name
    WHERE COALESCE(r."status", '') <> 'LOADED' OR r."rows_loaded" <> e.n;
  IF (short > 0) THEN
    ROLLBACK;
    RETURN 'SHORT ' || detail;
  END IF;
  SHOW TABLES IN SCHEMA "DB"."PUBLIC" STARTS WITH 'EVENTS';
  id := SQLID;
  SELECT COALESCE(MAX("comment"), '') INTO :comment FROM TABLE(RESULT_SCAN(:id)) WHERE "name" = 'EVENTS';
  IF (POSITION('[floe:<id>]', comment) = 0) THEN
    ROLLBACK;
    RETURN 'SWAPPED';
  END IF;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET committed = 'floe1//150/0/150' WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = 'part 0' AND epoch = 1 AND committed = '';
  IF (SQLROWCOUNT = 0) THEN
    ROLLBACK;
    RETURN 'MOVED 0';
  END IF;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET committed = 'floe1//9/0/y' WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = 'part 1' AND epoch = 7 AND committed = 'floe1//5/0/x';
  IF (SQLROWCOUNT = 0) THEN
    ROLLBACK;
    RETURN 'MOVED 2';
  END IF;
  COMMIT;
  RETURN 'LOADED';
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
;
EXECUTE IMMEDIATE $$
DECLARE
  id VARCHAR;
  short INTEGER;
  detail VARCHAR;
  comment VARCHAR;
BEGIN
  BEGIN TRANSACTION;
  SHOW TABLES IN SCHEMA "DB"."PUBLIC" STARTS WITH 'EVENTS';
  id := SQLID;
  SELECT COALESCE(MAX("comment"), '') INTO :comment FROM TABLE(RESULT_SCAN(:id)) WHERE "name" = 'EVENTS';
  IF (POSITION('[floe:<id>]', comment) = 0) THEN
    ROLLBACK;
    RETURN 'SWAPPED';
  END IF;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET committed = 'floe1//0/0/100' WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = 'part 0' AND epoch = 1 AND committed = '';
  IF (SQLROWCOUNT = 0) THEN
    ROLLBACK;
    RETURN 'MOVED 0';
  END IF;
  COMMIT;
  RETURN 'LOADED';
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
;

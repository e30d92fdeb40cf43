DECLARE
  id VARCHAR;
  comment VARCHAR;
BEGIN
  SHOW TABLES IN SCHEMA "DB"."PUBLIC" STARTS WITH 'it''s "t"';
  id := SQLID;
  SELECT COALESCE(MAX("comment"), '') INTO :comment FROM TABLE(RESULT_SCAN(:id)) WHERE "name" = 'it''s "t"';
  IF (comment = 'the user''s \\ words') THEN
    COMMENT ON TABLE "DB"."PUBLIC"."it's ""t""" IS 'the user''s \\ words [floe:<id>]';
    comment := 'the user''s \\ words [floe:<id>]';
  END IF;
  RETURN comment;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
;

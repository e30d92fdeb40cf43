EXECUTE IMMEDIATE $$
DECLARE
  claimed INTEGER;
BEGIN
  MERGE INTO "DB"."PUBLIC"."_FLOE_OFFSETS" t
    USING (SELECT 'p' AS pipeline, 'EVENTS' AS target, '' AS partition_id) s
    ON t.pipeline = s.pipeline AND t.target = s.target AND t.partition_id = s.partition_id
    WHEN NOT MATCHED THEN INSERT (pipeline, target, partition_id, epoch, committed, mark)
      VALUES (s.pipeline, s.target, s.partition_id, 0, '', '');
  BEGIN TRANSACTION;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" t
    SET epoch = s.epoch + 1, committed = s.committed, mark = s.mark
    FROM (SELECT MAX(epoch) AS epoch, MAX_BY(committed, epoch) AS committed, MAX_BY(mark, epoch) AS mark
      FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = '') s
    WHERE t.pipeline = 'p' AND t.target = 'EVENTS' AND t.partition_id = '';
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET committed = 'open <id>' WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = '' AND NOT STARTSWITH(committed, 'open ');
  SELECT MAX(epoch) INTO :claimed FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = '';
  COMMIT;
  RETURN claimed;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
;
EXECUTE IMMEDIATE $$
BEGIN
  BEGIN TRANSACTION;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET epoch = epoch + 1, mark = '', committed = 'done <id>' WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = '';
  DELETE FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE pipeline = 'p' AND target = '_FLOE_NEW_<id>';
  COMMIT;
  RETURN 'RETIRED';
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
;

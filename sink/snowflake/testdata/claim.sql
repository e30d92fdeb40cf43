EXECUTE IMMEDIATE $$
DECLARE
  claimed INTEGER;
BEGIN
  MERGE INTO "DB"."PUBLIC"."_FLOE_OFFSETS" t
    USING (SELECT 'p' AS pipeline, 'EVENTS' AS target, 'part 0' AS partition_id) s
    ON t.pipeline = s.pipeline AND t.target = s.target AND t.partition_id = s.partition_id
    WHEN NOT MATCHED THEN INSERT (pipeline, target, partition_id, epoch, committed, mark)
      VALUES (s.pipeline, s.target, s.partition_id, 0, '', '');
  BEGIN TRANSACTION;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" t
    SET epoch = s.epoch + 1, committed = s.committed, mark = s.mark
    FROM (SELECT MAX(epoch) AS epoch, MAX_BY(committed, epoch) AS committed, MAX_BY(mark, epoch) AS mark
      FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = 'part 0') s
    WHERE t.pipeline = 'p' AND t.target = 'EVENTS' AND t.partition_id = 'part 0';
  SELECT MAX(epoch) INTO :claimed FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE pipeline = 'p' AND target = 'EVENTS' AND partition_id = 'part 0';
  COMMIT;
  RETURN claimed;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;
$$
;
EXECUTE IMMEDIATE 'DECLARE
  claimed INTEGER;
BEGIN
  MERGE INTO "DB"."PUBLIC"."_FLOE_OFFSETS" t
    USING (SELECT ''p'' AS pipeline, ''EVENTS'' AS target, ''it''''s a $$ \\\\\\\\ \\\\x00 \\\\xff
line'' AS partition_id) s
    ON t.pipeline = s.pipeline AND t.target = s.target AND t.partition_id = s.partition_id
    WHEN NOT MATCHED THEN INSERT (pipeline, target, partition_id, epoch, committed, mark)
      VALUES (s.pipeline, s.target, s.partition_id, 0, '''', '''');
  BEGIN TRANSACTION;
  UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" t
    SET epoch = s.epoch + 1, committed = s.committed, mark = s.mark
    FROM (SELECT MAX(epoch) AS epoch, MAX_BY(committed, epoch) AS committed, MAX_BY(mark, epoch) AS mark
      FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE pipeline = ''p'' AND target = ''EVENTS'' AND partition_id = ''it''''s a $$ \\\\\\\\ \\\\x00 \\\\xff
line'') s
    WHERE t.pipeline = ''p'' AND t.target = ''EVENTS'' AND t.partition_id = ''it''''s a $$ \\\\\\\\ \\\\x00 \\\\xff
line'';
  SELECT MAX(epoch) INTO :claimed FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE pipeline = ''p'' AND target = ''EVENTS'' AND partition_id = ''it''''s a $$ \\\\\\\\ \\\\x00 \\\\xff
line'';
  COMMIT;
  RETURN claimed;
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;'
;

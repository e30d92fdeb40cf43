package syntax_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// accepted are statements that parse, each one alone.
var accepted = []string{
	`SELECT 1`,
	`SELECT CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_ROLE(), CURRENT_WAREHOUSE()`,
	`select a, "b", t.c, d.s.t.e, $1, t.$2, $v, :w, ?, :1 from d.s.t as t`,
	`SELECT -1::INT, 1.5e3, .5, 'it''s', 'a\'b\\c\n', $$raw 'text'$$, X'00fF', NULL, TRUE`,
	`SELECT DATE '2026-01-31', TIMESTAMP '2026-01-31 10:00:00', INTERVAL '1 day, 2 hours'`,
	`SELECT v:a.b[0]['c']."D e"::VARCHAR, v[0], OBJECT_CONSTRUCT(*), {'a': 1, 'b': [1, 2]}, [] FROM t`,
	`SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 'x' END, IFF(a, b, c), a IS NOT NULL, a IS DISTINCT FROM b`,
	`SELECT a BETWEEN 1 AND 2 AND b NOT IN (1, 2), c IN (SELECT 1), (a, b) IN ((1, 2)), d LIKE 'x%' ESCAPE '!', e NOT ILIKE ANY ('a', 'b'), f RLIKE '.*'`,
	`SELECT NOT EXISTS (SELECT 1), a = ANY (SELECT 1), a >= ALL ((SELECT 1))`,
	`SELECT COUNT(*), COUNT(DISTINCT a, b), SUM(x) OVER (PARTITION BY a ORDER BY b DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), LISTAGG(DISTINCT x, ', ') WITHIN GROUP (ORDER BY x), FIRST_VALUE(x IGNORE NULLS) OVER (ORDER BY y)`,
	`SELECT CAST(a AS NUMBER(10, 2)), TRY_CAST(b AS DATE), EXTRACT(year FROM c), POSITION('a' IN d), POSITION('a', d), LEFT(e, 2), CURRENT_TIMESTAMP, DATEADD(day, 1, f)`,
	`SELECT * EXCLUDE (a, b) RENAME (c AS d), t.* FROM t`,
	`SELECT ((SELECT 1) + 1), ((SELECT 1))`,
	`(SELECT 1) UNION ALL (SELECT 2) MINUS SELECT 3 INTERSECT SELECT 4 ORDER BY 1 DESC LIMIT 10 OFFSET 2`,
	`WITH a AS (SELECT 1), b (x) AS (SELECT * FROM a) SELECT TOP 5 * FROM b GROUP BY ALL HAVING x > 1 QUALIFY ROW_NUMBER() OVER (ORDER BY x) = 1`,
	`SELECT column1 AS name FROM VALUES ('a', 60), ('b', 40) AS v (a, b)`,
	`SELECT * FROM (VALUES (1)) v JOIN t USING (a) LEFT OUTER JOIN u ON t.a = u.a CROSS JOIN w NATURAL JOIN z, LATERAL FLATTEN(input => t.v, outer => TRUE) f`,
	`SELECT * FROM ((SELECT 1) a JOIN (SELECT 2) b ON TRUE), (t JOIN u ON TRUE)`,
	`SELECT f.value FROM t, TABLE(FLATTEN(v:items)) AS f`,
	`SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))`,
	`SELECT * FROM TABLE(VALIDATE("DB"."PUBLIC"."T", JOB_ID => '01b2'))`,
	`SELECT * FROM TABLE(RESULT_SCAN(:id)) r`,
	`SELECT e.error_metadata:error_message::VARCHAR FROM ERROR_TABLE(db.s."t") AS e`,
	`SELECT * FROM IDENTIFIER('db.s."t"'), IDENTIFIER($v), TABLE($x), TABLE('t'), db..t`,
	`SELECT t.$1:a::NUMBER, METADATA$FILENAME FROM @db.s.stage/path/x-1.parquet (FILE_FORMAT => 'ff', PATTERN => '.*x.*') t`,
	`SELECT $1 FROM '@"my stage"/a b.csv'`,
	`INSERT INTO t VALUES (1, DEFAULT, 'x'), (?, ?, ?)`,
	`INSERT OVERWRITE INTO t (a, "b") SELECT a, b FROM u`,
	`INSERT INTO t (SELECT 1)`,
	`INSERT INTO t WITH a AS (SELECT 1) SELECT * FROM a`,
	`UPDATE t AS x SET x.a = 1, b = DEFAULT FROM u WHERE x.id = u.id`,
	`DELETE FROM t x USING u WHERE x.id = u.id`,
	`MERGE INTO t USING (SELECT 'p' AS k) s ON t.k = s.k WHEN MATCHED AND s.d THEN DELETE WHEN MATCHED THEN UPDATE SET t.a = s.a, b = 1 WHEN NOT MATCHED THEN INSERT (k, a) VALUES (s.k, s.a)`,
	`TRUNCATE TABLE IF EXISTS t`,
	`COPY INTO t FROM @s/p/ FILES = ('a', 'b') FILE_FORMAT = (TYPE = CSV FIELD_DELIMITER = ',' NULL_IF = ('', 'NULL') SKIP_HEADER = 1), ON_ERROR = SKIP_FILE_10% PURGE = FALSE`,
	`COPY INTO "T" ("A", b) FROM (SELECT $1:a, t.$2 FROM @%t/x t) FILE_FORMAT = (FORMAT_NAME = 'db.s.ff') ON_ERROR = 'SKIP_FILE_5%'`,
	`COPY INTO t FROM 's3://bucket/path/' STORAGE_INTEGRATION = i ENCRYPTION = (TYPE = 'AWS_SSE_S3')`,
	`COPY INTO t`,
	`PUT 'file:///tmp/a b.parquet' '@"DB"."PUBLIC".%"T"/p/' AUTO_COMPRESS = FALSE PARALLEL = 4`,
	`PUT file:///tmp/x*.csv @~/staged OVERWRITE = TRUE`,
	`GET @s/p/ file:///tmp/ PARALLEL=1`,
	`LIST @s PATTERN = '.*'`, `ls @~`, `REMOVE '@s/p-'`, `rm @%t`,
	`CREATE OR REPLACE TRANSIENT DATABASE d COMMENT = 'x'`, `CREATE SCHEMA IF NOT EXISTS d.s WITH MANAGED ACCESS`,
	`CREATE TABLE t (a NUMBER(38,0) NOT NULL PRIMARY KEY, b VARCHAR(10) DEFAULT 'x' COMMENT 'c', c TIMESTAMP_LTZ(6), d INT AUTOINCREMENT START 1 INCREMENT 1, e FLOAT REFERENCES u (a), "select" VARCHAR, CONSTRAINT k UNIQUE (a, b) NOT ENFORCED, FOREIGN KEY (a) REFERENCES u (a)) CLUSTER BY (a) DATA_RETENTION_TIME_IN_DAYS = 1 COMMENT = 'x'`,
	`CREATE OR REPLACE TEMPORARY TABLE t AS SELECT 1 AS a`, `CREATE TABLE t (a, b) AS SELECT 1, 2`, `CREATE TABLE t LIKE u COPY GRANTS`, `CREATE TABLE t CLONE u`,
	`CREATE TABLE t USING TEMPLATE (SELECT ARRAY_AGG(OBJECT_CONSTRUCT(*)) FROM TABLE(INFER_SCHEMA(LOCATION => '@s', FILE_FORMAT => 'f')))`,
	`CREATE VIEW v (a) AS SELECT 1`, `CREATE STAGE IF NOT EXISTS "D"."S"."ST" URL = 's3://b' FILE_FORMAT = (TYPE = PARQUET) DIRECTORY = (ENABLE = TRUE)`,
	`CREATE FILE FORMAT ff TYPE = CSV SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '"'`,
	`CREATE PIPE p AUTO_INGEST = TRUE AS COPY INTO t FROM @s`, `CREATE PIPE p AS COPY INTO t FROM (SELECT $1:a FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING'))) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE`,
	`CREATE PIPE p AS COPY INTO t FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE`, `CREATE PIPE p AS (COPY INTO t FROM @s)`,
	`CREATE WAREHOUSE w WITH WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60`, `CREATE ROLE r`, `CREATE USER u PASSWORD = 'x' DEFAULT_ROLE = r`,
	`CREATE STORAGE INTEGRATION i TYPE = EXTERNAL_STAGE ENABLED = TRUE`,
	`ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT, b VARCHAR`, `ALTER TABLE t DROP COLUMN a, b`, `ALTER TABLE t RENAME COLUMN a TO b`, `ALTER TABLE t RENAME TO u`, `ALTER TABLE t SWAP WITH u`,
	`ALTER TABLE t ALTER COLUMN a SET DATA TYPE NUMBER(20,2), COLUMN b DROP NOT NULL`, `ALTER TABLE t MODIFY (a SET NOT NULL, b COMMENT 'x')`, `ALTER TABLE t SET ENABLE_SCHEMA_EVOLUTION = TRUE`, `ALTER TABLE t ADD PRIMARY KEY (a)`, `ALTER TABLE t DROP PRIMARY KEY`,
	`ALTER SESSION SET LOCK_TIMEOUT = 60 QUERY_TAG = 'floe' TIMEZONE = 'UTC'`, `ALTER SESSION UNSET QUERY_TAG, TIMEZONE`,
	`ALTER WAREHOUSE SUSPEND`, `ALTER WAREHOUSE w RESUME IF SUSPENDED`, `ALTER WAREHOUSE w SET AUTO_SUSPEND = 1`, `ALTER PIPE p REFRESH PREFIX = 'x'`, `ALTER USER u SET RSA_PUBLIC_KEY = 'x'`, `ALTER PIPE p SET PIPE_EXECUTION_PAUSED = TRUE`,
	`DROP TABLE IF EXISTS t CASCADE`, `DROP FILE FORMAT ff`, `UNDROP TABLE t`, `COMMENT ON TABLE t IS 'x'`, `COMMENT IF EXISTS ON COLUMN d.s.t.c IS 'x'`,
	`SHOW TERSE TABLES HISTORY LIKE 'T%' IN SCHEMA "DB"."PUBLIC" STARTS WITH 'EV' LIMIT 10 FROM 'a'`, `SHOW TABLES`, `SHOW TABLES IN d.s`, `SHOW FILE FORMATS IN DATABASE`, `SHOW PARAMETERS LIKE 'LOCK%' FOR SESSION`, `SHOW PRIMARY KEYS IN TABLE t`, `SHOW TRANSACTIONS IN ACCOUNT`,
	`SHOW GRANTS`, `SHOW GRANTS TO ROLE "LOADER"`, `SHOW GRANTS ON TABLE t`, `SHOW GRANTS ON ACCOUNT`, `SHOW GRANTS OF ROLE r`, `SHOW FUTURE GRANTS IN SCHEMA s`,
	`DESCRIBE TABLE t`, `DESC STAGE s`, `DESC FILE FORMAT f`, `DESC TABLE t TYPE = STAGE`, `USE ROLE r`, `USE DATABASE "d"`, `USE d.s`, `USE role`, `USE SECONDARY ROLES ALL`,
	`GRANT SELECT, INSERT ON TABLE t TO ROLE r WITH GRANT OPTION`, `GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA s TO r`, `GRANT CREATE TABLE ON SCHEMA s TO ROLE r`, `GRANT USAGE ON FUTURE SCHEMAS IN DATABASE d TO ROLE r`, `GRANT ROLE a TO USER u`, `GRANT OWNERSHIP ON TABLE t TO ROLE r COPY CURRENT GRANTS`, `GRANT CREATE DATABASE ON ACCOUNT TO ROLE r`,
	`REVOKE GRANT OPTION FOR SELECT ON TABLE t FROM ROLE r CASCADE`, `REVOKE ROLE a FROM ROLE b`,
	`BEGIN`, `BEGIN TRANSACTION`, `BEGIN WORK NAME x`, `BEGIN NAME x`, `START TRANSACTION`, `COMMIT WORK`, `ROLLBACK`,
	`SET x = 1 + 1`, `SET (a, b) = ('x', 2)`, `UNSET x`, `UNSET (a, b)`, `EXECUTE IMMEDIATE $$BEGIN RETURN 1; END$$`, `EXECUTE IMMEDIATE :s USING (a, b)`, `CALL p(1, 'x')`,
	"SELECT 1 -- a comment; with a semicolon\n // another\n /* and '\n one */ + 1",
	`DECLARE
  id VARCHAR; short INTEGER := 0; n DEFAULT 1; c CURSOR FOR SELECT a FROM t; d CURSOR FOR rs; rs RESULTSET := (SHOW TABLES); e EXCEPTION (-20001, 'bad');
BEGIN
  BEGIN TRANSACTION;
  COPY INTO t FROM '@s/' FILES = ('a');
  id := SQLID;
  comment := 'x' || :id;
  SELECT COUNT(*), MAX(a) INTO :short, id FROM TABLE(RESULT_SCAN(:id)) r WHERE r."status" <> 'LOADED';
  IF (short > 0 AND NOT SQLFOUND) THEN ROLLBACK; RETURN 'SHORT ' || detail; ELSEIF (short = 0) THEN NULL; ELSE RAISE e; END IF;
  FOR r IN c DO INSERT INTO u VALUES (:r.a); BREAK; END FOR;
  FOR i IN REVERSE 1 TO 3 LOOP CONTINUE; END LOOP;
  WHILE (short < 3) DO short := short + 1; END WHILE;
  REPEAT short := short - 1; UNTIL (short = 0) END REPEAT;
  LOOP EXIT; END LOOP;
  CASE (short) WHEN 1 THEN NULL; ELSE NULL; END CASE;
  LET z NUMBER(38,0) := (SELECT 1);
  LET y := 2;
  rs := (SELECT 2);
  rs := (SHOW TABLES);
  OPEN c; FETCH c INTO y, :z; CLOSE c;
  BEGIN DELETE FROM t; END;
  COMMIT;
  RETURN TABLE(rs);
  RETURN TABLE(SELECT 1);
EXCEPTION
  WHEN e OR STATEMENT_ERROR THEN RETURN SQLERRM;
  WHEN OTHER THEN ROLLBACK; RAISE;
END`,
}

func TestParse(t *testing.T) {
	for _, sql := range accepted {
		got, err := syntax.Parse(sql)
		if err != nil {
			t.Errorf("%s\n%v", sql, err)
			continue
		}
		if len(got) != 1 {
			t.Errorf("%s\nis %d statements, want one", sql, len(got))
		}
	}
	all, err := syntax.Parse(";" + strings.Join(accepted, "\n;;\n") + "\n;")
	if err != nil || len(all) != len(accepted) {
		t.Fatalf("together: %d statements, %v; want %d", len(all), err, len(accepted))
	}
	for i, s := range all {
		if got, want := s.SQL(), accepted[i]; got != want {
			t.Errorf("text is %q, want %q", got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		sql, want string
	}{
		{`SELECT FROM t`, "syntax error line 1 at position 7 unexpected 'FROM'."},
		{"SELECT 1\n  FRM t x", "syntax error line 2 at position 6 unexpected 't'."},
		{`SELECT (1`, "syntax error line 1 at position 9 unexpected '<EOF>'."},
		{`SELECT 'abc`, "syntax error line 1 at position 7 a text that does not end."},
		{`SELECT 'abc\`, "syntax error line 1 at position 7 a text that does not end."},
		{`SELECT "abc`, "syntax error line 1 at position 7 a quoted identifier that does not end."},
		{`SELECT ""`, "syntax error line 1 at position 7 an identifier without a character."},
		{`SELECT $$abc`, "syntax error line 1 at position 7 a text in $$ that does not end."},
		{`SELECT 1 /* x`, "syntax error line 1 at position 9 a comment that does not end."},
		{`SELECT 1 § 2`, "syntax error line 1 at position 9 unexpected '§'."},
		{`SELECT 1 SELECT 2`, "syntax error line 1 at position 9 unexpected 'SELECT'."},
		{`FOO 1`, "syntax error line 1 at position 0 unexpected 'FOO'."},
		{`LET x := 1`, "syntax error line 1 at position 0 unexpected 'LET'."},
		{`SELECT ` + strings.Repeat("(", 600), "syntax error line 1 at position 505 nested too deep."},
		{`CREATE TABLE t (a INT(5))`, "syntax error line 1 at position 21 unexpected '('."},
		{`CREATE TABLE t (a NUMBER(39))`, "syntax error line 1 at position 25 invalid value [39]: between 1 and 38."},
		{`CREATE TABLE t (a FOO)`, "syntax error line 1 at position 18 Unsupported data type 'FOO'."},
		{`CREATE TABLE t (a GEOGRAPHY)`, "line 1 at position 18: Unsupported feature 'type GEOGRAPHY'."},
		{`CREATE TASK t`, "line 1 at position 7: Unsupported feature 'CREATE TASK'."},
		{`EXPLAIN SELECT 1`, "line 1 at position 0: Unsupported feature 'EXPLAIN'."},
		{`COPY INTO @s FROM t`, "line 1 at position 10: Unsupported feature 'COPY INTO location (unloading)'."},
		{`SELECT * FROM t SAMPLE (10)`, "line 1 at position 16: Unsupported feature 'SAMPLE'."},
		{`SELECT * FROM t AT(OFFSET => -60)`, "line 1 at position 16: Unsupported feature 'AT (time travel)'."},
		{`SELECT a.f(1)`, "syntax error line 1 at position 9 Unknown function a.f."},
		{`INSERT ALL INTO t VALUES (1) SELECT 1`, "line 1 at position 7: Unsupported feature 'INSERT ALL (into several tables)'."},
		{`BEGIN SELECT 1`, "syntax error line 1 at position 14 unexpected '<EOF>'."},
		{`BEGIN END`, "syntax error line 1 at position 6 unexpected 'END'."},
		{`PUT '/tmp/x' @s`, "syntax error line 1 at position 4 unexpected ''/tmp/x''."},
		{"SELECT '\xff'", "syntax error line 1 at position 0 a text that is not UTF-8."},
	} {
		_, err := syntax.Parse(c.sql)
		var e *syntax.Error
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%.60s\nsaid %v\nwant %s", c.sql, err, c.want)
		}
	}
}

func TestBegin(t *testing.T) {
	for sql, want := range map[string]string{
		`BEGIN`: "*syntax.Begin", `BEGIN;`: "*syntax.Begin", `begin transaction`: "*syntax.Begin", `BEGIN NAME n`: "*syntax.Begin",
		`BEGIN RETURN 1; END`: "*syntax.Block", `BEGIN name := 1; END`: "*syntax.Block", `BEGIN work := 1; END;`: "*syntax.Block",
		`DECLARE a INT; BEGIN BEGIN; COMMIT; END`: "*syntax.Block", `BEGIN BEGIN TRANSACTION; COMMIT; END`: "*syntax.Block",
		`BEGIN BEGIN NULL; END; END`: "*syntax.Block", `START TRANSACTION`: "*syntax.Begin",
	} {
		s, err := syntax.Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if got := fmt.Sprintf("%T", s[0]); got != want {
			t.Errorf("%s is %s, want %s", sql, got, want)
		}
	}
}

func TestLocations(t *testing.T) {
	for sql, want := range map[string]syntax.Location{
		`LIST @s`:                     {Stage: syntax.Name{Parts: []string{"S"}}},
		`LIST @db.s."st age"/a-b/c.x`: {Stage: syntax.Name{Parts: []string{"DB", "S", "st age"}}, Path: "a-b/c.x"},
		`LIST @%t/p`:                  {Stage: syntax.Name{Parts: []string{"T"}}, Table: true, Path: "p"},
		`LIST '@"D"."S".%"T"/a b/'`:   {Stage: syntax.Name{Parts: []string{"D", "S", "T"}}, Table: true, Path: "a b/"},
		`LIST @~/x`:                   {User: true, Path: "x"},
		`LIST '@db..s'`:               {Stage: syntax.Name{Parts: []string{"DB", "", "S"}}},
	} {
		s, err := syntax.Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		got := s[0].(*syntax.List).Location
		got.Pos, got.Stage.Pos = syntax.Pos{}, syntax.Pos{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, want %+v", sql, got, want)
		}
	}
}

func TestStrings(t *testing.T) {
	for sql, want := range map[string]string{
		`SELECT 'it''s'`: "it's", `SELECT 'a\'b'`: "a'b", `SELECT 'a\\b\n\t\r\0c'`: "a\\b\n\t\r\x00c", `SELECT '\x41\u00e9\101\q'`: "AéAq",
		`SELECT $$a'b\n$$`: `a'b\n`, `SELECT ''`: "",
	} {
		s, err := syntax.Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if got := s[0].(*syntax.QueryStmt).Query.Body.(*syntax.Select).Items[0].X.(*syntax.String).Value; got != want {
			t.Errorf("%s is %q, want %q", sql, got, want)
		}
	}
}

// FuzzParse: whatever the text, the parser ends without a panic; an error lies inside the text; and the text of every
// statement is a statement.
func FuzzParse(f *testing.F) {
	for _, s := range accepted {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		statements, err := syntax.Parse(sql)
		if err != nil {
			var e *syntax.Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			if e.Line < 1 || e.Column < 1 || e.Line > strings.Count(sql, "\n")+1 {
				t.Fatalf("the error is at line %d, column %d of %q", e.Line, e.Column, sql)
			}
			return
		}
		for _, s := range statements {
			again, err := syntax.Parse(s.SQL())
			if err != nil || len(again) != 1 || again[0].SQL() != s.SQL() || reflect.TypeOf(again[0]) != reflect.TypeOf(s) {
				t.Fatalf("%q has the statement %q, which alone is %v, %v", sql, s.SQL(), again, err)
			}
		}
	})
}

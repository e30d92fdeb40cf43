package engine

import (
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	_, s := start(t, Options{})
	steps(t, s, []step{
		{`CREATE TABLE "mixed" ("a" INT, "A" INT, "select" VARCHAR, "a""b" INT)`, "Table \"mixed\" successfully created."},
		{`INSERT INTO "mixed" VALUES (1, 2, 'x', 3)`, "1"},
		{`SELECT "A", "a", "a""b" FROM "mixed"`, "2|1|3"},
		{`SELECT * FROM mixed`, "(2003 42S02) Object 'MIXED' does not exist"},
		{`CREATE TABLE d (id INT IDENTITY(10, 5), at TIMESTAMP_NTZ DEFAULT '2026-01-01 00:00:00'::TIMESTAMP_NTZ, v VARCHAR(3) DEFAULT 'abc' COMMENT 'three')`, "Table D successfully created."},
		{`INSERT INTO d (v) VALUES ('x'), ('y')`, "2"},
		{`INSERT INTO d (id, v) VALUES (1, DEFAULT)`, "1"},
		{`SELECT id, v FROM d ORDER BY id`, "1|abc\n10|x\n15|y"},
		{`CREATE TABLE e LIKE d`, "Table E successfully created."},
		{`SELECT COUNT(*) FROM e`, "0"},
		{`INSERT INTO e (v) VALUES ('z')`, "1"},
		{`SELECT id FROM e`, "10"},
		{`CREATE TABLE f CLONE d`, "Table F successfully created."},
		{`SELECT COUNT(*) FROM f`, "3"},
		{`CREATE OR REPLACE TABLE f AS SELECT id, v || '!' AS w FROM d WHERE id > 1`, "Table F successfully created."},
		{`SELECT id, w FROM f ORDER BY id`, "10|x!\n15|y!"},
		{`CREATE TABLE g (x NUMBER(2,0), y VARCHAR) AS SELECT 1, 2`, "Table G successfully created."},
		{`SELECT x, y || '' FROM g`, "1|2"},
		{`CREATE OR REPLACE TABLE g AS SELECT y, x FROM g`, "Table G successfully created."},
		{`SELECT * FROM g`, "2|1"},
		{`CREATE TABLE h AS SELECT 1 AS a, 2 AS a`, "(2025 42S21) duplicate column name 'A'"},
		{`ALTER TABLE g ADD COLUMN z INT NOT NULL DEFAULT 9, w VARCHAR`, "Statement executed successfully."},
		{`SELECT * FROM g`, "2|1|9|NULL"},
		{`ALTER TABLE g ADD COLUMN q INT NOT NULL`, "(1 22000) cannot be added to non-empty table"},
		{`ALTER TABLE g ADD COLUMN z INT`, "(1430 42601) column 'Z' already exists"},
		{`ALTER TABLE g ADD COLUMN IF NOT EXISTS z INT`, "Statement executed successfully."},
		{`ALTER TABLE g RENAME COLUMN w TO "W w"`, "Statement executed successfully."},
		{`ALTER TABLE g DROP COLUMN z`, "Statement executed successfully."},
		{`ALTER TABLE g ADD COLUMN z VARCHAR(2)`, "Statement executed successfully."},
		{`INSERT INTO g VALUES ('3', 4, 'w', 'zz')`, "1"},
		{`SELECT * FROM g ORDER BY x`, "2|1|NULL|NULL\n3|4|w|zz"},
		{`ALTER TABLE g ALTER COLUMN z SET DATA TYPE VARCHAR(1)`, "(2108 22000) reducing the byte-length"},
		{`ALTER TABLE g ALTER COLUMN z SET DATA TYPE VARCHAR(10)`, "Statement executed successfully."},
		{`ALTER TABLE g ALTER COLUMN x SET DATA TYPE NUMBER(12,0)`, "Statement executed successfully."},
		{`ALTER TABLE g ALTER COLUMN x SET DATA TYPE NUMBER(12,2)`, "(2108 22000) changing the scale"},
		{`ALTER TABLE g ALTER COLUMN x SET DATA TYPE VARCHAR`, "(2108 22000) cannot change column X from type NUMBER(12,0) to VARCHAR(16777216)"},
		{`ALTER TABLE g ALTER COLUMN z SET NOT NULL`, "(100072 22000) NULL result"},
		{`ALTER TABLE g ALTER COLUMN x SET NOT NULL`, "Statement executed successfully."},
		{`INSERT INTO g (x) VALUES (NULL)`, "(100072 22000) NULL result"},
		{`ALTER TABLE g ALTER COLUMN x DROP NOT NULL`, "Statement executed successfully."},
		{`INSERT INTO g (x) VALUES (123456789012)`, "1"},
		{`ALTER TABLE g SWAP WITH f`, "Statement executed successfully."},
		{`SELECT COUNT(*) FROM f`, "3"},
		{`SELECT COUNT(*) FROM g`, "2"},
		{`ALTER TABLE g RENAME TO f`, "(2002 42710) already exists"},
		{`ALTER TABLE g RENAME TO g2`, "Statement executed successfully."},
		{`SELECT COUNT(*) FROM g2`, "2"},
		{`CREATE TABLE g (x INT)`, "Table G successfully created."},
		{`COMMENT ON TABLE g IS 'it''s g'`, "Statement executed successfully."},
		{`COMMENT ON COLUMN g.x IS 'x of g'`, "Statement executed successfully."},
		{`ALTER TABLE IF EXISTS nowhere ADD COLUMN z INT`, "Statement executed successfully."},
		{`ALTER TABLE nowhere ADD COLUMN z INT`, "(2003 42S02) Table 'DB.PUBLIC.NOWHERE'"},
		{`CREATE TABLE k (x INT) CHANGE_TRACKING = TRUE`, "(2 0A000) CHANGE_TRACKING"},
		{`CREATE DYNAMIC TABLE k AS SELECT 1`, "(2 0A000) DYNAMIC"},
		{`CREATE VIEW v (n) AS SELECT x + 1 FROM g`, "View V successfully created."},
		{`INSERT INTO g VALUES (41)`, "1"},
		{`SELECT n FROM v`, "42"},
		{`CREATE SCHEMA other`, "Schema OTHER successfully created."},
		{`SELECT n FROM DB.PUBLIC.v`, "42"},
		{`SELECT CURRENT_SCHEMA()`, "OTHER"},
		{`SELECT * FROM g`, "(2003 42S02) Object 'G' does not exist"},
		{`SELECT * FROM public.g`, "41"},
		{`SELECT * FROM DB..g`, "41"},
		{`DROP SCHEMA other`, "OTHER successfully dropped."},
		{`CREATE TABLE x (i INT)`, "(90106 22000) This session does not have a current schema"},
		{`CREATE DATABASE db2`, "Database DB2 successfully created."},
		{`CREATE TABLE x (i INT)`, "Table X successfully created."},
		{`DROP DATABASE db2`, "DB2 successfully dropped."},
		{`SELECT 1 FROM x`, "(90105 22000) This session does not have a current database"},
		{`USE DATABASE nowhere`, "(2043 02000) Object does not exist, or operation cannot be performed."},
	})
	res := run(t, s, `DESCRIBE TABLE DB.PUBLIC.d`)
	if got := names(res); !strings.HasPrefix(got, "name|type|kind|null?|default|primary key|unique key|check|expression|comment|") {
		t.Errorf("DESCRIBE has the columns %s", got)
	}
	if got := text(res); !strings.HasPrefix(got, "ID|NUMBER(38,0)|COLUMN|Y|IDENTITY START 10 INCREMENT 5 ORDER|N|N|NULL|NULL|NULL|") ||
		!strings.Contains(got, "V|VARCHAR(3)|COLUMN|Y|'abc'|N|N|NULL|NULL|three|") {
		t.Errorf("DESCRIBE answers\n%s", got)
	}
	res = run(t, s, `SHOW TABLES LIKE 'g' IN SCHEMA DB.PUBLIC`)
	if got := part(res, "name", "database_name", "schema_name", "kind", "comment", "rows", "owner", "enable_schema_evolution"); got != "G|DB|PUBLIC|TABLE|it's g|1|ACCOUNTADMIN|N" {
		t.Errorf("SHOW TABLES answers %s", got)
	}
}

// part are some columns of a result's rows.
func part(r *Result, columns ...string) string {
	some := &Result{}
	var at []int
	for _, n := range columns {
		for i, c := range r.Columns {
			if c.Name == n {
				at = append(at, i)
				some.Columns = append(some.Columns, c)
			}
		}
	}
	for _, row := range r.Rows {
		var out []any
		for _, i := range at {
			out = append(out, row[i])
		}
		some.Rows = append(some.Rows, out)
	}
	return text(some)
}

// Temporary tables are their session's alone, and hide permanent ones.
func TestTemporaryTables(t *testing.T) {
	e, a := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (v INT); INSERT INTO t VALUES (1); CREATE TEMPORARY TABLE t (v INT); INSERT INTO t VALUES (2)`)
	is(t, a, `SELECT v FROM t`, "2")
	is(t, b, `SELECT v FROM t`, "1")
	if got := part(run(t, a, `SHOW TABLES`), "name", "kind"); got != "T|TEMPORARY\nT|TABLE" && got != "T|TABLE\nT|TEMPORARY" {
		t.Errorf("SHOW TABLES answers %q", got)
	}
	run(t, a, `DROP TABLE t`)
	is(t, a, `SELECT v FROM t`, "1")
	run(t, a, `CREATE TEMPORARY TABLE u (v INT)`)
	fails(t, b, `SELECT * FROM u`, 2003, "42S02", "Object 'U'")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(e.catalog.all("TABLE")); got != 1 {
		t.Errorf("%d tables are left of the closed session", got-1)
	}
}

func TestInformationSchema(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE TABLE t (id INT NOT NULL, v VARCHAR(10)); INSERT INTO t VALUES (1, 'a'); CREATE VIEW w AS SELECT v FROM t; CREATE STAGE st`)
	steps(t, s, []step{
		{`SELECT table_name, table_type, row_count FROM information_schema.tables ORDER BY 1`, "T|BASE TABLE|1\nW|VIEW|NULL"},
		{`SELECT column_name, ordinal_position, is_nullable, data_type, character_maximum_length, numeric_precision FROM DB.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'T' ORDER BY 2`, "ID|1|NO|NUMBER|NULL|38\nV|2|YES|TEXT|10|NULL"},
		{`SELECT stage_name, stage_type FROM information_schema.stages`, "ST|Internal Named"},
		{`SELECT schema_name FROM information_schema.schemata`, "PUBLIC"},
		{`SELECT * FROM information_schema.nothing`, "(2003 42S02) INFORMATION_SCHEMA.NOTHING"},
		{`SELECT COUNT(*) FROM information_schema.load_history`, "0"},
	})
}

func TestShow(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR DEFAULT 'x' COMMENT 'c'); CREATE VIEW w AS SELECT v FROM t; CREATE STAGE st COMMENT = 'files';
		CREATE FILE FORMAT ff TYPE = CSV SKIP_HEADER = 1 NULL_IF = ('a', 'b'); CREATE PIPE p AS COPY INTO t FROM @st; CREATE SCHEMA other; CREATE TABLE t2 (id INT);
		CREATE USER u DEFAULT_ROLE = PUBLIC; CREATE ROLE r; GRANT ROLE r TO USER u; USE SCHEMA public`)
	for _, c := range []struct{ sql, columns, want string }{
		{`SHOW DATABASES`, "name|is_current|owner", "DB|Y|ACCOUNTADMIN"},
		{`SHOW SCHEMAS IN DATABASE DB`, "name|is_current|database_name", "OTHER|N|DB\nPUBLIC|Y|DB"},
		{`SHOW TABLES`, "name|schema_name", "T|PUBLIC"},
		{`SHOW TABLES IN ACCOUNT`, "name|schema_name", "T2|OTHER\nT|PUBLIC"},
		{`SHOW TABLES IN DATABASE`, "name|schema_name", "T2|OTHER\nT|PUBLIC"},
		{`SHOW TABLES IN DB.OTHER STARTS WITH 'T'`, "name", "T2"},
		{`SHOW TABLES LIKE '%2' IN ACCOUNT`, "name", "T2"},
		{`SHOW TABLES IN ACCOUNT LIMIT 1`, "name", "T2"},
		{`SHOW TERSE TABLES IN ACCOUNT STARTS WITH 't'`, "name", ""},
		{`SHOW TERSE TABLES`, "name|kind|database_name|schema_name", "T|TABLE|DB|PUBLIC"},
		{`SHOW VIEWS`, "name|text", "W|CREATE VIEW w AS SELECT v FROM t"},
		{`SHOW OBJECTS`, "name|kind", "T|TABLE\nW|VIEW"},
		{`SHOW COLUMNS IN TABLE t`, "column_name|data_type|null?|default", `ID|{"type":"FIXED","precision":38,"scale":0,"nullable":false}|false|` + "\n" +
			`V|{"type":"TEXT","length":16777216,"byteLength":67108864,"nullable":true,"fixed":false}|true|'x'`},
		{`SHOW PRIMARY KEYS IN TABLE t`, "table_name|column_name|key_sequence", "T|ID|1"},
		{`SHOW STAGES`, "name|type|comment", "ST|INTERNAL|files"},
		{`SHOW FILE FORMATS`, "name|type", "FF|CSV"},
		{`SHOW PIPES`, "name|definition", "P|COPY INTO t FROM @st"},
		{`SHOW WAREHOUSES`, "name|state|size|auto_resume|is_current", "WH|STARTED|X-Small|true|Y"},
		{`SHOW ROLES LIKE 'r'`, "name|assigned_to_users", "R|1"},
		{`SHOW USERS LIKE 'u'`, "name|login_name|default_role", "U|U|PUBLIC"},
		{`SHOW GRANTS TO USER u`, "role|grantee_name", "R|U"},
		{`SHOW GRANTS OF ROLE r`, "role|granted_to|grantee_name", "R|USER|U"},
		{`SHOW VARIABLES`, "name", ""},
		{`DESCRIBE VIEW w`, "name|type", "V|VARCHAR(16777216)"},
		{`DESCRIBE SCHEMA public`, "name|kind", "T|TABLE\nW|VIEW"},
		{`DESCRIBE DATABASE db`, "name|kind", "OTHER|SCHEMA\nPUBLIC|SCHEMA"},
	} {
		if got := part(run(t, s, c.sql), strings.Split(c.columns, "|")...); got != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", c.sql, got, c.want)
		}
	}
	got := text(run(t, s, `DESCRIBE FILE FORMAT ff`))
	for _, line := range []string{"TYPE|String|CSV|CSV", "SKIP_HEADER|Integer|1|0", "NULL_IF|List|[a, b]|[\\\\N]"} {
		if !strings.Contains(got, line) {
			t.Errorf("DESCRIBE FILE FORMAT has no %q:\n%s", line, got)
		}
	}
	if got := text(run(t, s, `DESCRIBE STAGE st`)); !strings.Contains(got, "STAGE_FILE_FORMAT|TYPE|String|CSV|CSV") {
		t.Errorf("DESCRIBE STAGE answers\n%s", got)
	}
	if got := text(run(t, s, `DESCRIBE USER u`)); !strings.Contains(got, "DEFAULT_ROLE|PUBLIC|null|") {
		t.Errorf("DESCRIBE USER answers\n%s", got)
	}
	fails(t, s, `SHOW USER FUNCTIONS`, 2, "0A000", "SHOW USER FUNCTIONS")
	fails(t, s, `DESCRIBE TABLE nowhere`, 2003, "42S02", "Table 'DB.PUBLIC.NOWHERE' does not exist or not authorized.")
}

package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// upload does what a driver does with PUT.
func upload(t *testing.T, s *Session, at, name, content string) {
	t.Helper()
	path := target(t, s, at, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func target(t *testing.T, s *Session, at, name string) string {
	t.Helper()
	x := run(t, s, `PUT 'file:///tmp/`+name+`' '`+at+`' AUTO_COMPRESS = FALSE`).Transfer
	if x == nil || x.Get || x.Compress || x.Files[0] != "/tmp/"+name {
		t.Fatalf("PUT answers %+v", x)
	}
	dir := filepath.Join(x.Stage, x.Path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// parquet uploads what a query of DuckDB's yields.
func parquet(t *testing.T, s *Session, at, name, query string) {
	t.Helper()
	path := target(t, s, at, name)
	if _, err := s.e.look.ExecContext(t.Context(), `COPY (`+query+`) TO '`+path+`' (FORMAT PARQUET)`); err != nil {
		t.Fatal(err)
	}
}

const parquetOptions = ` FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE `

func TestCopy(t *testing.T) {
	clock := &clock{at: time.Now()}
	e, s := start(t, Options{Now: clock.now})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (ID INT, NAME VARCHAR)`)
	parquet(t, s, "@st/dir", "a.parquet", `SELECT 1::BIGINT AS "ID", 'a' AS "NAME"`)
	parquet(t, s, "@st/dir/", "b.parquet", `SELECT 2::BIGINT AS "ID", 'b' AS "NAME" UNION ALL SELECT 3, 'c'`)
	steps(t, s, []step{
		{`SELECT "name" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))`, "(709 02000) not found"},
		{`COPY INTO t FROM @st/none/` + parquetOptions, "Copy executed with 0 files processed."},
		{`COPY INTO t FROM @nowhere`, "(2003 02000) Stage 'DB.PUBLIC.NOWHERE' does not exist or not authorized."},
		{`COPY INTO t FROM @st/dir FILES = ('x.parquet')` + parquetOptions, "(91016 22000) Remote file '@st/dir/x.parquet' was not found."},
	})
	// In a transaction that is rolled back, nothing was loaded and nothing is remembered.
	run(t, s, `BEGIN`)
	is(t, s, `COPY INTO t FROM @st/dir FILES = ('a.parquet')`+parquetOptions, "st/dir/a.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	is(t, s, `SELECT * FROM t`, "1|a")
	// What another transaction is loading is not there for others.
	is(t, b, `COPY INTO t FROM @st/dir FILES = ('a.parquet')`+parquetOptions, "Copy executed with 0 files processed.")
	is(t, b, `SELECT COUNT(*) FROM t`, "0")
	run(t, s, `ROLLBACK`)
	is(t, b, `SELECT COUNT(*) FROM t`, "0")

	is(t, s, `COPY INTO t FROM @st/dir/ FILES = ('a.parquet', 'b.parquet')`+parquetOptions,
		"st/dir/a.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL\nst/dir/b.parquet|LOADED|2|2|1|0|NULL|NULL|NULL|NULL")
	is(t, b, `SELECT * FROM t ORDER BY 1`, "1|a\n2|b\n3|c")
	is(t, s, `COPY INTO t FROM @st/dir/ FILES = ('a.parquet')`+parquetOptions, "st/dir/a.parquet|LOAD_SKIPPED|0|0|NULL|1|File was loaded before.|NULL|NULL|NULL")
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "Copy executed with 0 files processed.")
	is(t, s, `COPY INTO t FROM @st PATTERN = 'a.parquet' FORCE = TRUE`+parquetOptions, "Copy executed with 0 files processed.")
	is(t, s, `COPY INTO t FROM @st PATTERN = '.*a[.]parquet' FORCE = TRUE`+parquetOptions, "st/dir/a.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	parquet(t, s, "@st/dir/", "a.parquet", `SELECT 9::BIGINT AS "ID", 'changed' AS "NAME"`)
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "st/dir/a.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	is(t, s, `SELECT COUNT(*) FROM t`, "5")
	is(t, s, `SELECT DISTINCT file_name, row_count, status FROM information_schema.load_history ORDER BY 1`, "st/dir/a.parquet|1|LOADED\nst/dir/b.parquet|2|LOADED")
	is(t, s, `SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 't', START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))`, "4")

	// TRUNCATE forgets, DELETE does not; a rolled back TRUNCATE did not forget.
	run(t, s, `DELETE FROM t`)
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "Copy executed with 0 files processed.")
	run(t, s, `BEGIN; TRUNCATE TABLE t`)
	if got := len(run(t, s, `COPY INTO t FROM @st`+parquetOptions).Rows); got != 2 {
		t.Errorf("after TRUNCATE %d files are loaded", got)
	}
	run(t, s, `ROLLBACK`)
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "Copy executed with 0 files processed.")
	// After 64 days it is not known any more whether the files were loaded: FORCE or LOAD_UNCERTAIN_FILES load them.
	clock.add(65 * 24 * time.Hour)
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "Copy executed with 0 files processed.")
	if got := len(run(t, s, `COPY INTO t FROM @st LOAD_UNCERTAIN_FILES = TRUE`+parquetOptions).Rows); got != 2 {
		t.Errorf("LOAD_UNCERTAIN_FILES loads %d files", got)
	}

	if got := part(run(t, s, `LIST @st`), "name"); got != "st/dir/a.parquet\nst/dir/b.parquet" {
		t.Errorf("LIST answers %q", got)
	}
	run(t, s, `TRUNCATE TABLE t; BEGIN; COPY INTO t FROM @st PURGE = TRUE`+parquetOptions)
	is(t, s, `SELECT COUNT(*) FROM t`, "3")
	if got := len(run(t, s, `LIST @st`).Rows); got != 2 {
		t.Errorf("PURGE has removed files before the transaction is committed: %d are left", got)
	}
	run(t, s, `COMMIT`)
	if got := len(run(t, s, `LIST @st`).Rows); got != 0 {
		t.Errorf("PURGE has left %d files", got)
	}
	upload(t, s, "@st/p", "1-a", "x")
	upload(t, s, "@st/p", "1-b", "x")
	upload(t, s, "@st/p", "2-a", "x")
	is(t, s, `REMOVE '@st/p/1-'`, "st/p/1-a|removed\nst/p/1-b|removed")
	if got := part(run(t, s, `LIST '@"DB"."PUBLIC"."ST"/p'`), "name", "size", "md5"); got != "st/p/2-a|1|9dd4e461268c8034f5c8564e155c67a6" {
		t.Errorf("LIST answers %q", got)
	}
	x := run(t, s, `GET @st/p/ 'file:///tmp/here/'`).Transfer
	if x == nil || !x.Get || strings.Join(x.Files, ",") != "2-a" || x.Path != "p/" {
		t.Errorf("GET answers %+v", x)
	}
}

func TestCopyOfText(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE TABLE t (id INT NOT NULL, v VARCHAR(3)); CREATE FILE FORMAT ff TYPE = CSV SKIP_HEADER = 1; CREATE STAGE st FILE_FORMAT = (FORMAT_NAME = 'ff')`)
	upload(t, s, "@st", "a.csv", "id,v\n1,a\nx,b\n3,long\n4,d\n")
	steps(t, s, []step{
		{`COPY INTO t FROM @st`, "(100038 22018) Numeric value 'x' is not recognized"},
		{`SELECT COUNT(*) FROM t`, "0"},
		{`COPY INTO t FROM @st ON_ERROR = SKIP_FILE`, `st/a.csv|LOAD_FAILED|4|0|1|2|Numeric value 'x' is not recognized|3|1|"T"["ID":1]`},
		{`SELECT COUNT(*) FROM t`, "0"},
	})
	if got := len(run(t, s, `COPY INTO t FROM @st VALIDATION_MODE = RETURN_ALL_ERRORS`).Rows); got != 2 {
		t.Errorf("RETURN_ALL_ERRORS answers %d errors", got)
	}
	res := run(t, s, `COPY INTO t FROM @st ON_ERROR = CONTINUE`)
	if got := text(res); !strings.HasPrefix(got, "st/a.csv|PARTIALLY_LOADED|4|2|4|2|Numeric value 'x' is not recognized|") {
		t.Errorf("CONTINUE answers %q", got)
	}
	is(t, s, `SELECT id FROM t ORDER BY id`, "1\n4")
	is(t, s, `SELECT row_number FROM TABLE(VALIDATE(t, JOB_ID => '`+res.QueryID+`')) ORDER BY 1`, "2\n3")
	is(t, s, `SELECT COUNT(*) FROM TABLE(VALIDATE(t, JOB_ID => '_last'))`, "2")
	is(t, s, `COPY INTO t FROM @st ON_ERROR = CONTINUE`, "Copy executed with 0 files processed.")
	is(t, s, `SELECT $1, $2, $3 FROM @st (PATTERN => '.*a.csv') ORDER BY METADATA$FILE_ROW_NUMBER`, "1|a|NULL\nx|b|NULL\n3|long|NULL\n4|d|NULL")
	// The table's own stage, and the user's.
	upload(t, s, "@%t", "b.csv", "7,g\n")
	is(t, s, `COPY INTO t`, "b.csv|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	upload(t, s, "@~/x", "c.csv", "8,h\n")
	is(t, s, `COPY INTO t FROM @~/x`, "x/c.csv|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	is(t, s, `SELECT SUM(id) FROM t`, "20")
	is(t, s, `DROP TABLE t`, "T successfully dropped.")
}

func TestEvolution(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (ID INT NOT NULL, GONE VARCHAR NOT NULL) ENABLE_SCHEMA_EVOLUTION = TRUE`)
	parquet(t, s, "@st", "a.parquet", `SELECT 1::BIGINT AS "ID", 'x' AS "MORE"`)
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "st/a.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	is(t, s, `SELECT ID, GONE, MORE FROM t`, "1|NULL|x")
	if got := part(run(t, s, `DESCRIBE TABLE t`), "name", "type", "null?"); got != "ID|NUMBER(38,0)|N\nGONE|VARCHAR(16777216)|Y\nMORE|VARCHAR(16777216)|Y" {
		t.Errorf("the table has evolved to\n%s", got)
	}
}

func TestTransformation(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (file VARCHAR, id INT, v VARCHAR, n INT DEFAULT 3)`)
	upload(t, s, "@st", "a.csv", "1,a,x\n2,b,y\n")
	is(t, s, `COPY INTO t (file, id, v) FROM (SELECT METADATA$FILENAME, s.$1 * 10, UPPER(s.$3) || $2 FROM @st s) FILE_FORMAT = (TYPE = CSV)`,
		"st/a.csv|LOADED|2|2|1|0|NULL|NULL|NULL|NULL")
	parquet(t, s, "@st/p", "b.parquet", `SELECT 7 AS "ID", {'a': 'deep'} AS "S"`)
	is(t, s, `COPY INTO t (id, v) FROM (SELECT $1:ID::NUMBER, $1:S.a::VARCHAR FROM @st/p) FILE_FORMAT = (TYPE = PARQUET)`,
		"st/p/b.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	is(t, s, `SELECT * FROM t ORDER BY id`, "NULL|7|deep|3\na.csv|10|Xa|3\na.csv|20|Yb|3")
	fails(t, s, `COPY INTO t (id) FROM (SELECT COUNT(*) FROM @st/a GROUP BY $1) FORCE = TRUE`, 2, "0A000", "a transformation")
}

func TestTemplate(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE FILE FORMAT ff TYPE = PARQUET`)
	parquet(t, s, "@st", "a.parquet", `SELECT 1::BIGINT AS "ID", 'x' AS "v", 1.5::DECIMAL(5,2) AS "N", DATE '2026-01-01' AS "D"`)
	is(t, s, `SELECT COLUMN_NAME, TYPE, ORDER_ID FROM TABLE(INFER_SCHEMA(LOCATION => '@st', FILE_FORMAT => 'ff')) ORDER BY ORDER_ID`,
		"ID|NUMBER(38, 0)|0\nv|TEXT|1\nN|NUMBER(5, 2)|2\nD|DATE|3")
	run(t, s, `CREATE TABLE t USING TEMPLATE (SELECT ARRAY_AGG(OBJECT_CONSTRUCT(*)) WITHIN GROUP (ORDER BY ORDER_ID) FROM TABLE(INFER_SCHEMA(LOCATION => '@st', FILE_FORMAT => 'ff')))`)
	if got := part(run(t, s, `DESCRIBE TABLE t`), "name", "type"); got != "ID|NUMBER(38,0)\nv|VARCHAR(16777216)\nN|NUMBER(5,2)\nD|DATE" {
		t.Errorf("the table has the columns\n%s", got)
	}
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "st/a.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	fails(t, s, `CREATE TABLE u USING TEMPLATE (SELECT 'x')`, 2026, "42601", "USING TEMPLATE")
}

func TestCountOnly(t *testing.T) {
	_, s := start(t, Options{CountOnly: true})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (ID INT)`)
	parquet(t, s, "@st", "a.parquet", `SELECT range AS "ID" FROM range(1000)`)
	table := `"T"`
	is(t, s, `COPY INTO IDENTIFIER(?) FROM @st`+parquetOptions, "st/a.parquet|LOADED|1000|1000|1|0|NULL|NULL|NULL|NULL", Bind{Type: "TEXT", Value: &table})
	is(t, s, `COPY INTO t FROM @st`+parquetOptions, "Copy executed with 0 files processed.")
	is(t, s, `SELECT COUNT(*) FROM t`, "0")
	upload(t, s, "@%t", "b.csv", "7\n")
	fails(t, s, `COPY INTO t`, 2, "0A000", "COPY of what is no Parquet")
}

// What another bulk loader sends: the temporary stage of its session, names as binds, COPY without FILES.
func TestBulkIngestOfAnotherClient(t *testing.T) {
	e, s := start(t, Options{})
	other := connect(t, e, Login{User: "ADMIN"})
	table := `"T"`
	bind := Bind{Type: "TEXT", Value: &table}
	for _, session := range []*Session{s, other} {
		run(t, session, `USE DATABASE "DB";`)
		run(t, session, `USE SCHEMA "PUBLIC";`)
		run(t, session, `ALTER SESSION SET AUTOCOMMIT = true`)
		run(t, session, `CREATE OR REPLACE TEMPORARY STAGE ADBC$BIND FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE USE_VECTORIZED_SCANNER=TRUE REPLACE_INVALID_CHARACTERS = TRUE)`)
	}
	run(t, s, `CREATE TABLE IF NOT EXISTS "T" ("id" INTEGER, "v" TEXT)`)
	if x := run(t, s, `PUT 'file:///tmp/placeholder/0.parquet' @ADBC$BIND OVERWRITE = TRUE`).Transfer; !x.Compress || !x.Overwrite {
		t.Errorf("PUT answers %+v", x)
	}
	parquet(t, s, "@ADBC$BIND", "0.parquet", `SELECT 1 AS "id", 'a' AS "v"`)
	parquet(t, s, "@ADBC$BIND", "1.parquet", `SELECT 2 AS "ID", 'b' AS "V"`)
	ingest := `COPY INTO IDENTIFIER(?) FROM @ADBC$BIND MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE`
	is(t, s, ingest, "adbc$bind/0.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL\nadbc$bind/1.parquet|LOADED|1|1|1|0|NULL|NULL|NULL|NULL", bind)
	is(t, s, ingest, "Copy executed with 0 files processed.", bind)
	is(t, other, ingest, "Copy executed with 0 files processed.", bind)
	is(t, s, `SELECT COUNT(*) FROM IDENTIFIER(?)`, "2", bind)
}

package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden returns the statements of a file of the sink's.
func golden(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for st := range strings.SplitSeq(string(b), "\n;\n") {
		if strings.TrimSpace(st) != "" {
			out = append(out, st)
		}
	}
	return out
}

// The statements that the sink sends, as its golden files have them, do what they are to.
func TestStatementsOfTheSink(t *testing.T) {
	e, s := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	for _, st := range golden(t, "session.sql") {
		run(t, s, st)
	}
	run(t, s, `CREATE TABLE IF NOT EXISTS "DB"."PUBLIC"."_FLOE_OFFSETS" (
		pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, partition_id VARCHAR NOT NULL,
		epoch BIGINT NOT NULL, committed VARCHAR NOT NULL, mark VARCHAR NOT NULL, PRIMARY KEY (pipeline, target, partition_id))`)
	run(t, s, `CREATE STAGE "DB"."PUBLIC"."_FLOE_STAGE"`)
	offsets := `SELECT epoch, committed FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE partition_id = 'part 0'`

	claims := golden(t, "claim.sql")
	is(t, s, claims[0], "1")
	is(t, s, offsets, "1|")
	is(t, s, claims[0], "2")
	for _, st := range claims[1:] {
		run(t, s, st)
	}
	is(t, s, `SELECT COUNT(*) FROM "DB"."PUBLIC"."_FLOE_OFFSETS" WHERE partition_id = 'part 0'`, "1")

	// A load of two files with 60 and 40 rows.
	run(t, s, `UPDATE "DB"."PUBLIC"."_FLOE_OFFSETS" SET epoch = 1`)
	load := golden(t, "load.sql")[0]
	dir := `'@"DB"."PUBLIC"."_FLOE_STAGE"/floe/EVENTS-7b069e232bf13289/p-af63ed4c8602096f/part_0-e90d66d83b904544/'`
	file := func(n, rows string) {
		parquet(t, s, strings.Trim(dir, "'"), `0-100-9f86d0819f86d0819f86d0819f86d081-`+n+`.parquet`, `SELECT range AS "ID" FROM range(`+rows+`)`)
	}
	run(t, s, `CREATE TABLE "DB"."PUBLIC"."EVENTS" ("ID" NUMBER(38,0)) COMMENT = 'text [floe:<id>]'`)
	file("1", "60")
	err := refused(t, s, load)
	if err.Code != 91016 || !strings.HasPrefix(err.Message, "Uncaught exception of type 'STATEMENT_ERROR' on line ") {
		t.Errorf("a load whose second file is missing: %v", err)
	}
	file("2", "41")
	is(t, s, load, "SHORT 0-100-9f86d0819f86d0819f86d0819f86d081-2.parquet: LOADED, 41 of 40 rows")
	is(t, b, `SELECT COUNT(*) FROM EVENTS`, "0")
	file("2", "40")
	run(t, s, `COMMENT ON TABLE EVENTS IS 'another'`)
	is(t, s, load, "SWAPPED")
	run(t, s, `COMMENT ON TABLE EVENTS IS '[floe:<id>] more'; UPDATE _FLOE_OFFSETS SET epoch = 2`)
	is(t, s, load, "MOVED 0")
	is(t, b, `SELECT COUNT(*) FROM EVENTS`, "0")
	run(t, s, `UPDATE _FLOE_OFFSETS SET epoch = 1`)
	is(t, s, load, "LOADED")
	is(t, b, `SELECT COUNT(*), SUM(ID) FROM EVENTS`, "100|2550")
	is(t, b, offsets, "1|floe1//100/0/100")
	if got := text(run(t, s, load)); !strings.HasPrefix(got, "SHORT ") {
		t.Errorf("files that were loaded before: %s", got)
	}
	is(t, b, `SELECT COUNT(*), SUM(ID) FROM EVENTS`, "100|2550")
	is(t, s, `SELECT CURRENT_TRANSACTION()`, "NULL")
	if got := len(run(t, s, `LIST `+dir).Rows); got != 2 {
		t.Errorf("LIST answers %d files", got)
	}
	if got := len(run(t, s, `REMOVE `+strings.TrimSuffix(dir, "'")+`0-100-'`).Rows); got != 2 {
		t.Errorf("REMOVE removes %d files", got)
	}

	// An upsert.
	run(t, s, `DROP TABLE EVENTS; UPDATE _FLOE_OFFSETS SET committed = '';
		CREATE TABLE EVENTS ("K" NUMBER(38,0) NOT NULL, "DAY" DATE, "a""b" VARCHAR, "MADE" TIMESTAMP_LTZ DEFAULT CURRENT_TIMESTAMP(), "NOTE" VARCHAR, PRIMARY KEY ("K", "DAY")) COMMENT = '[floe:<id>]';
		INSERT INTO EVENTS VALUES (1, '2026-01-01', 'old', NULL, 'note'), (50, '2026-01-01', 'kept', NULL, 'note')`)
	parquet(t, s, strings.Trim(dir, "'"), `0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet`,
		`SELECT 1 + range // 2 AS "K", DATE '2026-01-01' AS "DAY", 'v' || range AS "a""b", range AS "_FLOE_ORDINAL" FROM range(100) WHERE range <> 98`)
	upsert := golden(t, "upsert.sql")[0]
	if got := text(run(t, s, upsert)); !strings.Contains(got, "99 of 100 rows") {
		t.Errorf("an upsert of too few rows: %s", got)
	}
	parquet(t, s, strings.Trim(dir, "'"), `0-100-9f86d0819f86d0819f86d0819f86d081-1.parquet`,
		`SELECT 1 + range // 2 AS "K", DATE '2026-01-01' AS "DAY", 'v' || range AS "a""b", range AS "_FLOE_ORDINAL" FROM range(100)`)
	is(t, s, upsert, "LOADED")
	is(t, b, `SELECT COUNT(*), COUNT(NOTE), COUNT("MADE") FROM EVENTS`, "50|0|50")
	is(t, b, `SELECT "a""b" FROM EVENTS WHERE K IN (1, 50) ORDER BY K`, "v1\nv99")
	is(t, b, offsets, "1|floe1//100/0/100")
	is(t, b, `SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%WORK%'`, "")
}

package copyinto_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
)

const benchRows = 100_000

var benchColumns = []string{
	"ID INT NOT NULL", "A INT", "PRICE NUMBER(12,2)", "F FLOAT", "OK BOOLEAN", "D DATE", "AT NTZ", "LTZ LTZ", "NAME TEXT(100) NOT NULL", "CODE TEXT(3)",
}

// What a million rows cost, in rows a second.
func BenchmarkLoad(b *testing.B) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	look, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer look.Close()
	if err := scalar.Register(b.Context(), conn); err != nil {
		b.Fatal(err)
	}
	exec := func(query string) {
		b.Helper()
		if _, err := conn.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	exec(fmt.Sprintf(`CREATE TABLE source AS SELECT i AS id, i %% 1000 AS a, (i %% 100000 / 7)::DECIMAL(12,2) AS price, i / 3 AS f, i %% 2 = 0 AS ok, DATE '2024-01-01' + (i %% 365)::INTEGER AS d,
		TIMESTAMP '2024-01-01' + to_seconds(i) AS at, (TIMESTAMP '2024-01-01' + to_seconds(i))::TIMESTAMPTZ AS ltz, 'name of ' || i AS name, 'c' || i %% 10 AS code FROM range(%d) t(i)`, benchRows))
	exec("COPY source TO '" + dir + "/f.parquet' (FORMAT PARQUET)")
	exec("COPY (SELECT * REPLACE (strftime(ltz::TIMESTAMP, '%Y-%m-%d %H:%M:%S +0000') AS ltz) FROM source) TO '" + dir + "/f.csv' (FORMAT CSV, HEADER FALSE)")
	exec("COPY source TO '" + dir + "/f.json' (FORMAT JSON)")
	for _, c := range []struct{ typ, file string }{{"PARQUET", "f.parquet"}, {"CSV", "f.csv"}, {"JSON", "f.json"}} {
		b.Run("format="+c.typ, func(b *testing.B) {
			settings := []copyinto.Setting{{Name: "TYPE", Text: c.typ}}
			if c.typ == "PARQUET" {
				settings = append(settings, copyinto.Setting{Name: "USE_LOGICAL_TYPE", Text: "TRUE"})
			}
			f, err := copyinto.NewFormat(nil, settings)
			if err != nil {
				b.Fatal(err)
			}
			req := copyinto.Request{Table: "T", Dest: `"T"`, Source: copyinto.Source{Format: f, Files: []copyinto.File{{Name: c.file, Path: dir + "/" + c.file}}}}
			if c.typ != "CSV" {
				req.Options.Match = copyinto.MatchInsensitive
			}
			var made []string
			for _, text := range benchColumns {
				name, typ, _ := strings.Cut(text, " ")
				typ, notNull := strings.CutSuffix(typ, " NOT NULL")
				column := copyinto.Column{Name: name, Type: typeOf(typ), Nullable: !notNull}
				req.Columns = append(req.Columns, column)
				made = append(made, fmt.Sprintf("%q %s", name, column.Type.DuckDB()))
			}
			for b.Loop() {
				exec(`CREATE OR REPLACE TABLE "T" (` + strings.Join(made, ", ") + ")")
				exec("BEGIN")
				results, err := copyinto.Load(b.Context(), conn, look, req)
				if err != nil {
					b.Fatal(err)
				}
				exec("COMMIT")
				if results[0].Loaded != benchRows {
					b.Fatalf("%d rows", results[0].Loaded)
				}
			}
			b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

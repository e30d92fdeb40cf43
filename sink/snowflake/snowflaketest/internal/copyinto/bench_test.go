package copyinto_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

const benchRows = 100_000

var benchColumns = []string{
	"ID INT NOT NULL", "A INT", "PRICE NUMBER(12,2)", "F FLOAT", "OK BOOLEAN", "D DATE", "AT NTZ", "LTZ LTZ", "NAME TEXT(100) NOT NULL", "CODE TEXT(3)",
}

// What a million rows cost, in rows a second.
func BenchmarkLoad(b *testing.B) {
	h := newBench(b)
	h.exec(fmt.Sprintf(`CREATE TABLE source AS SELECT i AS id, i %% 1000 AS a, (i %% 100000 / 7)::DECIMAL(12,2) AS price, i / 3 AS f, i %% 2 = 0 AS ok, DATE '2024-01-01' + (i %% 365)::INTEGER AS d,
		TIMESTAMP '2024-01-01' + to_seconds(i) AS at, (TIMESTAMP '2024-01-01' + to_seconds(i))::TIMESTAMPTZ AS ltz, 'name of ' || i AS name, 'c' || i %% 10 AS code FROM range(%d) t(i)`, benchRows))
	h.exec("COPY source TO '" + h.dir + "/f.parquet' (FORMAT PARQUET)")
	h.exec("COPY (SELECT * REPLACE (strftime(ltz::TIMESTAMP, '%Y-%m-%d %H:%M:%S +0000') AS ltz) FROM source) TO '" + h.dir + "/f.csv' (FORMAT CSV, HEADER FALSE)")
	h.exec("COPY source TO '" + h.dir + "/f.json' (FORMAT JSON)")
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
			h.measure(b, copyinto.Load, func() copyinto.Request {
				req := h.table(f, benchColumns...)
				req.Source.Files = []copyinto.File{{Name: c.file, Path: filepath.Join(h.dir, c.file)}}
				if c.typ != "CSV" {
					req.Options.Match = copyinto.MatchInsensitive
				}
				return req
			})
		})
	}
}

// measure loads requests of benchRows rows, for each of which request makes the table anew.
func (h *bench) measure(b *testing.B, load func(ctx context.Context, conn, look *sql.Conn, req copyinto.Request) ([]copyinto.FileResult, error), request func() copyinto.Request) {
	for b.Loop() {
		req := request()
		h.exec("BEGIN")
		results, err := load(b.Context(), h.conn, h.look, req)
		if err != nil {
			b.Fatal(err)
		}
		h.exec("COMMIT")
		if results[0].Loaded != benchRows {
			b.Fatalf("%d rows", results[0].Loaded)
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

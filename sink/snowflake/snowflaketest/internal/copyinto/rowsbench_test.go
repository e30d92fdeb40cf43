package copyinto_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
)

// What rows of Snowpipe Streaming cost, in rows a second: of the usual forms, and of forms that DuckDB has to convert.
func BenchmarkLoadRows(b *testing.B) {
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
	format, err := copyinto.NewFormat(nil, []copyinto.Setting{{Name: "TYPE", Text: "JSON"}})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ form, flag string }{{"usual", "true"}, {"unusual", `"yes"`}} {
		b.Run("form="+c.form, func(b *testing.B) {
			var text bytes.Buffer
			for i := range benchRows {
				fmt.Fprintf(&text, `{"ID":%d,"A":%d,"PRICE":%d.%02d,"F":%g,"OK":%s,"D":"2024-02-29","AT":"2024-02-29T12:34:56.%06d","LTZ":"2024-02-29T12:34:56.%06d+00:00","NAME":"name of %d","CODE":"c%d"}`+"\n",
					i, i%1000, i%100000/7, i%100, float64(i)/3, c.flag, i, i, i, i%10)
			}
			req := copyinto.Request{Table: "T", Dest: `"T"`, Source: copyinto.Source{Format: format, Files: []copyinto.File{{Name: "C", Text: text.Bytes()}}}}
			req.Options.Match = copyinto.MatchInsensitive
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
				results, err := copyinto.LoadRows(b.Context(), conn, look, req)
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

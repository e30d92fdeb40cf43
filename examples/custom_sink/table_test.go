package main

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

func TestTable(t *testing.T) {
	sinktest.Run(t, func(t testing.TB) sinktest.Harness { return tableHarness(t, "rows") })
}

func tableHarness(t testing.TB, name string) sinktest.Harness {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	return sinktest.Harness{
		Open:  func(ctx context.Context) (sink.Sink, error) { return newTable(ctx, db, name) },
		Read:  func(ctx context.Context) ([]arrow.Record, error) { return readAll(ctx, connector, name) },
		Close: db.Close,
		Types: sinktest.Types(arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
			arrow.BinaryTypes.String, arrow.FixedWidthTypes.Date32),
		Named: func(name string) (sinktest.Harness, error) { return tableHarness(t, name), nil },

		Strict:  true,
		OneCase: true,
	}
}

// readAll returns the rows of a table; none where there is no such table.
func readAll(ctx context.Context, connector *duckdb.Connector, name string) ([]arrow.Record, error) {
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	a, err := duckdb.NewArrowFromConn(conn)
	if err != nil {
		return nil, err
	}
	found, err := a.QueryContext(ctx, "SELECT 1 FROM duckdb_tables() WHERE table_name = "+literal(name))
	if err != nil {
		return nil, err
	}
	defer found.Release()
	if !found.Next() {
		return nil, nil
	}
	rows, err := a.QueryContext(ctx, "SELECT * FROM "+quote(name))
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	var all []arrow.Record
	for rows.Next() {
		rows.Record().Retain()
		all = append(all, rows.Record())
	}
	return all, rows.Err()
}

// FuzzQuoting: what is quoted comes back as it was.
func FuzzQuoting(f *testing.F) {
	for _, s := range []string{"a", `"`, "'", `""'`, "a\\", "--", "naïve"} {
		f.Add(s)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			t.Skip("no name of a column")
		}
		rows, err := db.QueryContext(t.Context(), "SELECT "+literal(text)+" AS "+quote(text))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		got, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var value string
			if err := rows.Scan(&value); err != nil {
				t.Fatal(err)
			}
			got = append(got, value)
		}
		if diff := cmp.Diff([]string{text, text}, got); diff != "" || rows.Err() != nil {
			t.Errorf("%v (-want +got):\n%s", rows.Err(), diff)
		}
	})
}
